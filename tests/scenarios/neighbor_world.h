// tests/scenarios/neighbor_world.h: what scenarios about ARP and Neighbor Discovery say and count.
#pragma once

#include <optional>

#include "tests/scenarios/world.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"

namespace laneway::test {

inline Ipv4Address v4_of(std::uint8_t last) { return lan_v4(last).address.v4(); }
inline Ipv6Address v6_of(std::uint8_t last) { return lan_v6(last).address.v6(); }

// ARP by broadcast.
inline Bytes arp_request(MacAddress from, Ipv4Address sender, Ipv4Address target) {
  return arp_frame(MacAddress::broadcast(), from, {1, from, sender, {}, target});
}
inline Bytes arp_probe(MacAddress from, Ipv4Address target) {
  return arp_request(from, Ipv4Address{}, target);
}
inline Bytes arp_announcement(MacAddress from, Ipv4Address address, bool as_reply = false) {
  const std::uint16_t op = as_reply ? 2 : 1;
  return arp_frame(MacAddress::broadcast(), from, {op, from, address, {}, address});
}

inline Bytes nd_frame(MacAddress from, const Ipv6Address& source, const Ipv6Address& destination,
                      const NdMessage& message) {
  return ip_frame(destination.multicast_mac(), from, nd_packet(source, destination, message));
}
inline Bytes solicitation(MacAddress from, const Ipv6Address& source, const Ipv6Address& target) {
  NdMessage message{.type = NdType::NeighborSolicitation, .target = target};
  message.with(kSourceLinkLayer, from);
  return nd_frame(from, source, target.solicited_node(), message);
}
inline Bytes dad(MacAddress from, const Ipv6Address& target) {
  return nd_frame(from, {}, target.solicited_node(),
                  {.type = NdType::NeighborSolicitation, .target = target});
}
inline Bytes unsolicited_na(MacAddress from, const Ipv6Address& address) {
  NdMessage message{
      .type = NdType::NeighborAdvertisement, .word = NdMessage::kOverride, .target = address};
  message.with(kTargetLinkLayer, from);
  return nd_frame(from, address, Ipv6Address::all_nodes(), message);
}

inline std::optional<NdMessage> nd_of(const Bytes& frame) {
  const auto ip = read_ip(frame);
  return ip ? read_nd(*ip) : std::nullopt;
}

// Frames of `log` that hold an ARP or ND message for which `matches` holds.
template <class Matches>
std::size_t count_arp(const FrameLog& log, Matches&& matches) {
  return count(log, [&](const LoggedFrame& frame) {
    const auto arp = read_arp(frame.bytes);
    return arp && matches(*arp);
  });
}
template <class Matches>
std::size_t count_nd(const FrameLog& log, Matches&& matches) {
  return count(log, [&](const LoggedFrame& frame) {
    const auto nd = nd_of(frame.bytes);
    return nd && matches(*nd);
  });
}
inline std::size_t asked_for(const Host& host, Ipv4Address target) {
  return count_arp(host.received(),
                   [&](const ArpMessage& arp) { return arp.is_request() && arp.target == target; });
}
inline std::size_t asked_for(const Host& host, const Ipv6Address& target) {
  return count_nd(host.received(), [&](const NdMessage& nd) {
    return nd.type == NdType::NeighborSolicitation && nd.target == target;
  });
}
// ARP or NA that say where `address` is.
inline std::size_t told_of(const Host& host, Ipv4Address address, MacAddress mac) {
  return count_arp(host.received(), [&](const ArpMessage& arp) {
    return arp.sender == address && arp.sender_mac == mac;
  });
}
inline std::size_t told_of(const Host& host, const Ipv6Address& address, MacAddress mac) {
  return count_nd(host.received(), [&](const NdMessage& nd) {
    return nd.type == NdType::NeighborAdvertisement && nd.target == address &&
           nd.link_layer(kTargetLinkLayer) == mac;
  });
}

class NeighborWorld : public World {
 protected:
  // A guest that has static addresses, found free.
  Guest& settled_guest(std::uint8_t last) {
    Guest& guest = scenario().add_guest();
    guest.host.add_address(lan_v4(last));
    guest.host.add_address(lan_v6(last));
    guest.host.set_gateway(kRouterV4);
    scenario().run_for(seconds{15});
    guest.host.ping(lan_v6(1).address);  // after DAD alone nobody has heard of an IPv6 address
    pass(seconds{1});
    EXPECT_EQ(guest.host.state_of(lan_v4(last).address), AddressState::Preferred);
    EXPECT_EQ(guest.host.state_of(lan_v6(last).address), AddressState::Preferred);
    return guest;
  }
  // The host tries to take `prefix`; what came of it.
  AddressState try_address(Host& host, const IpPrefix& prefix) {
    host.remove_address(prefix.address);
    host.add_address(prefix);
    scenario().run_for(seconds{10});
    return host.state_of(prefix.address);
  }
  void pass(Nanos time = milliseconds{100}) { scenario().run_for(time); }
};

}  // namespace laneway::test

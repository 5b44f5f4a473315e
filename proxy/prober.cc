#include "proxy/prober.h"

#include "switch/wire/arp.h"
#include "switch/wire/ndp.h"

namespace laneway {

bool Prober::probe(const Neighbor& neighbor, Nanos now) noexcept {
  const bool is_ipv4 = neighbor.address.family == Family::Ipv4;
  return is_ipv4 ? ask_arp(neighbor, now) : ask_nd(neighbor);
}

bool Prober::ask_arp(const Neighbor& neighbor, Nanos now) noexcept {
  const Network& network = context_.network;
  // Without a host port the host's address is not at Own, and no cache may come to believe so.
  const bool has_name = context_.ports.host() != kNoPort && network.host_v4().has_value();
  if (!has_name && !may_ask_anonymously(neighbor.port, now)) return false;
  const Ipv4Address asker = has_name ? *network.host_v4() : Ipv4Address{};
  return context_.outbox.say(
      neighbor.port,
      wire::build_arp(neighbor.mac, network.own,
                      {wire::ArpOp::Request, network.own, asker, {}, neighbor.address.v4()}));
}

bool Prober::ask_nd(const Neighbor& neighbor) noexcept {
  const Network& network = context_.network;
  const Ipv6Address target = neighbor.address.v6();
  std::array<std::byte, wire::kNdFrameBytes> room;
  return context_.outbox.say(neighbor.port, wire::build_ns(room, {neighbor.mac, network.own},
                                                           {.source = network.own_link_local(),
                                                            .destination = target,
                                                            .target = target}));
}

// A request from 0.0.0.0 has the form of a rival's probe (RFC 5227 section 2.1.1).
bool Prober::may_ask_anonymously(PortId port, Nanos now) const noexcept {
  const std::optional<Nanos>& tested = tested_at_[index(port)];
  if (tested && now - *tested < limits::kQuietAfterProbe) return false;
  return now - context_.ports[port].link_up_since >= limits::kQuietAfterProbe;
}

void Prober::probe_uplink(const IpAddress& address) noexcept {
  const PortId uplink = context_.ports.uplink();
  const Network& network = context_.network;
  if (uplink == kNoPort) return;
  if (address.family == Family::Ipv4) {
    context_.outbox.say(uplink, wire::build_arp_probe(network.station, address.v4()));
    return;
  }
  std::array<std::byte, wire::kNdFrameBytes> room;
  context_.outbox.say(uplink,
                      wire::build_dad_ns(room, network.station, address.v6(), network.own_nonce()));
}

}  // namespace laneway

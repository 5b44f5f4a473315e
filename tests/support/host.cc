#include "tests/support/host.h"

#include <algorithm>

#include "switch/wire/bytes.h"

namespace laneway::test {

namespace {

constexpr std::uint8_t kEchoReply4 = 0;
constexpr std::uint8_t kUnreachable4 = 3;
constexpr std::uint8_t kEchoRequest4 = 8;
constexpr std::uint8_t kPacketTooBig6 = 2;
constexpr std::uint8_t kEchoRequest6 = 128;
constexpr std::uint8_t kEchoReply6 = 129;
constexpr std::uint8_t kFirstInformational6 = 128;

Bytes icmp_bytes(const IpPacket& packet, std::uint8_t type, View rest) {
  Writer icmp;
  icmp.u8(type).u8(0).u16(0).raw(rest);
  const bool v4 = packet.source.family == Family::Ipv4;
  icmp.put_u16(2, v4 ? ~internet_sum(icmp.bytes()) & 0xffffU
                     : transport_checksum(packet, kIcmpv6, icmp.bytes()));
  return icmp.take();
}

bool icmp_is_sound(const IpPacket& packet) {
  if (packet.payload.size() < 8 || packet.is_fragment()) return false;
  if (packet.protocol == kIcmp) return internet_sum(packet.payload) == 0xffff;
  return transport_checksum(packet, kIcmpv6, packet.payload) == 0;
}

MacAddress group_mac(const IpAddress& group) {
  return group.family == Family::Ipv4 ? group.v4().multicast_mac() : group.v6().multicast_mac();
}

}  // namespace

Host::Host(Timeline& timeline, MacAddress mac, Send send, std::uint64_t seed)
    : timeline_(timeline),
      mac_(mac),
      send_(std::move(send)),
      random_(seed ^ mac.number()),
      resolver_(
          timeline,
          [this](const IpAddress& target, std::optional<MacAddress> known) { ask(target, known); },
          [this](MacAddress to, const IpPacket& packet) { emit(to, packet); }) {}

void Host::receive(const Bytes& frame) {
  if (frame.size() < kEthernetBytes) return;
  received_.push_back({timeline_.now(), Way::Down, {}, frame});
  const MacAddress destination = destination_of(frame);
  if (destination != mac_ && !destination.is_group()) {
    ++counters_.filtered;
    return;
  }
  if (source_of(frame) == mac_) {
    ++counters_.self_heard;
    return;
  }
  if (const auto arp = read_arp(frame)) return arp_input(*arp);
  if (const auto packet = read_ip(frame)) return ip_input(*packet);
  const std::uint16_t type = ether_type_of(frame);
  if (type == kEtherTypeIpv4 || type == kEtherTypeIpv6) ++counters_.unreadable;
}

void Host::receive_routed(const Bytes& frame) {
  received_.push_back({timeline_.now(), Way::Down, {}, frame});
  if (const auto packet = read_ip(frame)) ip_input(*packet);
}

void Host::send_frame(Bytes frame) {
  ++counters_.sent_frames;
  send_(std::move(frame));
}

bool Host::is_for_me(const IpAddress& destination) const {
  if (destination.family == Family::Ipv4 && destination.v4().is_broadcast()) return true;
  if (groups_.contains(destination) || remotes_.contains(destination)) return true;
  if (destination == Ipv6Address::all_nodes()) return true;
  if (router_ && destination == Ipv6Address::all_routers()) return true;
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& each) {
    const auto& [address, own] = each;
    if (destination.family != address.family || own.state == AddressState::Duplicate) return false;
    if (destination == address) return true;
    if (address.family == Family::Ipv6)
      return destination == IpAddress(address.v6().solicited_node());
    return own.prefix.broadcast() == destination.v4();
  });
}

void Host::ip_input(const IpPacket& packet) {
  // A DHCP reply may come to the address that it offers (RFC 2131 §4.1).
  const auto udp = read_udp(packet);
  const bool offer = udp && udp->destination_port == 68;
  if (!is_for_me(packet.destination) && !offer) return;
  if (packet.protocol == kIcmp || packet.protocol == kIcmpv6) return icmp_input(packet);
  if (const auto handler = ip_.find(packet.protocol); handler != ip_.end()) {
    return handler->second(packet);
  }
  if (packet.protocol != kUdp) return;
  if (!udp) {
    ++counters_.unreadable;
    return;
  }
  if (const auto handler = udp_.find(udp->destination_port); handler != udp_.end()) {
    handler->second(*udp, packet);
  }
}

void Host::icmp_input(const IpPacket& packet) {
  if (!icmp_is_sound(packet)) {
    ++counters_.unreadable;
    return;
  }
  const std::uint8_t type = wire::load_u8(packet.payload.data());
  if (packet.protocol == kIcmp) {
    if (type == kEchoRequest4) return answer_echo(packet, kEchoReply4);
    if (type == kEchoReply4) return note_echo_reply(packet);
    return note_icmp_error(packet);
  }
  if (type == kEchoRequest6) return answer_echo(packet, kEchoReply6);
  if (type == kEchoReply6) return note_echo_reply(packet);
  if (type < kFirstInformational6) return note_icmp_error(packet);
  if (const auto nd = read_nd(packet)) nd_input(packet, *nd);
}

void Host::answer_echo(const IpPacket& packet, std::uint8_t reply) {
  IpPacket answer{
      .source = packet.destination, .destination = packet.source, .protocol = packet.protocol};
  if (packet.destination.is_multicast())
    answer.source = IpAddress(packet.source.family == Family::Ipv4 ? IpAddress(Ipv4Address{})
                                                                   : IpAddress(Ipv6Address{}));
  if (answer.source.is_unspecified()) {
    const auto source = source_for(packet.source);
    if (!source) return;
    answer.source = *source;
  }
  answer.payload = icmp_bytes(answer, reply, View(packet.payload).subspan(4));
  send_ip(std::move(answer));
}

void Host::note_echo_reply(const IpPacket& packet) {
  const PingId id{wire::load_be16(&packet.payload[4])};
  const auto ping = pings_.find(id);
  if (ping == pings_.end()) return;
  const bool first = answered_.emplace(id, wire::load_be16(&packet.payload[6])).second;
  ++(first ? ping->second.answered : ping->second.repeated);
  ping->second.hop_limit = packet.hop_limit;
}

void Host::note_icmp_error(const IpPacket& packet) {
  const std::uint8_t type = wire::load_u8(packet.payload.data());
  IcmpError error{.from = packet.source, .type = type, .code = wire::load_u8(&packet.payload[1])};
  if (packet.protocol == kIcmp && type == kUnreachable4)
    error.mtu = wire::load_be16(&packet.payload[6]);
  if (packet.protocol == kIcmpv6 && type == kPacketTooBig6) {
    error.mtu = wire::load_be32(&packet.payload[4]);
  }
  icmp_errors_.push_back(error);
}

PingId Host::ping(const IpAddress& target, int count, Nanos interval, std::size_t payload_bytes) {
  const PingId id{static_cast<std::uint16_t>(pings_.size() + 1)};
  pings_[id];
  for (int i = 0; i < count; ++i) {
    timeline_.after(interval * i, [this, id, target, i, payload_bytes] {
      send_echo(id, target, static_cast<std::uint16_t>(i), payload_bytes);
    });
  }
  return id;
}

void Host::send_echo(PingId id, const IpAddress& target, std::uint16_t sequence,
                     std::size_t bytes) {
  ++pings_[id].sent;
  const auto source = source_for(target);
  if (!source) return;
  const bool v4 = target.family == Family::Ipv4;
  IpPacket packet{.source = *source, .destination = target, .protocol = v4 ? kIcmp : kIcmpv6};
  Writer rest;
  rest.u16(static_cast<std::uint16_t>(id)).u16(sequence).zeros(bytes);
  packet.payload = icmp_bytes(packet, v4 ? kEchoRequest4 : kEchoRequest6, rest.bytes());
  send_ip(std::move(packet));
}

// The address in the same prefix, else one of like scope (RFC 6724 in its least form).
std::optional<IpAddress> Host::source_for(const IpAddress& destination) const {
  std::optional<IpAddress> any;
  for (const auto& [address, own] : addresses_) {
    if (address.family != destination.family || own.state != AddressState::Preferred) continue;
    if (own.prefix.contains(destination)) return address;
    const bool local = address.is_link_local();
    const bool wants_local = destination.is_link_local() || destination.is_multicast();
    if (local == wants_local || (!any && address.family == Family::Ipv4)) any = address;
  }
  return any;
}

std::optional<IpAddress> Host::next_hop(const IpAddress& destination) const {
  const auto redirected = redirects_.find(destination);
  if (redirected != redirects_.end()) return redirected->second;
  const bool on_link = std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& each) {
    return each.second.state == AddressState::Preferred && each.second.prefix.contains(destination);
  });
  if (on_link || destination.is_link_local()) return destination;
  return gateway(destination.family);
}

std::optional<IpAddress> Host::gateway(Family family) const {
  const auto found = gateways_.find(family);
  return found == gateways_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<IpAddress> Host::redirect_of(const IpAddress& destination) const {
  const auto found = redirects_.find(destination);
  return found == redirects_.end() ? std::nullopt : std::optional(found->second);
}

void Host::add_route(const IpAddress& address, MacAddress source, MacAddress mac, Send send) {
  routes_[address] = {source, mac, std::move(send)};
}

bool Host::send_ip(IpPacket packet) {
  if (packet.source.is_unspecified() || packet.source.family != packet.destination.family) {
    const auto source = source_for(packet.destination);
    if (!source) return false;
    packet.source = *source;
  }
  packet.id = ++packets_;
  if (const auto route = routes_.find(packet.destination); route != routes_.end()) {
    ++counters_.sent_frames;
    route->second.send(ip_frame(route->second.mac, route->second.source, packet));
    return true;
  }
  if (packet.destination.is_multicast()) {
    emit(group_mac(packet.destination), packet);
    return true;
  }
  if (const auto hop = next_hop(packet.destination)) resolver_.send(*hop, packet);
  return true;
}

void Host::send_udp(UdpDatagram datagram, bool with_checksum) {
  if (datagram.source.is_unspecified()) {
    const auto source = source_for(datagram.destination);
    if (!source) return;
    datagram.source = *source;
  }
  send_ip(udp_packet(datagram, with_checksum));
}

void Host::emit(MacAddress to, const IpPacket& packet) { send_frame(ip_frame(to, mac_, packet)); }

void Host::join(const IpAddress& group) {
  groups_.insert(group);
  if (group.family == Family::Ipv4) {
    const auto source = source_for(group);
    emit(Ipv4Address{0xe0000016}.multicast_mac(),
         igmp_report(source ? source->v4() : Ipv4Address{}, group.v4(), true));
    return;
  }
  const auto source = source_for(group);  // "::" until the link-local address stands (RFC 3590 §4)
  const IpPacket report = mld_report(source ? source->v6() : Ipv6Address{}, group.v6(), true);
  emit(report.destination.v6().multicast_mac(), report);
}

void Host::leave(const IpAddress& group) {
  groups_.erase(group);
  const auto source = source_for(group);
  if (!source) return;
  const IpPacket report = group.family == Family::Ipv4
                              ? igmp_report(source->v4(), group.v4(), false)
                              : mld_report(source->v6(), group.v6(), false);
  emit(group_mac(report.destination), report);
}

}  // namespace laneway::test

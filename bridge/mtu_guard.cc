#include "bridge/mtu_guard.h"

#include <algorithm>

#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"

namespace laneway {
namespace {

// Nobody may send an error about these (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)).
bool is_beyond_errors(const wire::Ipv4View& ip, const Network& network) noexcept {
  if (ip.destination().is_multicast() || network.is_broadcast(ip.destination())) return true;
  if (ip.source().is_unspecified() || ip.source().is_multicast() || ip.source().is_broadcast()) {
    return true;
  }
  if (ip.fragment_offset() != 0) return true;
  const auto icmp = wire::Icmpv4View::parse(ip);
  return icmp && icmp->is_error();
}

bool is_beyond_errors(const wire::Ipv6View& ip, const wire::Ipv6Chain& chain) noexcept {
  if (ip.source().is_unspecified() || ip.source().is_multicast()) return true;
  if (chain.fragment == wire::Ipv6Chain::Fragment::Later) return true;
  const auto icmp = wire::Icmpv6View::parse(ip, chain);
  return icmp && icmp->is_error();
}

}  // namespace

MtuGuard::MtuGuard(const Translation& translation)
    : translation_(translation), limits_(kMaxPorts, RateLimit::per_second(kErrorsPerSecond)) {}

bool MtuGuard::admit(Frame& frame, const wire::Ipv4View& ip, Nanos now) noexcept {
  if (fits(frame, ip.total_length())) return true;
  frame.drop(Drop::Mtu);
  const Network& network = translation_.parts.network;
  if (is_beyond_errors(ip, network) || !may_tell(frame, now)) return false;
  std::array<std::byte, wire::kIcmpErrorFrameBytes> room;
  const auto mtu = static_cast<std::uint16_t>(std::min(network.mtu, 0xffffU));
  const auto error =
      wire::build_fragmentation_needed(room, back_to_sender(frame), ip.destination(), ip, mtu);
  translation_.parts.outbox.say(frame.ingress, error);
  return false;
}

bool MtuGuard::admit(Frame& frame, const wire::Ipv6View& ip, const wire::Ipv6Chain& chain,
                     Nanos now) noexcept {
  if (fits(frame, wire::Ipv6View::kSize + ip.payload_bytes())) return true;
  frame.drop(Drop::Mtu);
  const Network& network = translation_.parts.network;
  if (is_beyond_errors(ip, chain) || !may_tell(frame, now)) return false;
  std::array<std::byte, wire::kIcmpErrorFrameBytes> room;
  const Ipv6Address destination = ip.destination();
  const Ipv6Address teller = destination.is_multicast() ? network.own_link_local() : destination;
  const auto error =
      wire::build_packet_too_big(room, back_to_sender(frame), teller, ip, network.mtu);
  translation_.parts.outbox.say(frame.ingress, error);
  return false;
}

bool MtuGuard::fits(const Frame& frame, std::size_t packet_bytes) const noexcept {
  const std::size_t mtu = translation_.parts.network.mtu;
  if (packet_bytes <= mtu) return true;
  const Offload offload = offload_of(*frame.buffer);
  if (offload.gso == Offload::Gso::None) return false;
  return std::size_t{offload.header_bytes} + offload.segment_bytes <= mtu + frame.l3_offset;
}

bool MtuGuard::may_tell(const Frame& frame, Nanos now) noexcept {
  return frame.ingress != kNoPort && limits_[index(frame.ingress)].allow(now);
}

wire::MacPair MtuGuard::back_to_sender(const Frame& frame) const noexcept {
  const MacAddress destination = frame.destination();
  return {frame.source(), destination.is_group() ? translation_.parts.network.own : destination};
}

}  // namespace laneway

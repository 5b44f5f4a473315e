#include "ports/transport.h"

#include "switch/burst.h"
#include "switch/wire/bytes.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"

namespace laneway {

namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20;      // without options (RFC 9293 section 3.1)
constexpr std::size_t kTcpDataOffset = 12;  // words, in the upper four bits

// Completes `where` from the TCP or UDP header in `l4`, of which `readable` bytes lie in the first
// segment.
std::optional<Transport> with_payload(Transport where, std::span<const std::byte> l4,
                                      std::uint8_t protocol) noexcept {
  where.tcp = protocol == wire::number(wire::IpProtocol::Tcp);
  if (!where.tcp && protocol != wire::number(wire::IpProtocol::Udp)) return std::nullopt;
  if (l4.size() < (where.tcp ? kTcpHeader : kUdpHeader)) return std::nullopt;
  const std::size_t header =
      where.tcp ? (wire::load_u8(&l4[kTcpDataOffset]) >> 4U) * std::size_t{4} : kUdpHeader;
  if (header > l4.size() || (where.tcp && header < kTcpHeader)) return std::nullopt;
  where.payload = static_cast<std::uint16_t>(where.transport + header);
  return where;
}

std::optional<Transport> in_ipv4(Transport where, const Frame& frame) noexcept {
  const auto ip = wire::Ipv4View::parse(frame.l3(), frame.length - frame.l3_offset);
  if (!ip || ip->is_fragment()) return std::nullopt;
  where.family = Family::Ipv4;
  where.transport = static_cast<std::uint16_t>(where.network + ip->header_bytes());
  where.end = where.network + std::uint32_t{ip->total_length()};
  return with_payload(where, ip->payload(), ip->protocol());
}

std::optional<Transport> in_ipv6(Transport where, const Frame& frame) noexcept {
  const auto ip = wire::Ipv6View::parse(frame.l3(), frame.length - frame.l3_offset);
  if (!ip) return std::nullopt;
  const wire::Ipv6Chain chain = ip->walk();
  if (chain.end != wire::Ipv6Chain::End::Complete ||
      chain.fragment != wire::Ipv6Chain::Fragment::None) {
    return std::nullopt;
  }
  where.family = Family::Ipv6;
  where.transport = static_cast<std::uint16_t>(where.network + chain.offset);
  where.end = where.network + static_cast<std::uint32_t>(wire::Ipv6View::kSize) +
              std::uint32_t{ip->payload_length()};
  return with_payload(where, ip->upper_layer(chain), chain.protocol);
}

}  // namespace

std::optional<Transport> transport_of(const Buffer& buffer) noexcept {
  // Views are of writable bytes; nothing is written here.
  Frame frame = frame_of(const_cast<Buffer*>(&buffer), kNoPort);
  classify(frame);
  Transport where;
  where.network = frame.l3_offset;
  if (frame.kind == FrameKind::Ipv4) return in_ipv4(where, frame);
  if (frame.kind == FrameKind::Ipv6) return in_ipv6(where, frame);
  return std::nullopt;
}

wire::InternetSum pseudo_header_of(std::span<const std::byte> bytes, const Transport& where,
                                   std::uint32_t length) noexcept {
  const std::byte* ip = bytes.data() + where.network;
  const auto protocol = wire::number(where.tcp ? wire::IpProtocol::Tcp : wire::IpProtocol::Udp);
  if (where.family == Family::Ipv4) {
    return wire::pseudo_header(wire::load_ipv4(ip + wire::Ipv4View::kSource),
                               wire::load_ipv4(ip + wire::Ipv4View::kDestination), protocol,
                               length);
  }
  return wire::pseudo_header(wire::load_ipv6(ip + wire::Ipv6View::kSource),
                             wire::load_ipv6(ip + wire::Ipv6View::kDestination), protocol, length);
}

}  // namespace laneway

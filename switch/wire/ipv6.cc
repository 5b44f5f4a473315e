#include "switch/wire/ipv6.h"

#include <algorithm>

namespace laneway::wire {
namespace {

constexpr std::size_t kFragmentBytes = 8;   // RFC 8200 section 4.5
constexpr std::size_t kFragmentOffset = 2;  // 13 bits of offset, 2 reserved, M
constexpr std::size_t kHeaderLength = 1;    // Hdr Ext Len, of the other kinds

bool is_extension(std::uint8_t protocol) noexcept {
  switch (IpProtocol{protocol}) {
    case IpProtocol::HopByHop:
    case IpProtocol::Routing:
    case IpProtocol::Fragment:
    case IpProtocol::Ah:
    case IpProtocol::Destination:
      return true;
    default:
      return false;
  }
}

// Hdr Ext Len counts units of 8 bytes without the first, AH's units of 4 without the first two
// (RFC 4302 section 2.2).
std::size_t extension_bytes(std::uint8_t protocol, std::uint8_t length) noexcept {
  if (protocol == number(IpProtocol::Fragment)) return kFragmentBytes;
  if (protocol == number(IpProtocol::Ah)) return (std::size_t{length} + 2) * 4;
  return (std::size_t{length} + 1) * 8;
}

// What RFC 7112 wants in the first fragment of each upper layer that is judged here.
std::size_t upper_layer_header(std::uint8_t protocol) noexcept {
  switch (IpProtocol{protocol}) {
    case IpProtocol::Tcp:
      return 20;
    case IpProtocol::Udp:
      return 8;
    case IpProtocol::Icmpv6:
      return 4;
    default:
      return 0;
  }
}

Ipv6Chain::Fragment fragment_kind(std::uint16_t offset_and_more) noexcept {
  if ((offset_and_more & 0xfff8U) != 0) return Ipv6Chain::Fragment::Later;
  return (offset_and_more & 1U) != 0 ? Ipv6Chain::Fragment::First : Ipv6Chain::Fragment::Atomic;
}

}  // namespace

std::optional<Ipv6View> Ipv6View::parse(std::span<std::byte> l3, std::size_t l3_bytes) noexcept {
  if (l3.size() < kSize || (load_u8(&l3[kVersion]) >> 4U) != 6) return std::nullopt;
  const std::size_t total = kSize + load_be16(&l3[kPayloadLength]);
  if (total > l3_bytes) return std::nullopt;
  return Ipv6View(l3.data(), std::min(total, l3.size()));
}

// Stops at the first fragment header with an offset: what follows it is the middle of something.
Ipv6Chain Ipv6View::walk() const noexcept {
  Ipv6Chain chain{.protocol = next_header(), .offset = kSize};
  for (int headers = 0; is_extension(chain.protocol); ++headers) {
    if (headers == kMaxExtensionHeaders) {
      chain.end = Ipv6Chain::End::TooMany;
      return chain;
    }
    const std::span<const std::byte> rest = packet().subspan(chain.offset);
    const std::size_t size =
        rest.size() < 8 ? 8 : extension_bytes(chain.protocol, load_u8(&rest[kHeaderLength]));
    if (size > rest.size()) {
      chain.end = Ipv6Chain::End::Cut;
      return chain;
    }
    const bool is_fragment = chain.protocol == number(IpProtocol::Fragment);
    chain.protocol = load_u8(&rest[0]);
    chain.offset += size;
    if (is_fragment && chain.fragment != Ipv6Chain::Fragment::First) {
      chain.fragment = fragment_kind(load_be16(&rest[kFragmentOffset]));
      if (chain.fragment == Ipv6Chain::Fragment::Later) return chain;
    }
  }
  if (readable_ - chain.offset < upper_layer_header(chain.protocol)) {
    chain.end = Ipv6Chain::End::Cut;
  }
  return chain;
}

InternetSum Ipv6View::pseudo_header(IpProtocol protocol, std::size_t length) const noexcept {
  return wire::pseudo_header(source(), destination(), number(protocol),
                             static_cast<std::uint32_t>(length));
}

void write_ipv6(std::span<std::byte> out, const Ipv6Fields& fields,
                std::size_t payload_bytes) noexcept {
  std::byte* at = out.data();
  store_be32(at + Ipv6View::kVersion, 0x60000000U);
  store_be16(at + Ipv6View::kPayloadLength, static_cast<std::uint16_t>(payload_bytes));
  store_u8(at + Ipv6View::kNextHeader, number(fields.next_header));
  store_u8(at + Ipv6View::kHopLimit, fields.hop_limit);
  store_ipv6(at + Ipv6View::kSource, fields.source);
  store_ipv6(at + Ipv6View::kDestination, fields.destination);
}

}  // namespace laneway::wire

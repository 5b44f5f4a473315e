// switch/wire/ipv6.h: the IPv6 header and the walk over its extension headers (RFC 8200).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/ipv4.h"

namespace laneway::wire {

// Headers walked before the upper layer. Senders use each kind at most once (RFC 8200 section 4.1);
// a longer chain is a guard's evasion (RFC 7113).
constexpr int kMaxExtensionHeaders = 4;

// Where the extension headers lead.
struct Ipv6Chain {
  // TooMany: more than kMaxExtensionHeaders. Cut: a header, the upper layer's smallest included,
  // ends past the packet, or past what is readable. In both cases only `fragment` means something.
  enum class End : std::uint8_t { Complete, TooMany, Cut };
  // Atomic: a fragment header on a whole packet (RFC 6946).
  enum class Fragment : std::uint8_t { None, Atomic, First, Later };

  End end = End::Complete;
  Fragment fragment = Fragment::None;
  std::uint8_t protocol = 0;  // of the upper layer; of a Later fragment, of what it is a part of
  std::size_t offset = 0;     // of the upper layer, bytes from the IPv6 header's start

  bool is(IpProtocol wanted) const noexcept { return protocol == number(wanted); }
  // The upper-layer header lies in this packet.
  bool has_upper_layer() const noexcept {
    return end == End::Complete && fragment != Fragment::Later;
  }
};

struct Ipv6Fields {
  Ipv6Address source{};
  Ipv6Address destination{};
  IpProtocol next_header = IpProtocol::Udp;
  std::uint8_t hop_limit = 64;
};

// A sound header: version 6, 40 bytes, payload length inside the packet.
class Ipv6View {
 public:
  static constexpr std::size_t kVersion = 0;  // 4 bits, then traffic class and flow label
  static constexpr std::size_t kPayloadLength = 4;
  static constexpr std::size_t kNextHeader = 6;
  static constexpr std::size_t kHopLimit = 7;
  static constexpr std::size_t kSource = 8;
  static constexpr std::size_t kDestination = 24;
  static constexpr std::size_t kSize = 40;
  static_assert(kDestination + 16 == kSize);

  // As Ipv4View::parse.
  static std::optional<Ipv6View> parse(std::span<std::byte> l3, std::size_t l3_bytes) noexcept;
  static std::optional<Ipv6View> parse(std::span<std::byte> l3) noexcept {
    return parse(l3, l3.size());
  }

  std::uint16_t payload_length() const noexcept { return load_be16(at_ + kPayloadLength); }
  std::uint8_t next_header() const noexcept { return load_u8(at_ + kNextHeader); }
  std::uint8_t hop_limit() const noexcept { return load_u8(at_ + kHopLimit); }
  Ipv6Address source() const noexcept { return load_ipv6(at_ + kSource); }
  Ipv6Address destination() const noexcept { return load_ipv6(at_ + kDestination); }

  // Behind the 40 bytes, without padding: as much as `l3` held, and as the packet has.
  std::span<std::byte> payload() const noexcept { return {at_ + kSize, readable_ - kSize}; }
  std::size_t payload_bytes() const noexcept { return payload_length(); }
  std::span<std::byte> packet() const noexcept { return {at_, readable_}; }

  Ipv6Chain walk() const noexcept;
  // From the upper-layer header on: readable bytes, and how many the packet has. Require
  // chain.end == Complete, `chain` of this packet.
  std::span<std::byte> upper_layer(const Ipv6Chain& chain) const noexcept {
    return packet().subspan(chain.offset);
  }
  std::size_t upper_layer_bytes(const Ipv6Chain& chain) const noexcept {
    return kSize + payload_length() - chain.offset;
  }
  InternetSum pseudo_header(IpProtocol protocol, std::size_t length) const noexcept;

 private:
  Ipv6View(std::byte* at, std::size_t readable) noexcept : at_(at), readable_(readable) {}
  std::byte* at_;
  std::size_t readable_;
};

// Writes a header of 40 bytes for `payload_bytes`. Requires that many in `out`.
void write_ipv6(std::span<std::byte> out, const Ipv6Fields& fields,
                std::size_t payload_bytes) noexcept;

}  // namespace laneway::wire

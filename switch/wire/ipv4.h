// switch/wire/ipv4.h: the IPv4 header (RFC 791 section 3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"

namespace laneway::wire {

// Protocol numbers and IPv6 next headers (IANA "Assigned Internet Protocol Numbers").
enum class IpProtocol : std::uint8_t {
  HopByHop = 0,
  Icmp = 1,
  Igmp = 2,
  Tcp = 6,
  Udp = 17,
  Routing = 43,
  Fragment = 44,
  Esp = 50,
  Ah = 51,
  Icmpv6 = 58,
  NoNext = 59,
  Destination = 60,
};
constexpr std::uint8_t number(IpProtocol protocol) noexcept {
  return static_cast<std::uint8_t>(protocol);
}

struct Ipv4Fields {
  Ipv4Address source{};
  Ipv4Address destination{};
  IpProtocol protocol = IpProtocol::Udp;
  std::uint8_t ttl = 64;
  std::uint16_t id = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  // bytes, a multiple of 8
};

// A sound header: version 4, IHL of 5 at least, header in the bytes, total length inside the
// packet.
class Ipv4View {
 public:
  static constexpr std::size_t kVersionIhl = 0;
  static constexpr std::size_t kTotalLength = 2;
  static constexpr std::size_t kId = 4;
  static constexpr std::size_t kFragment = 6;  // 3 flags, 13 bits of offset in units of 8 bytes
  static constexpr std::size_t kTtl = 8;
  static constexpr std::size_t kProtocol = 9;
  static constexpr std::size_t kChecksum = 10;
  static constexpr std::size_t kSource = 12;
  static constexpr std::size_t kDestination = 16;
  static constexpr std::size_t kMinSize = 20;  // without options
  static_assert(kDestination + 4 == kMinSize);

  // `l3` starts at the header and may end before the packet does (a chain's first segment); the
  // frame holds `l3_bytes` from there on, padding included. nullopt: not sound.
  static std::optional<Ipv4View> parse(std::span<std::byte> l3, std::size_t l3_bytes) noexcept;
  static std::optional<Ipv4View> parse(std::span<std::byte> l3) noexcept {
    return parse(l3, l3.size());
  }

  std::uint16_t total_length() const noexcept { return load_be16(at_ + kTotalLength); }
  std::size_t header_bytes() const noexcept { return header_bytes_; }
  std::uint16_t id() const noexcept { return load_be16(at_ + kId); }
  bool dont_fragment() const noexcept { return (load_be16(at_ + kFragment) & 0x4000U) != 0; }
  bool more_fragments() const noexcept { return (load_be16(at_ + kFragment) & 0x2000U) != 0; }
  // Bytes.
  std::size_t fragment_offset() const noexcept {
    return std::size_t{load_be16(at_ + kFragment) & 0x1fffU} * 8;
  }
  bool is_fragment() const noexcept { return more_fragments() || fragment_offset() != 0; }
  std::uint8_t ttl() const noexcept { return load_u8(at_ + kTtl); }
  std::uint8_t protocol() const noexcept { return load_u8(at_ + kProtocol); }
  bool is(IpProtocol wanted) const noexcept { return protocol() == number(wanted); }
  std::uint16_t checksum() const noexcept { return load_be16(at_ + kChecksum); }
  bool checksum_valid() const noexcept;
  Ipv4Address source() const noexcept { return load_ipv4(at_ + kSource); }
  Ipv4Address destination() const noexcept { return load_ipv4(at_ + kDestination); }

  // Behind the header, without padding: as much as `l3` held, and as the packet has.
  std::span<std::byte> payload() const noexcept;
  std::size_t payload_bytes() const noexcept { return total_length() - header_bytes_; }
  // The packet without padding, as much as `l3` held.
  std::span<std::byte> packet() const noexcept { return {at_, readable_}; }
  // For an upper-layer packet of `length` bytes.
  InternetSum pseudo_header(std::size_t length) const noexcept;

  // Each keeps the truth of the header checksum.
  void set_ttl(std::uint8_t ttl) noexcept;
  void set_source(Ipv4Address address) noexcept;
  void set_destination(Ipv4Address address) noexcept;

 private:
  Ipv4View(std::byte* at, std::size_t header_bytes, std::size_t readable) noexcept
      : at_(at), header_bytes_(header_bytes), readable_(readable) {}
  void set_address(std::size_t offset, Ipv4Address address) noexcept;

  std::byte* at_;
  std::size_t header_bytes_;
  std::size_t readable_;
};

// Writes a header of 20 bytes for `payload_bytes`, checksum included. Requires that many in `out`.
void write_ipv4(std::span<std::byte> out, const Ipv4Fields& fields,
                std::size_t payload_bytes) noexcept;

}  // namespace laneway::wire

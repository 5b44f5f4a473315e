// switch/wire/checksum.h: the Internet checksum (RFC 1071) and its incremental update (RFC 1624).
//
// Sums are numbers in host byte order of big-endian words, as the field is read with load_be16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/types.h"

namespace laneway::wire {

// A ones' complement sum that grows piece by piece: bytes of odd length may be followed by others,
// as in a chain of segments.
class InternetSum {
 public:
  InternetSum& add(std::span<const std::byte> bytes) noexcept;
  // Requires that an even number of bytes came before.
  InternetSum& add_word(std::uint16_t word) noexcept {
    sum_ += word;
    return *this;
  }
  // The sum in 16 bits: what a field holds when the checksum is left to others (NEEDS_CSUM).
  std::uint16_t folded() const noexcept;
  // Its complement: what the field holds when done. Over data with its checksum inside: 0.
  std::uint16_t checksum() const noexcept { return static_cast<std::uint16_t>(~folded()); }

 private:
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

// The sum of the pseudo-header of UDP, TCP and ICMPv6 (RFC 768, RFC 8200 section 8.1). `length`:
// bytes of the upper-layer packet.
InternetSum pseudo_header(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                          std::uint32_t length) noexcept;
InternetSum pseudo_header(const Ipv6Address& source, const Ipv6Address& destination,
                          std::uint8_t protocol, std::uint32_t length) noexcept;

// The checksum field after a 16-bit word that it covers changed (RFC 1624 section 3, equation 3).
std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word,
                              std::uint16_t new_word) noexcept;
// The same for bytes at an even offset of the sum; both spans of one even length.
std::uint16_t update_checksum(std::uint16_t checksum, std::span<const std::byte> old_bytes,
                              std::span<const std::byte> new_bytes) noexcept;

// UDP's field over IPv4: 0 means "none" and stays; a result of 0 is written 0xffff (RFC 768).
constexpr std::uint16_t udp_field(std::uint16_t checksum) noexcept {
  return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}
std::uint16_t update_udp_checksum(std::uint16_t checksum, std::uint16_t old_word,
                                  std::uint16_t new_word) noexcept;

// What an edit does about a checksum that covers the edited bytes. Leave: the field holds the
// pseudo-header's sum (NEEDS_CSUM), and whoever completes it will sum the edited bytes.
enum class ChecksumEdit : std::uint8_t { Update, Leave };

}  // namespace laneway::wire

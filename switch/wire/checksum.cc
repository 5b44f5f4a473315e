#include "switch/wire/checksum.h"

#include "switch/wire/bytes.h"

namespace laneway::wire {
namespace {

std::uint16_t fold(std::uint64_t sum) noexcept {
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t complement(std::uint16_t word) noexcept { return static_cast<std::uint16_t>(~word); }

}  // namespace

InternetSum& InternetSum::add(std::span<const std::byte> bytes) noexcept {
  std::size_t at = 0;
  if (odd_ && !bytes.empty()) {
    sum_ += load_u8(&bytes[at++]);  // the low half of the word that the last piece began
    odd_ = false;
  }
  // A sum of 32-bit words is one of 16-bit words after folding (RFC 1071 section 2 C).
  for (; at + 4 <= bytes.size(); at += 4) sum_ += load_be32(&bytes[at]);
  for (; at + 2 <= bytes.size(); at += 2) sum_ += load_be16(&bytes[at]);
  if (at < bytes.size()) {
    sum_ += std::uint64_t{load_u8(&bytes[at])} << 8U;
    odd_ = true;
  }
  return *this;
}

std::uint16_t InternetSum::folded() const noexcept { return fold(sum_); }

InternetSum pseudo_header(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                          std::uint32_t length) noexcept {
  InternetSum sum;
  for (const std::uint32_t number : {source.number, destination.number, length}) {
    sum.add_word(static_cast<std::uint16_t>(number >> 16U));
    sum.add_word(static_cast<std::uint16_t>(number & 0xffffU));
  }
  return sum.add_word(protocol);
}

InternetSum pseudo_header(const Ipv6Address& source, const Ipv6Address& destination,
                          std::uint8_t protocol, std::uint32_t length) noexcept {
  InternetSum sum;
  sum.add(std::as_bytes(std::span(source.octets)));
  sum.add(std::as_bytes(std::span(destination.octets)));
  sum.add_word(static_cast<std::uint16_t>(length >> 16U));
  sum.add_word(static_cast<std::uint16_t>(length & 0xffffU));
  return sum.add_word(protocol);
}

// HC' = ~(~HC + ~m + m'). The subtracting form (equation 4) needs an end-around borrow, and
// equation 2 of RFC 1141 is wrong where HC is 0; this one holds for all values.
std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word,
                              std::uint16_t new_word) noexcept {
  return complement(fold(std::uint64_t{complement(checksum)} + complement(old_word) + new_word));
}

std::uint16_t update_checksum(std::uint16_t checksum, std::span<const std::byte> old_bytes,
                              std::span<const std::byte> new_bytes) noexcept {
  for (std::size_t at = 0; at + 2 <= old_bytes.size(); at += 2) {
    checksum = update_checksum(checksum, load_be16(&old_bytes[at]), load_be16(&new_bytes[at]));
  }
  return checksum;
}

std::uint16_t update_udp_checksum(std::uint16_t checksum, std::uint16_t old_word,
                                  std::uint16_t new_word) noexcept {
  return checksum == 0 ? checksum : udp_field(update_checksum(checksum, old_word, new_word));
}

}  // namespace laneway::wire

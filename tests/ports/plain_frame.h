// tests/ports/plain_frame.h: TCP and UDP frames as bytes, and their checksums, in the plainest way;
// it shares no code with what it checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace laneway::test {

using Bytes = std::vector<std::byte>;

struct PlainFrame {
  bool v6 = false;
  bool tcp = true;
  std::size_t tags = 0;
  std::size_t options = 0;  // bytes of TCP options, a multiple of 4
  std::size_t payload = 0;  // bytes, each its own number modulo 251
  std::uint32_t sequence = 0;
  std::uint16_t id = 0;
  std::uint8_t flags = 0x10;  // of TCP

  std::size_t network() const { return 14 + 4 * tags; }
  std::size_t transport() const { return network() + (v6 ? 40 : 20); }
  std::size_t headers() const { return transport() + (tcp ? 20 + options : 8); }
  std::size_t field() const { return transport() + (tcp ? 16 : 6); }
  // With right checksums.
  Bytes bytes() const;
  // The L4 field holds the pseudo-header's sum only.
  Bytes unsummed() const;
};

std::uint16_t get16(const Bytes& bytes, std::size_t at);
std::uint32_t get32(const Bytes& bytes, std::size_t at);
void put16(Bytes& bytes, std::size_t at, std::size_t value);

// Writes both checksums of a frame laid out as `like` anew, after its bytes were changed.
void sum_anew(Bytes& frame, const PlainFrame& like);
// IPv4 header's and TCP's or UDP's checksum of a frame laid out as `like`.
bool checksums_right(const Bytes& frame, const PlainFrame& like);

}  // namespace laneway::test

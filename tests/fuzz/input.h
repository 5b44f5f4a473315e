// tests/fuzz/input.h: a fuzzer's input read as a list of operations, and the writer of seeds.
//
// An operation is one byte, its operands follow: a number is big-endian, a frame is its length in
// two bytes and its bytes. What the input does not hold reads as 0 or is cut short.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace laneway::fuzz {

using Bytes = std::vector<std::byte>;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>((high << 8U) | u8());
  }
  // A length in two bytes, then the bytes.
  Bytes frame() { return piece(u16()); }
  // The next bytes, at most `most`, in a block of their own exact size.
  Bytes piece(std::size_t most) {
    const std::size_t length = std::min(most, rest_.size());
    const auto bytes = rest_.first(length);
    rest_ = rest_.subspan(length);
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::span<const std::byte> rest_;
};

class Script {
 public:
  Script& u8(std::uint8_t value) {
    bytes_.push_back(std::byte{value});
    return *this;
  }
  Script& u16(std::size_t value) {
    return u8(static_cast<std::uint8_t>(value >> 8U)).u8(static_cast<std::uint8_t>(value & 0xffU));
  }
  Script& frame(std::span<const std::byte> frame) {
    u16(frame.size());
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// Ends the run, as a sanitizer's finding does.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what.c_str());
  std::abort();
}

}  // namespace laneway::fuzz

// tests/wire/octets.h: byte arrays for tests: written in hex, copied to blocks of their exact size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace laneway::wire {

// "0001 0800" → two bytes each group; blanks are skipped.
inline std::vector<std::byte> octets(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> bytes;
  bool is_high = true;
  for (const char c : hex) {
    if (c == ' ') continue;
    const auto value = static_cast<unsigned>(digit(c));
    if (is_high) {
      bytes.push_back(std::byte(value << 4U));
    } else {
      bytes.back() |= std::byte(value);
    }
    is_high = !is_high;
  }
  return bytes;
}

inline std::vector<std::byte> vector_of(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

// A copy in a block of its own, so that a sanitizer sees the first byte read past it.
class ExactCopy {
 public:
  explicit ExactCopy(std::span<const std::byte> bytes)
      : size_(bytes.size()), block_(std::make_unique<std::byte[]>(size_)) {
    std::copy(bytes.begin(), bytes.end(), block_.get());
  }
  std::span<std::byte> bytes() { return {block_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> block_;
};

// Calls `read(prefix)` with every prefix of `whole`, none and all included.
template <class Read>
void for_every_length(std::span<const std::byte> whole, Read&& read) {
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    ExactCopy prefix(whole.first(length));
    read(prefix.bytes());
  }
}

}  // namespace laneway::wire

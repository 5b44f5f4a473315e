// switch/port_set.h: a set of ports of one switch.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "switch/types.h"

namespace laneway {

class PortSet {
 public:
  void add(PortId port) noexcept { words_[index(port) / 64] |= bit(port); }
  void remove(PortId port) noexcept { words_[index(port) / 64] &= ~bit(port); }
  bool has(PortId port) const noexcept { return (words_[index(port) / 64] & bit(port)) != 0; }
  bool empty() const noexcept { return (words_[0] | words_[1] | words_[2]) == 0; }
  std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::popcount(words_[0]) + std::popcount(words_[1]) +
                                    std::popcount(words_[2]));
  }
  // Calls `visit(PortId)` in ascending order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        visit(PortId{static_cast<std::uint8_t>(word * 64 +
                                               static_cast<std::size_t>(std::countr_zero(rest)))});
      }
    }
  }
  bool operator==(const PortSet&) const = default;
  PortSet& operator&=(const PortSet& other) noexcept {
    for (std::size_t word = 0; word < words_.size(); ++word) words_[word] &= other.words_[word];
    return *this;
  }
  PortSet& operator|=(const PortSet& other) noexcept {
    for (std::size_t word = 0; word < words_.size(); ++word) words_[word] |= other.words_[word];
    return *this;
  }

 private:
  static std::uint64_t bit(PortId port) noexcept { return std::uint64_t{1} << (index(port) % 64); }
  std::array<std::uint64_t, kMaxPorts / 64> words_{};
};

}  // namespace laneway

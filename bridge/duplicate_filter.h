// bridge/duplicate_filter.h: knows the same packet when it comes as group frame and as unicast.
//
// Access points that convert multicast to unicast may send the group form as well. Of each packet
// only one form may reach the guests, while two frames of one form are two packets.
//
// Invariants: (1) bounded, nothing allocates; (2) the hash is keyed, so that nobody on the LAN can
// make a packet that silences another's.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/burst.h"
#include "switch/types.h"

namespace laneway {

class DuplicateFilter {
 public:
  static constexpr std::size_t kHashes = 256;  // at 100 ms more than 2,560 group frames a second
  static constexpr Nanos kWindow = std::chrono::milliseconds{100};

  enum class Form : std::uint8_t { Group, Unicast };

  explicit DuplicateFilter(std::uint64_t seed) noexcept : seed_(seed) {}

  // Notes a packet that came in one form. True if it is the other form of one that came less than
  // kWindow ago. Of a chained frame the first segment and the length count.
  bool is_second_form(const Frame& frame, Form form, Nanos now) noexcept;

 private:
  static constexpr std::size_t kWays = 4;
  struct Entry {
    std::uint64_t hash = 0;
    Nanos seen = -kWindow;     // of the last one that passed
    std::int32_t balance = 0;  // group frames minus unicast ones
  };

  std::uint64_t hash_of(const Frame& frame) const noexcept;
  Entry& entry_for(std::uint64_t hash, Nanos now) noexcept;

  std::uint64_t seed_;
  std::array<std::array<Entry, kWays>, kHashes / kWays> sets_;
};

}  // namespace laneway

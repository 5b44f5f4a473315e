// cli/lateness.h: how late frames were, as percentiles.
//
// A log-linear histogram: each power of two in 64 equal parts, so a percentile is at most 1/64 too
// high. Nothing allocates after the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "switch/types.h"

namespace laneway::cli {

class Lateness {
 public:
  Lateness();

  // `frame` counts from 1. What is early counts as in time.
  void add(Nanos late, std::uint64_t frame) noexcept;

  // The least value that `ratio` (0 to 1) of all do not exceed, ns; 0 if there are none.
  std::uint64_t percentile(double ratio) const noexcept;
  std::uint64_t max_ns() const noexcept { return max_; }
  std::uint64_t max_frame() const noexcept { return max_frame_; }

 private:
  static constexpr std::size_t kPartBits = 6;
  static constexpr std::size_t kParts = std::size_t{1} << kPartBits;

  static std::size_t slot_of(std::uint64_t value) noexcept;
  static std::uint64_t last_value_of(std::size_t slot) noexcept;

  std::vector<std::uint64_t> slots_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  std::uint64_t max_frame_ = 0;
};

}  // namespace laneway::cli

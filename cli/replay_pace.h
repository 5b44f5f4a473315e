// cli/replay_pace.h: when each frame of a live replay is due.
//
// Every deadline is reckoned from the start, none from the frame before: no error adds up.
#pragma once

#include <cstdint>

#include "switch/types.h"

namespace laneway::cli {

class ReplayPace {
 public:
  // As captured, times 1/`multiplier`; so many frames or bits a second; or all at once.
  static ReplayPace as_captured(double multiplier) { return {Kind::Captured, multiplier}; }
  static ReplayPace frames_per_second(double pps) { return {Kind::Frames, pps}; }
  static ReplayPace bits_per_second(double bps) { return {Kind::Bits, bps}; }
  static ReplayPace top_speed() { return {Kind::Top, 0}; }

  // What was sent before a frame, over all loops.
  struct Before {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    Nanos captured{};  // time in the captures from the first frame on
  };
  // After the start; 0 for all at top speed.
  Nanos due(const Before& before) const noexcept;

  enum class Kind : std::uint8_t { Captured, Frames, Bits, Top };
  Kind kind() const noexcept { return kind_; }
  double factor() const noexcept { return factor_; }

 private:
  ReplayPace(Kind kind, double factor) : kind_(kind), factor_(factor) {}

  Kind kind_;
  double factor_;
};

}  // namespace laneway::cli

// switch/rate_limit.h: how often something may be done: a burst, then one an interval.
//
// The generic cell rate algorithm (ITU-T I.371): one time says it all, nothing runs in between.
//
// Threads: one user.
#pragma once

#include <algorithm>
#include <cstdint>

#include "switch/types.h"

namespace laneway {

class RateLimit {
 public:
  // `burst` (1 at least) at once, then one every `interval`.
  constexpr RateLimit(Nanos interval, std::uint32_t burst) noexcept
      : interval_(interval), ahead_(interval * (burst - 1)) {}
  // `per_second`, a second's worth of them at once.
  static constexpr RateLimit per_second(std::uint32_t rate) noexcept {
    return {Nanos{std::chrono::seconds{1}} / rate, rate};
  }

  // True if it may be done now, which is then counted.
  bool allow(Nanos now) noexcept {
    const Nanos due = std::max(due_, now);
    if (due - now > ahead_) return false;
    due_ = due + interval_;
    return true;
  }

 private:
  Nanos interval_;
  Nanos ahead_;  // how far the schedule may run ahead of time
  Nanos due_{};  // when the next one would come if all kept the interval
};

}  // namespace laneway

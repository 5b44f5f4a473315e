// tests/support/timeline.h: virtual time and what is to happen in it.
//
// Whatever in memory has a delay, a timer or a retry asks here; nothing sleeps, and two runs with
// one seed are the same to the last byte.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "switch/types.h"

namespace laneway::test {

class Timeline {
 public:
  using Action = std::function<void()>;

  Nanos now() const noexcept { return now_; }

  // Runs `action` `delay` from now; actions of one time run in the order in which they were given.
  // What an action refers to must live until then.
  void after(Nanos delay, Action action);
  // Runs `action` every `interval`, first after one, as long as it returns true.
  void every(Nanos interval, std::function<bool()> action);

  // The time of the next action; nullopt if nothing is to come.
  std::optional<Nanos> next() const;
  // Moves time on to `when` (not back) and runs what is due by then, added meanwhile included.
  void advance(Nanos when);

 private:
  Nanos now_{};
  std::uint64_t given_ = 0;
  std::map<std::pair<Nanos, std::uint64_t>, Action> actions_;
};

}  // namespace laneway::test

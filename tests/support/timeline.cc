#include "tests/support/timeline.h"

#include <algorithm>

namespace laneway::test {

void Timeline::after(Nanos delay, Action action) {
  actions_.emplace(std::pair(now_ + std::max(delay, Nanos{0}), given_++), std::move(action));
}

void Timeline::every(Nanos interval, std::function<bool()> action) {
  after(interval, [this, interval, action = std::move(action)]() mutable {
    if (action()) every(interval, std::move(action));
  });
}

std::optional<Nanos> Timeline::next() const {
  if (actions_.empty()) return std::nullopt;
  return actions_.begin()->first.first;
}

void Timeline::advance(Nanos when) {
  while (!actions_.empty() && actions_.begin()->first.first <= when) {
    auto due = actions_.extract(actions_.begin());
    now_ = std::max(now_, due.key().first);
    due.mapped()();
  }
  now_ = std::max(now_, when);
}

}  // namespace laneway::test

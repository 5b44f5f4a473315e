// proxy/answer_limits.h: how many questions of each port the proxies answer.
#pragma once

#include <vector>

#include "switch/limits.h"
#include "switch/types.h"

namespace laneway {

class AnswerLimits {
 public:
  AnswerLimits() : ports_(kMaxPorts, limits::kProxyAnswers) {}

  // Takes one answer from what `asker` may get; false if that is used up.
  bool allow(PortId asker, Nanos now) noexcept { return ports_[index(asker)].allow(now); }

 private:
  std::vector<RateLimit> ports_;
};

}  // namespace laneway

#include "daemon/log_limit.h"

#include <fmt/format.h>

namespace laneway {

std::atomic<std::uint64_t> LimitedSink::lost_{0};

void LimitedSink::sink_it_(const spdlog::details::log_msg& line) {
  if (!room_.allow(clock_())) {
    ++untold_;
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (untold_ > 0) {
    const std::string text = fmt::format("{} log lines are lost: too many at once", untold_);
    next_->log({line.time, {}, line.logger_name, spdlog::level::warn, text});
    untold_ = 0;
  }
  next_->log(line);
}

}  // namespace laneway

// daemon/log_limit.h: a sink that passes log lines on to another, but no more than a disk and a
// reader can take: what others can provoke comes back as lines.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include <spdlog/sinks/base_sink.h>

#include "switch/rate_limit.h"

namespace laneway {

class LimitedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr std::uint32_t kBurst = 500;  // lines at once: a start with many ports
  static constexpr Nanos kInterval = std::chrono::milliseconds{100};  // one more line each

  // `next` keeps its own pattern. `clock` is any that only rises.
  LimitedSink(spdlog::sink_ptr next, std::function<Nanos()> clock)
      : next_(std::move(next)), clock_(std::move(clock)) {}

  // Of all limited sinks of the process; the first line that passes again says how many.
  static std::uint64_t lines_lost() noexcept { return lost_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override { next_->flush(); }

 private:
  static std::atomic<std::uint64_t> lost_;

  spdlog::sink_ptr next_;
  std::function<Nanos()> clock_;
  RateLimit room_{kInterval, kBurst};
  std::uint64_t untold_ = 0;
};

}  // namespace laneway

// cli/stop_signals.h: SIGINT and SIGTERM ask a command that takes long to end with what it has.
#pragma once

#include <atomic>
#include <csignal>

namespace laneway::cli {

// One at a time; the handlers from before come back with its end.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  const std::atomic<bool>& asked() const noexcept;
  // As shells say that a signal ended a command. Requires asked().
  int exit_status() const noexcept;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace laneway::cli

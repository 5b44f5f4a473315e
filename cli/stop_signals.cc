#include "cli/stop_signals.h"

namespace laneway::cli {

namespace {

std::atomic<bool> stop_asked{false};
std::atomic<int> stop_signal{0};

}  // namespace

StopSignals::StopSignals() {
  stop_asked = false;
  struct sigaction action {};
  action.sa_handler = [](int number) {
    stop_signal = number;
    stop_asked = true;
  };
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

const std::atomic<bool>& StopSignals::asked() const noexcept { return stop_asked; }

int StopSignals::exit_status() const noexcept {
  constexpr int kSignalled = 128;
  return kSignalled + stop_signal;
}

}  // namespace laneway::cli

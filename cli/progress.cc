#include "cli/progress.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <ostream>
#include <utility>

#include <unistd.h>

#include "cli/units.h"

namespace laneway::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kBarCells = 30;
// Eighths of a cell, from empty to full.
constexpr std::array<const char*, 9> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

}  // namespace

std::string Progress::bar(double ratio) {
  const auto eighths = static_cast<std::size_t>(ratio * 8 * kBarCells);
  std::string text;
  for (std::size_t cell = 0; cell < eighths / 8; ++cell) text += kEighths.back();
  text += kEighths[eighths % 8];
  const std::size_t used = (eighths + 7) / 8;
  return text + std::string(kBarCells - used, ' ');
}

Progress::Progress(Style style, std::chrono::duration<double> period, Line line, std::ostream& out)
    : line_(std::move(line)), out_(out), style_(style), period_(period) {
  if (style_ != Style::Nothing) thread_ = std::thread([this] { show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard held(lock_);
    is_ended_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Progress::show() {
  constexpr const char* kWipe = "\r\x1b[K";
  const bool is_bar = style_ == Style::Bar;
  const auto start = std::chrono::steady_clock::now();
  const auto period = is_bar ? std::chrono::duration<double>(kRedraw) : period_;
  std::unique_lock held(lock_);
  while (!ended_.wait_for(held, period, [this] { return is_ended_; })) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (is_bar) {
      out_ << kWipe << line_(elapsed.count(), true) << std::flush;
    } else {
      out_ << duration_text(elapsed.count()) << "  " << line_(elapsed.count(), false) << std::endl;
    }
  }
  if (is_bar) out_ << kWipe << std::flush;
}

Progress::Style progress_style(const Arguments& arguments, const Session& session) {
  if (session.quiet || session.json) return Progress::Style::Nothing;
  if (arguments.has("stats")) return Progress::Style::Lines;
  const bool terminal = &session.err == &std::cerr && isatty(STDERR_FILENO) == 1;
  return terminal ? Progress::Style::Bar : Progress::Style::Nothing;
}

}  // namespace laneway::cli

#include "cli/progress.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "cli/units.h"

namespace laneway::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kBarCells = 30;
// Eighths of a cell, from empty to full.
constexpr std::array<const char*, 9> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

std::string bar(double ratio) {
  const auto eighths = static_cast<std::size_t>(ratio * 8 * kBarCells);
  std::string text;
  for (std::size_t cell = 0; cell < eighths / 8; ++cell) text += kEighths.back();
  text += kEighths[eighths % 8];
  const std::size_t used = (eighths + 7) / 8;
  return text + std::string(kBarCells - used, ' ');
}

}  // namespace

Progress::Progress(Style style, std::chrono::duration<double> period, std::uint64_t loops,
                   const LiveProgress& live, std::ostream& out)
    : loops_(loops), live_(live), out_(out), style_(style), period_(period) {
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

std::string Progress::line(double elapsed_seconds, bool with_bar) const {
  const auto frames = live_.frames.load(std::memory_order_relaxed);
  const auto all = live_.all_frames.load(std::memory_order_relaxed);
  const double elapsed = std::max(elapsed_seconds, 1e-3);
  std::string text = "loop " + std::to_string(live_.loop.load(std::memory_order_relaxed));
  if (loops_ != 0) text += "/" + std::to_string(loops_);
  const double ratio =
      all == 0 ? 0 : std::min(static_cast<double>(frames) / static_cast<double>(all), 1.0);
  if (with_bar && all != 0) text += "  " + bar(ratio);
  if (all != 0) text += "  " + std::to_string(static_cast<int>(ratio * 100)) + " %";
  text += "  " + std::to_string(frames) + (all != 0 ? "/" + std::to_string(all) : "") + " frames";
  const auto bits = static_cast<double>(live_.bytes.load(std::memory_order_relaxed)) * 8;
  text += "  " + rate_text(bits / elapsed);
  if (ratio > 0) text += "  " + duration_text(elapsed * (1 - ratio) / ratio) + " left";
  return text;
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
      out_ << kWipe << line(elapsed.count(), true) << std::flush;
    } else {
      out_ << duration_text(elapsed.count()) << "  " << line(elapsed.count(), false) << std::endl;
    }
  }
  if (is_bar) out_ << kWipe << std::flush;
}

}  // namespace laneway::cli

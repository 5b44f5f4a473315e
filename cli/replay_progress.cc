#include "cli/replay_progress.h"

#include <algorithm>

#include "cli/progress.h"
#include "cli/units.h"

namespace laneway::cli {

std::string replay_line(const LiveProgress& live, std::uint64_t loops, double elapsed_seconds,
                        bool with_bar) {
  const auto frames = live.frames.load(std::memory_order_relaxed);
  const auto all = live.all_frames.load(std::memory_order_relaxed);
  const double elapsed = std::max(elapsed_seconds, 1e-3);
  std::string text = "loop " + std::to_string(live.loop.load(std::memory_order_relaxed));
  if (loops != 0) text += "/" + std::to_string(loops);
  const double ratio =
      all == 0 ? 0 : std::min(static_cast<double>(frames) / static_cast<double>(all), 1.0);
  if (with_bar && all != 0) text += "  " + Progress::bar(ratio);
  if (all != 0) text += "  " + std::to_string(static_cast<int>(ratio * 100)) + " %";
  text += "  " + std::to_string(frames) + (all != 0 ? "/" + std::to_string(all) : "") + " frames";
  const auto bits = static_cast<double>(live.bytes.load(std::memory_order_relaxed)) * 8;
  text += "  " + rate_text(bits / elapsed);
  if (ratio > 0) text += "  " + duration_text(elapsed * (1 - ratio) / ratio) + " left";
  return text;
}

}  // namespace laneway::cli

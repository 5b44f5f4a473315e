#include "cli/offer.h"

#include <algorithm>

namespace laneway::cli {

std::uint64_t Offer::due(Nanos now, std::uint64_t next, std::size_t room) const noexcept {
  const bool announces = frames->shape().pattern == Pattern::Announce;
  const std::uint64_t most = announces ? frames->shape().stations : ~std::uint64_t{0};
  if (pps == 0) return ends(now, next) ? next : std::min(next + room, most);
  const Nanos passed = announces ? now - start : std::min(now - start, length);
  const double seconds = std::max(std::chrono::duration<double>(passed).count(), 0.0);
  return std::min(static_cast<std::uint64_t>(seconds * pps), most);
}

Nanos Offer::due_time(std::uint64_t number, Nanos now) const noexcept {
  if (pps == 0) return now;
  constexpr double kNanos = 1e9;
  return start + Nanos{static_cast<Nanos::rep>(static_cast<double>(number) / pps * kNanos)};
}

bool Offer::ends(Nanos now, std::uint64_t next) const noexcept {
  if (frames->shape().pattern == Pattern::Announce) return next == frames->shape().stations;
  return now >= start + length;
}

}  // namespace laneway::cli

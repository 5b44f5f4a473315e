#include "cli/replay_pace.h"

namespace laneway::cli {

namespace {

// 64 bits of mantissa: no nanosecond is lost in 290 years.
using Real = long double;
constexpr Real kSecond = 1e9L;

}  // namespace

Nanos ReplayPace::due(const Before& before) const noexcept {
  const Real factor = factor_;
  switch (kind_) {
    case Kind::Captured:
      // Without a multiplier whole numbers stay whole.
      if (factor_ == 1.0) return before.captured;
      return Nanos{static_cast<Nanos::rep>(static_cast<Real>(before.captured.count()) / factor)};
    case Kind::Frames:
      return Nanos{static_cast<Nanos::rep>(static_cast<Real>(before.frames) * kSecond / factor)};
    case Kind::Bits:
      return Nanos{static_cast<Nanos::rep>(static_cast<Real>(before.bytes) * 8 * kSecond / factor)};
    case Kind::Top:
      break;
  }
  return Nanos{0};
}

}  // namespace laneway::cli

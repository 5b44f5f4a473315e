// cli/offer.h: when the frames of one port are due: at a constant rate by the clock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cli/bench_frames.h"
#include "cli/lateness.h"

namespace laneway::cli {

struct Offer {
  // What a network adapter would keep of frames that nobody fetched: the most descriptors that
  // common ones have. Older ones are lost.
  static constexpr std::uint64_t kDescriptors = 4096;

  const BenchFrames* frames = nullptr;
  double pps = 0;  // of this port; 0: as much as is taken
  Nanos start{};
  Nanos length{};               // announcements end with the last station instead
  Lateness* latency = nullptr;  // of what leaves; not measured if none

  // Frames that have been due until `now`, in all. `next` is the first one that was not yet sent,
  // `room` how many would be taken.
  std::uint64_t due(Nanos now, std::uint64_t next, std::size_t room) const noexcept;
  Nanos due_time(std::uint64_t number, Nanos now) const noexcept;
  // True if nothing is due after what was due until `now`.
  bool ends(Nanos now, std::uint64_t next) const noexcept;
};

}  // namespace laneway::cli

// cli/replay_progress.h: how far a live replay is, in one line.
#pragma once

#include <cstdint>
#include <string>

#include "cli/replay_live.h"

namespace laneway::cli {

// "loop 2/3  ████  64 %  9047/14136 frames  190 kb/s  2 min 21 s left"; `loops` 0: until stopped.
std::string replay_line(const LiveProgress& live, std::uint64_t loops, double elapsed_seconds,
                        bool with_bar);

}  // namespace laneway::cli

// tests/fuzz/frame_checks.h: what must hold of the frames of one operation, beyond what the world
// itself checks.
#pragma once

#include "tests/fuzz/world.h"

namespace laneway::fuzz {

// A frame that goes on keeps its length, a priority tag apart, and its checksum's truth. Where the
// switch said something of its own in the same step, nobody can tell which frame is which.
void check_edits(const World& world);

}  // namespace laneway::fuzz

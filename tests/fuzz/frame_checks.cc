#include "tests/fuzz/frame_checks.h"

#include "tests/fuzz/read_all.h"

namespace laneway::fuzz {

void check_edits(const World& world) {
  if (world.received().empty() || world.generated() != 0) return;
  const std::size_t length = world.received().size();
  for (const Sent& frame : world.sent()) {
    if (frame.at == world.received_at()) continue;
    require(frame.bytes.size() == length || frame.bytes.size() + 4 == length, "INV-6: the length");
    if (frame.bytes.size() != length) continue;
    require(read_all(frame.bytes) == read_all(world.received()), "INV-6: the checksum's truth");
  }
}

}  // namespace laneway::fuzz

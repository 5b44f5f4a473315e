// The wire views on every frame as it is, then classification and the translation both ways.
#include "tests/fuzz/input.h"
#include "tests/fuzz/read_all.h"
#include "tests/fuzz/world.h"

namespace laneway::fuzz {
namespace {

// A frame that goes on keeps its length, a priority tag apart, and its checksum's truth. Where the
// switch said something of its own in the same step, nobody can tell which frame is which.
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

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laneway::fuzz;
  Input input(data, size);
  World world;
  while (!input.empty()) {
    world.step(input);
    read_all(world.received());
    check_edits(world);
  }
  return 0;
}

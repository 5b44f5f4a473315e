// The wire views on every frame as it is, then classification and the translation both ways.
#include "tests/fuzz/frame_checks.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/read_all.h"
#include "tests/fuzz/world.h"

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

// The proxies, the learner and the guards, frame by frame and step by step of time.
#include "switch/limits.h"
#include "switch/stage.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/world.h"

namespace laneway::fuzz {
namespace {

// A frame becomes its own answer at most once, and what is said of the switch's own is bounded.
void check_answers(const World& world) {
  require(world.replied() <= (world.received().empty() ? 0U : 1U), "PRX-6: one answer a request");
  require(world.generated() <= 4 * kOutboxFrames, "what is generated is bounded");
}

void check_shares(World& world) {
  const auto& ports = world.composition().sw().ports();
  ports.guests().for_each([&](PortId port) {
    for (const Family family : {Family::Ipv4, Family::Ipv6}) {
      require(
          world.composition().neighbors().count(port, family) <= ports[port].settings.binding_limit,
          "BND-2: a port holds its share");
    }
  });
}

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laneway::fuzz;
  Input input(data, size);
  World world;
  while (!input.empty()) {
    world.step(input);
    check_answers(world);
    check_shares(world);
  }
  return 0;
}

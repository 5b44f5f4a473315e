// A driver that writes what it likes into descriptors, rings and any word, while the device takes
// requests, fills them to the brim and hands them back.
#include <vector>

#include "hypervisor-glue/virtio/virtq.h"
#include "tests/fuzz/input.h"
#include "tests/hypervisor-glue/hostile_ring.h"

namespace laneway::fuzz {
namespace {

using vmm::Broken;
using vmm::DescriptorChain;
using vmm::Virtq;
using Ring = vmm::test::HostileRing;

// Touches the ends of every piece, as a device would touch all of it.
void use(const DescriptorChain& chain, std::uint16_t size) {
  std::uint64_t readable = 0;
  std::uint64_t writable = 0;
  std::byte ends{};
  for (const auto& piece : chain.readable) {
    ends ^= piece.front() ^ piece.back();
    readable += piece.size();
  }
  for (const auto& piece : chain.writable) {
    piece.front() = piece.back() = ends;
    writable += piece.size();
  }
  require(readable == chain.readable_bytes, "readable bytes are what the pieces hold");
  require(writable == chain.writable_bytes, "writable bytes are what the pieces hold");
  require(chain.readable.size() + chain.writable.size() <= 2U * size, "a chain is bounded");
}

void serve(Virtq& queue, std::uint16_t size, std::uint8_t most) {
  DescriptorChain chain;
  for (unsigned n = 0; n < most && queue.pop(chain); ++n) {
    use(chain, size);
    queue.push(chain.head, static_cast<std::uint32_t>(chain.writable_bytes));
  }
  queue.needs_interrupt();
  queue.arm_kick();
}

void write_descriptor(Ring& ring, Input& input, std::uint16_t size) {
  const std::uint8_t at = input.u8();
  const std::uint64_t address = Ring::kBase + 4ULL * input.u16();
  const std::uint32_t length = input.u16();
  const std::uint16_t flags = input.u8();
  const std::uint16_t next = input.u8();
  ring.descriptor(at % size, {address, length, flags, next},
                  (at & 0x80U) != 0 ? Ring::kTable : Ring::kDescriptors);
}

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
  using namespace laneway::fuzz;
  Input input(data, length);
  const std::uint8_t kind = input.u8();
  const auto size = static_cast<std::uint16_t>(1U << (kind >> 2U & 7U));
  Ring ring(size);
  Virtq::State state = ring.state();
  state.indirect = (kind & 1U) != 0;
  state.event_index = (kind & 2U) != 0;
  Virtq queue(ring.memory(), state);
  for (int n = 0; n < 256 && !input.empty(); ++n) {
    const Broken before = queue.broken();
    const std::uint8_t what = input.u8() % 5;
    if (what == 0) write_descriptor(ring, input, size);
    if (what == 1) ring.offer(input.u8());
    if (what == 2) serve(queue, size, input.u8());
    if (what == 3) ring.memory().write(Ring::kBase + input.u16(), std::uint32_t{input.u16()});
    if (what == 4) ring.offer(static_cast<std::uint16_t>(input.u16() % size), input.u16());
    require(before == Broken::No || queue.broken() == before, "a broken queue stays so");
  }
  return 0;
}

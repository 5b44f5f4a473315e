// A driver that lies: each row is one lie and the reason that the queue must give.
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "hypervisor-glue/virtio/virtq.h"
#include "tests/hypervisor-glue/hostile_ring.h"

namespace laneway::vmm {
namespace {

using Ring = test::HostileRing;
using Tell = std::function<void(Ring&, Virtq::State&)>;

struct Lie {
  const char* name;
  Broken reason;
  Tell tell;
};

// One descriptor at 0, offered.
Tell offers(Ring::Words words) {
  return [words](Ring& ring, Virtq::State&) {
    ring.descriptor(0, words);
    ring.offer(0);
  };
}

// A table of these descriptors behind descriptor 0, whose length is `length`.
Tell offers_table(std::vector<Ring::Words> table, std::uint32_t length, std::uint16_t flags = 0) {
  return [=](Ring& ring, Virtq::State& state) {
    state.indirect = true;
    for (std::size_t n = 0; n < table.size(); ++n) ring.descriptor(n, table[n], Ring::kTable);
    ring.descriptor(0, {Ring::kTable, length, static_cast<std::uint16_t>(4U | flags), 1});
    ring.offer(0);
  };
}

Tell sets(std::function<void(Virtq::State&)> change) {
  return [change](Ring&, Virtq::State& state) { change(state); };
}

std::vector<Lie> lies_of_rings() {
  return {
      {"size 0", Broken::BadSize, sets([](auto& state) { state.size = 0; })},
      {"size 3", Broken::BadSize, sets([](auto& state) { state.size = 3; })},
      {"size too large", Broken::BadSize, sets([](auto& state) { state.size = 2048; })},
      {"descriptors misaligned", Broken::RingMisaligned,
       sets([](auto& state) { state.descriptors += 8; })},
      {"available misaligned", Broken::RingMisaligned,
       sets([](auto& state) { state.available += 1; })},
      {"used misaligned", Broken::RingMisaligned, sets([](auto& state) { state.used += 2; })},
      {"descriptors in the hole", Broken::RingNotInMemory,
       sets([](auto& state) { state.descriptors = Ring::kHole; })},
      {"available a byte past the end", Broken::RingNotInMemory,
       sets([](auto& state) { state.available = Ring::kEnd - 20; })},
      {"used wraps", Broken::RingNotInMemory, sets([](auto& state) { state.used = ~3ULL; })},
      {"index ahead", Broken::TooManyAvailable, [](Ring& ring, auto&) { ring.offer(0, 9); }},
      {"index backwards", Broken::TooManyAvailable,
       [](Ring& ring, auto&) { ring.offer(0, 0xffff); }},
      {"head past the size", Broken::HeadTooLarge, [](Ring& ring, auto&) { ring.offer(8); }},
      {"same head twice", Broken::HeadInFlight,
       [](Ring& ring, auto&) {
         ring.descriptor(0, {Ring::kData, 16, 0, 0});
         ring.offer(0);
         ring.offer(0);
       }},
  };
}

std::vector<Lie> lies_of_descriptors() {
  constexpr std::uint32_t kAll = 0xffffffffU;
  const Ring::Words honest{Ring::kData, 16, 0, 0};
  return {
      {"next past the size", Broken::NextTooLarge, offers({Ring::kData, 16, 1, 8})},
      {"loop", Broken::ChainTooLong, offers({Ring::kData, 16, 1, 0})},
      {"length 0", Broken::EmptyDescriptor, offers({Ring::kData, 0, 0, 0})},
      {"in the hole", Broken::BufferNotInMemory, offers({Ring::kHole, 1, 0, 0})},
      {"a byte past the end", Broken::BufferNotInMemory, offers({Ring::kEnd - 9, 10, 0, 0})},
      {"address wraps", Broken::BufferNotInMemory, offers({~0ULL - 4, 16, 0, 0})},
      {"all of 4 GiB", Broken::BufferNotInMemory, offers({Ring::kBase, kAll, 0, 0})},
      {"readable after writable", Broken::ReadableAfterWritable,
       [](Ring& ring, auto&) {
         ring.descriptor(0, {Ring::kData, 16, 3, 1});
         ring.descriptor(1, {Ring::kData, 16, 0, 0});
         ring.offer(0);
       }},
      {"not negotiated", Broken::IndirectNotNegotiated, offers({Ring::kTable, 16, 4, 0})},
      {"nested", Broken::IndirectNested, offers_table({{Ring::kTable, 16, 4, 0}}, 16)},
      {"table with next", Broken::IndirectWithNext, offers_table({honest}, 16, 1)},
      {"table of 0", Broken::IndirectSize, offers_table({honest}, 0)},
      {"table of 17", Broken::IndirectSize, offers_table({honest}, 17)},
      {"table too long", Broken::IndirectSize, offers_table({honest}, 9 * 16)},
      {"next past the table", Broken::NextTooLarge, offers_table({{Ring::kData, 1, 1, 1}}, 16)},
      {"loop in the table", Broken::ChainTooLong, offers_table({{Ring::kData, 1, 1, 0}}, 16)},
  };
}

std::vector<Lie> all_lies() {
  std::vector<Lie> lies = lies_of_rings();
  for (Lie& lie : lies_of_descriptors()) lies.push_back(std::move(lie));
  return lies;
}

TEST(VirtqLies, EachBreaksTheQueueForItsReasonAndForGood) {
  for (const Lie& lie : all_lies()) {
    SCOPED_TRACE(lie.name);
    Ring ring;
    Virtq::State state = ring.state();
    lie.tell(ring, state);
    Virtq queue(ring.memory(), state);
    DescriptorChain chain;
    while (queue.pop(chain)) {
    }
    EXPECT_EQ(queue.broken(), lie.reason) << name_of(queue.broken());
    queue.push(0, 1);
    EXPECT_FALSE(queue.needs_interrupt());
    EXPECT_FALSE(queue.arm_kick());
    EXPECT_EQ(ring.used_index(), 0);
  }
}

TEST(VirtqLies, EachReasonIsReachedButTheSumsOfALargeGuest) {
  std::set<Broken> reached{Broken::No, Broken::BufferTooLarge};
  for (const Lie& lie : all_lies()) reached.insert(lie.reason);
  EXPECT_EQ(reached.size(), kBrokenReasons);
}

// A chain of more than 4 GiB needs descriptors that are each in memory: the same few bytes cannot
// be, so the guest here has a region whose pages nobody touches.
TEST(VirtqLies, AChainOfMoreThanFourGigabytesIsRefused) {
  Ring ring;
  std::vector<GuestMemory::Region> regions = ring.memory().regions();
  static std::byte edge[1];
  regions.push_back({1ULL << 40U, std::span(edge, 1ULL << 31U), -1});  // never read
  const GuestMemory memory(regions);
  for (std::uint16_t n = 0; n < 3; ++n) {
    const auto flags = static_cast<std::uint16_t>(n < 2 ? 1 : 0);
    ring.descriptor(n, {1ULL << 40U, 1U << 31U, flags, static_cast<std::uint16_t>(n + 1)});
  }
  ring.offer(0);
  Virtq queue(memory, ring.state());
  DescriptorChain chain;
  EXPECT_FALSE(queue.pop(chain));
  EXPECT_EQ(queue.broken(), Broken::BufferTooLarge);
}

}  // namespace
}  // namespace laneway::vmm

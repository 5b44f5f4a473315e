// What an honest driver may do, at the edges of what is legal.
#include "hypervisor-glue/virtio/virtq.h"

#include <gtest/gtest.h>

#include "tests/hypervisor-glue/hostile_ring.h"

namespace laneway::vmm {
namespace {

using Ring = test::HostileRing;

TEST(Virtq, ARequestIsTakenAndHandedBack) {
  Ring ring;
  ring.descriptor(2, {Ring::kData, 16, Ring::kNext, 5});
  ring.descriptor(5, {Ring::kData + 64, 100, Ring::kWrite, 0});
  ring.offer(2);
  Virtq queue(ring.memory(), ring.state());
  DescriptorChain chain;
  ASSERT_TRUE(queue.pop(chain));
  EXPECT_EQ(chain.head, 2);
  EXPECT_EQ(chain.readable_bytes, 16U);
  EXPECT_EQ(chain.writable_bytes, 100U);
  EXPECT_FALSE(queue.pop(chain));
  queue.push(2, 77);
  EXPECT_EQ(ring.used_index(), 1);
  EXPECT_EQ(ring.used_head(0), 2U);
  EXPECT_EQ(ring.used_length(0), 77U);
  EXPECT_EQ(queue.broken(), Broken::No);
}

TEST(Virtq, IndexesRunOver) {
  Ring ring;
  ring.descriptor(0, {Ring::kData, 16, 0, 0});
  Virtq queue(ring.memory(), ring.state());
  DescriptorChain chain;
  for (unsigned n = 0; n < 70000; ++n) {
    ring.offer(0);
    ASSERT_TRUE(queue.pop(chain)) << n;
    queue.push(chain.head, 0);
  }
  EXPECT_EQ(ring.used_index(), static_cast<std::uint16_t>(70000));
}

TEST(Virtq, ABufferOverTwoRegionsComesInTwoPieces) {
  Ring ring;
  ring.descriptor(0, {Ring::kSeam - 3, 10, Ring::kWrite, 0});
  ring.offer(0);
  Virtq queue(ring.memory(), ring.state());
  DescriptorChain chain;
  ASSERT_TRUE(queue.pop(chain));
  ASSERT_EQ(chain.writable.size(), 2U);
  EXPECT_EQ(chain.writable[0].size(), 3U);
  EXPECT_EQ(chain.writable[1].size(), 7U);
}

TEST(Virtq, ABufferMayEndWithRam) {
  Ring ring;
  ring.descriptor(0, {Ring::kEnd - 10, 10, 0, 0});
  ring.offer(0);
  Virtq queue(ring.memory(), ring.state());
  DescriptorChain chain;
  EXPECT_TRUE(queue.pop(chain));
}

TEST(Virtq, AnIndirectTableMayFollowDirectDescriptorsAndFillTheQueue) {
  Ring ring;
  Virtq::State state = ring.state();
  state.indirect = true;
  ring.descriptor(0, {Ring::kData, 4, Ring::kNext, 1});
  ring.descriptor(1, {Ring::kTable, 7 * 16, Ring::kIndirect, 0});
  for (std::uint16_t n = 0; n < 7; ++n) {
    const auto flags = static_cast<std::uint16_t>(n < 6 ? Ring::kNext : 0);
    ring.descriptor(n, {Ring::kData + 16U * n, 4, flags, static_cast<std::uint16_t>(n + 1)},
                    Ring::kTable);
  }
  ring.offer(0);
  Virtq queue(ring.memory(), state);
  DescriptorChain chain;
  ASSERT_TRUE(queue.pop(chain)) << name_of(queue.broken());
  EXPECT_EQ(chain.readable_bytes, 32U);
}

TEST(Virtq, InterruptsAreHeldBackByTheFlag) {
  Ring ring;
  ring.descriptor(0, {Ring::kData, 16, 0, 0});
  Virtq queue(ring.memory(), ring.state());
  DescriptorChain chain;
  EXPECT_FALSE(queue.needs_interrupt()) << "nothing was pushed";
  ring.offer(0);
  ASSERT_TRUE(queue.pop(chain));
  queue.push(0, 0);
  EXPECT_TRUE(queue.needs_interrupt());
  ring.set_available_flags(1);
  ring.offer(0);
  ASSERT_TRUE(queue.pop(chain));
  queue.push(0, 0);
  EXPECT_FALSE(queue.needs_interrupt());
}

TEST(Virtq, EventIndexesTellWhenToSpeak) {
  Ring ring;
  Virtq::State state = ring.state();
  state.event_index = true;
  ring.descriptor(0, {Ring::kData, 16, 0, 0});
  ring.set_used_event(1);  // after the second
  Virtq queue(ring.memory(), state);
  DescriptorChain chain;
  for (const bool expected : {false, true, false}) {
    ring.offer(0);
    ASSERT_TRUE(queue.pop(chain));
    queue.push(0, 0);
    EXPECT_EQ(queue.needs_interrupt(), expected);
  }
  EXPECT_FALSE(queue.arm_kick());
  EXPECT_EQ(ring.available_event(), 3);
  ring.offer(0);
  EXPECT_TRUE(queue.arm_kick()) << "a request that came before the queue slept";
}

TEST(Virtq, AStateSavedGoesOnInAnotherQueue) {
  Ring ring;
  ring.descriptor(0, {Ring::kData, 16, 0, 0});
  DescriptorChain chain;
  Virtq first(ring.memory(), ring.state());
  ring.offer(0);
  ASSERT_TRUE(first.pop(chain));
  first.push(0, 0);
  Virtq second(ring.memory(), first.state());
  EXPECT_FALSE(second.pop(chain));
  ring.offer(0);
  EXPECT_TRUE(second.pop(chain));
  second.push(0, 0);
  EXPECT_EQ(ring.used_index(), 2);
}

}  // namespace
}  // namespace laneway::vmm

#include "ports/memory_port.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using test::ethernet;
using test::station;

class MemoryPorts : public testing::Test {
 protected:
  HeapBuffers pool_;
  MemoryPort port_{pool_, 4};
  PortCounters counters_;
};

TEST_F(MemoryPorts, FramesComeInTheOrderInWhichTheyWereSent) {
  for (std::uint32_t n = 0; n < 4; ++n) {
    ASSERT_TRUE(port_.send_from_outside(ethernet(station(n), station(9))));
  }
  EXPECT_FALSE(port_.send_from_outside(ethernet(station(4), station(9))));
  std::array<Buffer*, kBurstFrames> frames{};
  ASSERT_EQ(port_.rx_burst(frames, counters_), 4U);
  for (std::uint32_t n = 0; n < 4; ++n) {
    EXPECT_EQ(frame_of(frames[n], PortId{0}).destination(), station(n));
    free_buffer(frames[n]);
  }
  EXPECT_EQ(counters_.rx_frames.get(), 0U);  // delivered frames are the caller's to count
}

TEST_F(MemoryPorts, ShortFramesEndAtThePort) {
  const test::Bytes runt(13);
  ASSERT_TRUE(port_.send_from_outside(runt));
  ASSERT_TRUE(port_.send_from_outside(ethernet(station(1), station(2), 0, 0)));
  std::array<Buffer*, kBurstFrames> frames{};
  ASSERT_EQ(port_.rx_burst(frames, counters_), 1U);
  EXPECT_EQ(frames[0]->pkt_len, 14U);
  EXPECT_EQ(counters_.rx_frames.get(), 1U);
  EXPECT_EQ(counters_.rx_bytes.get(), 13U);
  EXPECT_EQ(counters_.drop_frames[index(Drop::Short)].get(), 1U);
  free_buffer(frames[0]);
}

TEST_F(MemoryPorts, TakesNoMoreThanItsQueueHolds) {
  std::array<Buffer*, 6> frames{};
  for (Buffer*& frame : frames) frame = make_buffer(pool_, ethernet(station(1), station(2)));
  EXPECT_EQ(port_.tx_burst(frames, counters_).taken, 4U);
  EXPECT_EQ(port_.waiting_outside(), 4U);
  EXPECT_EQ(port_.take_bytes(), ethernet(station(1), station(2)));
  EXPECT_EQ(port_.tx_burst(std::span(frames).subspan(4), counters_).taken, 1U);
  free_buffer(frames[5]);
}

TEST_F(MemoryPorts, AnEmptyPoolRefusesBytesFromOutside) {
  HeapBuffers none(1);
  MemoryPort port(none, 4);
  EXPECT_TRUE(port.send_from_outside(ethernet(station(1), station(2))));
  EXPECT_FALSE(port.send_from_outside(ethernet(station(1), station(2))));
}

TEST_F(MemoryPorts, ShowsAndKeepsItsLink) {
  EXPECT_EQ(port_.link(), LinkState::Up);
  port_.set_link(LinkState::Down);
  EXPECT_EQ(port_.link(), LinkState::Down);
  port_.show_link(false);
  EXPECT_FALSE(port_.shown_link());
}

}  // namespace
}  // namespace laneway

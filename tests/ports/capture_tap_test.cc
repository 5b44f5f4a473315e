#include "ports/capture_tap.h"

#include <gtest/gtest.h>

#include "ports/memory_port.h"
#include "switch/error.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;

class Tap : public testing::Test {
 protected:
  std::size_t transmit(Port& port, std::size_t count) {
    std::vector<Buffer*> frames;
    for (std::size_t n = 0; n < count; ++n) frames.push_back(make_buffer(pool_, Bytes(60 + n)));
    const std::size_t taken = port.tx_burst(frames, counters_).taken;
    for (std::size_t n = taken; n < count; ++n) free_buffer(frames[n]);
    return taken;
  }
  std::vector<std::size_t> lengths(CaptureRing& ring) {
    std::vector<std::size_t> out;
    for (; ring.front() != nullptr; ring.pop()) out.push_back(ring.front()->length);
    return out;
  }
  void empty_far_end() {
    while (Buffer* frame = far_.take()) free_buffer(frame);
  }
  ~Tap() override { empty_far_end(); }

  HeapBuffers pool_;
  MemoryPort far_{pool_, 8};
  PortCounters counters_;
};

TEST_F(Tap, ShowsWhatWasSentAndPassesTheFilter) {
  CaptureRing ring(CaptureFilter::compile("greater 61"), 20);
  CaptureTap tap(ring, 0);
  Port* port = &far_;
  tap.insert(port);
  EXPECT_EQ(transmit(*port, 10), 8U);
  ASSERT_NE(ring.front(), nullptr);
  EXPECT_EQ(ring.front()->kept, 20U);
  EXPECT_EQ(lengths(ring), (std::vector<std::size_t>{61, 62, 63, 64, 65, 66, 67}));
  EXPECT_EQ(ring.lost(), 0U);
}

TEST_F(Tap, FullRingLosesCopiesAndNoFrames) {
  CaptureRing ring({}, CaptureRing::kSnapBytes);
  CaptureTap tap(ring, 0);
  Port* port = &far_;
  tap.insert(port);
  for (std::size_t n = 0; n < CaptureRing::kFrames / 8 + 1; ++n) {
    EXPECT_EQ(transmit(*port, 8), 8U);
    empty_far_end();
  }
  EXPECT_EQ(ring.lost(), 8U);
  EXPECT_EQ(lengths(ring).size(), CaptureRing::kFrames);
}

TEST_F(Tap, SeveralCapturesOfOnePortEndInAnyOrder) {
  CaptureRing ring({}, CaptureRing::kSnapBytes);
  CaptureTap first(ring, 0);
  CaptureTap second(ring, 1);
  Port* port = &far_;
  first.insert(port);
  second.insert(port);
  first.remove(port);
  EXPECT_FALSE(first.is_in(port));
  EXPECT_TRUE(second.is_in(port));
  EXPECT_EQ(transmit(*port, 1), 1U);
  EXPECT_EQ(lengths(ring).size(), 1U);
  second.remove(port);
  EXPECT_EQ(port, &far_);
}

TEST_F(Tap, FilterIsRefusedWithItsReason) {
  EXPECT_THROW(CaptureFilter::compile("ip and and"), Error);
  EXPECT_THROW(CaptureFilter({0x1234567812345678}), Error);  // no program
}

}  // namespace
}  // namespace laneway

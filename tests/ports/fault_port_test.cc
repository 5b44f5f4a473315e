#include "ports/fault_port.h"

#include <gtest/gtest.h>

#include "ports/memory_port.h"
#include "switch/burst.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using test::Bytes;

class Fault : public testing::Test {
 protected:
  void open(const FaultSpec& faults) {
    auto inner = std::make_unique<MemoryPort>(pool_, 4096);
    far_ = inner.get();
    port_ = std::make_unique<FaultPort>(std::move(inner), faults, pool_, [this] { return now_; });
  }
  ~Fault() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  static Bytes numbered(std::size_t number) {
    Bytes bytes(60);
    test::put16(bytes, 14, number);
    return bytes;
  }
  // Sends `count` frames in; their numbers as they come.
  std::vector<std::size_t> in(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) far_->send_from_outside(numbered(n));
    std::vector<std::size_t> out;
    std::array<Buffer*, kBurstFrames> burst;
    while (const std::size_t got = port_->rx_burst(burst, counters_)) {
      for (std::size_t at = 0; at < got; ++at) out.push_back(number_of(burst[at]));
    }
    return out;
  }
  std::vector<std::size_t> out(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) {
      Buffer* frame = make_buffer(pool_, numbered(n));
      EXPECT_EQ(port_->tx_burst({&frame, 1}, counters_).taken, 1U);
    }
    return left();
  }
  std::vector<std::size_t> left() {
    std::vector<std::size_t> numbers;
    while (Buffer* frame = far_->take()) numbers.push_back(number_of(frame));
    return numbers;
  }
  static std::size_t number_of(Buffer* frame) {
    Bytes bytes(frame->pkt_len);
    read_buffer(*frame, bytes);
    free_buffer(frame);
    return test::get16(bytes, 14);
  }

  HeapBuffers pool_;
  PortCounters counters_;
  Nanos now_{};
  MemoryPort* far_ = nullptr;
  std::unique_ptr<FaultPort> port_;
};

TEST_F(Fault, NoneMeansNone) {
  open({});
  EXPECT_EQ(in(3), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(out(3), (std::vector<std::size_t>{0, 1, 2}));
}

TEST_F(Fault, LossIsNearItsShareAndTheSameForASeed) {
  open({.loss = 0.1, .seed = 7});
  const auto first = in(2000);
  EXPECT_GT(first.size(), 1700U);
  EXPECT_LT(first.size(), 1900U);
  open({.loss = 0.1, .seed = 7});
  EXPECT_EQ(in(2000), first);
  open({.loss = 0.1, .seed = 8});
  EXPECT_NE(in(2000), first);
}

TEST_F(Fault, EverythingCanBeLostOrDoubled) {
  open({.loss = 1});
  EXPECT_TRUE(in(10).empty());
  EXPECT_TRUE(out(10).empty());
  open({.duplicate = 1});
  EXPECT_EQ(in(2), (std::vector<std::size_t>{0, 0, 1, 1}));
  EXPECT_EQ(out(2), (std::vector<std::size_t>{0, 0, 1, 1}));
}

TEST_F(Fault, ReorderedFrameComesAfterTheNext) {
  open({.reorder = 1});
  EXPECT_EQ(in(4), (std::vector<std::size_t>{1, 2, 3, 0}));
}

TEST_F(Fault, CorruptFrameDiffersInOneBit) {
  open({.corrupt = 1});
  far_->send_from_outside(numbered(5));
  Buffer* frame = nullptr;
  ASSERT_EQ(port_->rx_burst({&frame, 1}, counters_), 1U);
  Bytes bytes(frame->pkt_len);
  read_buffer(*frame, bytes);
  free_buffer(frame);
  int bits = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bits += std::popcount(std::to_integer<unsigned>(bytes[at] ^ numbered(5)[at]));
  }
  EXPECT_EQ(bits, 1);
}

TEST_F(Fault, DelayedFrameArrivesOnTimeAndKeepsTheWorkerAwake) {
  open({.delay = milliseconds{20}});
  EXPECT_TRUE(port_->arm());
  EXPECT_TRUE(in(1).empty());
  EXPECT_TRUE(out(1).empty());
  EXPECT_FALSE(port_->arm());
  now_ = milliseconds{20} - Nanos{1};
  EXPECT_TRUE(in(0).empty());
  EXPECT_TRUE(left().empty());
  now_ = milliseconds{20};
  EXPECT_EQ(in(0).size(), 1U);
  EXPECT_EQ(left().size(), 1U);
  EXPECT_TRUE(port_->arm());
}

TEST_F(Fault, LinkIsThatOfThePortBehind) {
  open({});
  far_->set_link(LinkState::Down);
  in(0);
  EXPECT_EQ(port_->link(), LinkState::Down);
}

}  // namespace
}  // namespace laneway

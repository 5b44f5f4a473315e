#include "switch/burst.h"

#include <vector>

#include <gtest/gtest.h>

#include "switch/stage.h"
#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using test::Bytes;
using test::ethernet;
using test::station;

// A frame whose bytes after the addresses are `rest`.
Bytes with_rest(std::initializer_list<int> rest) {
  Bytes frame = ethernet(station(1), station(2), 0, 0);
  frame.resize(12);
  for (const int value : rest) frame.push_back(static_cast<std::byte>(value));
  return frame;
}

class Classify : public testing::Test {
 protected:
  ~Classify() override { free_buffer(buffer_); }

  Frame of(const Bytes& bytes) {
    free_buffer(buffer_);
    buffer_ = make_buffer(pool_, bytes);
    Frame frame = frame_of(buffer_, PortId{3});
    classify(frame);
    return frame;
  }

  HeapBuffers pool_;
  Buffer* buffer_ = nullptr;
};

TEST_F(Classify, UntaggedFramesByTheirEtherType) {
  EXPECT_EQ(of(with_rest({0x08, 0x06, 0})).kind, FrameKind::Arp);
  EXPECT_EQ(of(with_rest({0x08, 0x00, 0})).kind, FrameKind::Ipv4);
  EXPECT_EQ(of(with_rest({0x86, 0xdd, 0})).kind, FrameKind::Ipv6);
  EXPECT_EQ(of(with_rest({0x88, 0xcc, 0})).kind, FrameKind::Other);
  EXPECT_EQ(of(with_rest({0x05, 0xff, 0})).kind, FrameKind::Llc);
  EXPECT_EQ(of(with_rest({0x06, 0x00, 0})).kind, FrameKind::Other);
  EXPECT_EQ(of(with_rest({0x08, 0x06, 0})).l3_offset, 14);
  EXPECT_EQ(of(with_rest({0x08, 0x06, 7})).l3().size(), 1U);
  EXPECT_TRUE(of(with_rest({0x08, 0x06})).l3().empty());
}

TEST_F(Classify, AtMostTwoTagsAreLookedThrough) {
  Frame frame = of(with_rest({0x81, 0x00, 0xe0, 0x05, 0x08, 0x06, 1}));
  EXPECT_EQ(frame.kind, FrameKind::Arp);
  EXPECT_EQ(frame.tags, 1);
  EXPECT_EQ(frame.vlan, VlanId{5});
  EXPECT_EQ(frame.l3_offset, 18);

  frame = of(with_rest({0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x05, 0x86, 0xdd, 1}));
  EXPECT_EQ(frame.kind, FrameKind::Ipv6);
  EXPECT_EQ(frame.tags, 2);
  EXPECT_EQ(frame.vlan, VlanId{7});
  EXPECT_EQ(frame.l3_offset, 22);

  frame = of(with_rest({0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 0x08, 0x00}));
  EXPECT_EQ(frame.kind, FrameKind::Other);
  EXPECT_EQ(frame.tags, 2);
  EXPECT_EQ(frame.ether_type(), 0x8100);
}

TEST_F(Classify, ATagThatIsCutShortIsAnUnknownType) {
  const Bytes whole = with_rest({0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x05, 0x08, 0x06});
  for (std::size_t length = 14; length < whole.size(); ++length) {
    const Frame frame =
        of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_EQ(frame.kind, FrameKind::Other) << length;
    EXPECT_EQ(frame.tags, length < 18 ? 0 : 1) << length;
  }
}

TEST_F(Classify, PoppedTagLeavesTheFrameThatWasInside) {
  Bytes bytes = with_rest({0x81, 0x00, 0x00, 0x00, 0x08, 0x00});
  bytes.resize(100, std::byte{9});
  Frame frame = of(bytes);
  ASSERT_TRUE(set_offload(*frame.buffer,
                          {.needs_checksum = true, .checksum_start = 38, .checksum_offset = 6}));
  pop_tag(frame);
  EXPECT_EQ(frame.tags, 0);
  EXPECT_EQ(frame.kind, FrameKind::Ipv4);
  EXPECT_EQ(frame.length, 96U);
  EXPECT_EQ(frame.ingress, PortId{3});
  EXPECT_EQ(frame.destination(), station(1));
  EXPECT_EQ(frame.source(), station(2));
  EXPECT_EQ(offload_of(*frame.buffer).checksum_start, 34);
  Bytes left(96);
  read_buffer(*frame.buffer, left);
  Bytes want = ethernet(station(1), station(2), 0x0800, 82, 9);
  EXPECT_EQ(left, want);
}

TEST_F(Classify, ReplyGoesBackToTheOldSource) {
  Frame frame = of(ethernet(station(1), station(2)));
  frame.reply_from(station(9));
  EXPECT_EQ(frame.destination(), station(2));
  EXPECT_EQ(frame.source(), station(9));
  EXPECT_EQ(frame.action, Action::Reply);
}

TEST(PortSet, HoldsEveryPortInOrder) {
  PortSet set;
  EXPECT_TRUE(set.empty());
  for (const int port : {191, 0, 63, 64, 127, 128}) set.add(PortId(port));
  EXPECT_EQ(set.size(), 6U);
  std::vector<int> seen;
  set.for_each([&](PortId port) { seen.push_back(static_cast<int>(port)); });
  EXPECT_EQ(seen, (std::vector<int>{0, 63, 64, 127, 128, 191}));
  set.remove(PortId{64});
  EXPECT_FALSE(set.has(PortId{64}));
  PortSet other;
  other.add(PortId{64});
  other.add(PortId{0});
  set &= other;
  EXPECT_EQ(set.size(), 1U);
  set |= other;
  EXPECT_EQ(set, other);
}

TEST(Burst, NarrowedTwiceAFrameGoesWhereBothAllow) {
  Burst burst;
  Frame& frame = burst.add(Frame{});
  PortSet set;
  set.add(PortId{1});
  set.add(PortId{2});
  burst.narrow(frame, set);
  EXPECT_EQ(burst.scope_of(frame), set);
  burst.narrow(frame, PortId{2});
  EXPECT_EQ(burst.scope_of(frame).size(), 1U);
  burst.narrow(frame, PortId{1});
  EXPECT_TRUE(burst.scope_of(frame).empty());
}

TEST_F(Classify, FrameGrowsIntoItsHeadroomAndShrinksAtItsEnd) {
  Frame frame = of(with_rest({0x08, 0x06, 1, 2, 3}));
  const std::byte* end = frame.data + frame.length;
  ASSERT_TRUE(resize(frame, frame.length + kHeadroomBytes));
  EXPECT_EQ(frame.data + frame.length, end);
  EXPECT_EQ(frame.readable, frame.length);
  EXPECT_FALSE(resize(frame, frame.length + 1));
  ASSERT_TRUE(resize(frame, 20));
  EXPECT_EQ(frame.buffer->pkt_len, 20U);
  EXPECT_EQ(frame.buffer->data_len, 20U);
}

TEST(Outbox, HoldsABoundedNumberOfFrames) {
  HeapBuffers pool;
  {
    Outbox outbox(pool);
    const Bytes bytes = ethernet(station(1), station(2));
    for (std::size_t n = 0; n < kOutboxFrames; ++n) EXPECT_TRUE(outbox.say(PortId{1}, bytes));
    EXPECT_FALSE(outbox.say(PortId{1}, bytes));
    EXPECT_EQ(outbox.said().size(), kOutboxFrames);
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

}  // namespace
}  // namespace laneway

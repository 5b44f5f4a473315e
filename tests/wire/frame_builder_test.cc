#include "switch/wire/frame_builder.h"

#include <gtest/gtest.h>

#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

FrameBuilder& dns_question(FrameBuilder& builder) {
  return builder.ethernet({kRouter, kGuest})
      .ipv4({.source = kGuest4, .destination = kRouter4})
      .udp({5353, 53})
      .be32(1);
}

constexpr std::size_t kQuestionBytes = 14 + 20 + 8 + 4;

TEST(FrameBuilder, EmptyIfTheRoomIsTooSmallAtAnyLength) {
  for (std::size_t size = 0; size <= kQuestionBytes; ++size) {
    ExactCopy room{std::vector<std::byte>(size)};
    FrameBuilder builder(room.bytes());
    EXPECT_EQ(dns_question(builder).finish().size(), size == kQuestionBytes ? size : 0U);
  }
}

TEST(FrameBuilder, PaddingLiesBehindThePacket) {
  std::array<std::byte, 64> room;
  FrameBuilder builder(room);
  const auto frame = dns_question(builder).finish(kMinFrameBytes);
  EXPECT_EQ(frame.size(), kMinFrameBytes);
  const auto ip = Ipv4View::parse(frame.subspan(kEthernetBytes));
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->total_length(), kQuestionBytes - kEthernetBytes);
  EXPECT_TRUE(UdpView::parse(*ip)->checksum_valid(*ip));
}

TEST(FrameBuilder, PaddingThatDoesNotFitIsNotWritten) {
  std::array<std::byte, 59> room;
  FrameBuilder builder(room);
  EXPECT_TRUE(dns_question(builder).finish(kMinFrameBytes).empty());
}

TEST(FrameBuilder, TagsStandBeforeTheType) {
  std::array<std::byte, 80> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kGuest})
                         .vlan({.protocol = EtherType::QinQ, .vlan = VlanId{7}})
                         .vlan({.vlan = VlanId{10}})
                         .ipv6({.source = kGuest6, .destination = kRouter6})
                         .udp({1, 2})
                         .finish();
  const auto outer = VlanView::parse(frame);
  ASSERT_TRUE(outer);
  EXPECT_EQ(outer->tag().vlan, VlanId{7});
  EXPECT_EQ(outer->inner_type(), number(EtherType::Vlan));
  EXPECT_EQ(load_be16(&frame[18]), 10);
  EXPECT_EQ(load_be16(&frame[20]), number(EtherType::Ipv6));
  EXPECT_TRUE(Ipv6View::parse(frame.subspan(22)));
}

TEST(FrameBuilder, AnyOtherTypeCarriesBytes) {
  std::array<std::byte, 32> room;
  const auto frame =
      FrameBuilder(room).ethernet({kRouter, kGuest}, EtherType::Lldp).be16(0x0207).finish();
  EXPECT_EQ(vector_of(frame), octets("0200 0000 00fe 0200 0000 0001 88cc 0207"));
}

TEST(FrameBuilder, Edit2_UdpSumOfZeroIsWritten0xffff) {
  std::array<std::byte, 64> room;
  FrameBuilder plain(room);
  const auto first = dns_question(plain).be16(0).finish();
  const auto checksum = load_be16(&first[40]);
  FrameBuilder again(room);  // the payload takes the sum up to 0xffff
  const auto frame = dns_question(again).be16(checksum).finish();
  EXPECT_EQ(load_be16(&frame[40]), 0xffff);
}

}  // namespace
}  // namespace laneway::wire

#include "switch/wire/udp.h"

#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

const auto kPacket4 =
    octets("4500 0021 1234 4000 4011 993c c0a8 070a c0a8 0701 14e9 0035 000d 1788 6865 6c6c 6f");
const auto kPacket6 = octets(
    "6000 0000 000d 1140 2001 0db8 0007 0000 0000 0000 0000 0010 2001 0db8 0007 0000 "
    "0000 0000 0000 0001 14e9 0035 000d 4b53 6865 6c6c 6f");
const auto kHello = octets("6865 6c6c 6f");
constexpr std::size_t kUdpAt = Ipv4View::kMinSize;

// A copy of kPacket4 with the UDP length or checksum set to `word`.
struct Changed {
  Changed(std::size_t at, std::uint16_t word) : copy(kPacket4) {
    store_be16(&copy.bytes()[kUdpAt + at], word);
  }
  std::optional<UdpView> parse() { return UdpView::parse(ip()); }
  Ipv4View ip() { return *Ipv4View::parse(copy.bytes()); }
  ExactCopy copy;
};

TEST(Udp, ParsesOverBothFamilies) {
  ExactCopy copy4(kPacket4);
  EXPECT_TRUE(UdpView::parse(*Ipv4View::parse(copy4.bytes())));
  ExactCopy copy6(kPacket6);
  const auto ip6 = Ipv6View::parse(copy6.bytes());
  const auto udp6 = UdpView::parse(*ip6, ip6->walk());
  ASSERT_TRUE(udp6);
  EXPECT_TRUE(udp6->checksum_valid(*ip6));
}

TEST(Udp, ReadsEveryField) {
  ExactCopy copy(kPacket4);
  const auto ip = Ipv4View::parse(copy.bytes());
  const auto udp = UdpView::parse(*ip);
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->ports(), (UdpPorts{5353, 53}));
  EXPECT_EQ(udp->length(), 13);
  EXPECT_EQ(udp->checksum(), 0x1788);
  EXPECT_TRUE(udp->is_whole());
  EXPECT_TRUE(udp->checksum_valid(*ip));
  EXPECT_EQ(vector_of(udp->payload()), kHello);
}

TEST(Udp, BuildsThePacket) {
  std::array<std::byte, 80> room;
  const auto frame =
      FrameBuilder(room)
          .ethernet({kRouter, kGuest})
          .ipv4({.source = kGuest4, .destination = kRouter4, .id = 0x1234, .dont_fragment = true})
          .udp({5353, 53})
          .bytes(kHello)
          .finish();
  EXPECT_EQ(vector_of(frame.subspan(kEthernetBytes)), kPacket4);
}

TEST(Udp, RoundTripOfAnEmptyDatagram) {
  std::array<std::byte, 80> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kGuest})
                         .ipv6({.source = kGuest6, .destination = kRouter6})
                         .udp({65535, 1})
                         .finish();
  const auto ip = Ipv6View::parse(frame.subspan(kEthernetBytes));
  const auto udp = UdpView::parse(*ip, ip->walk());
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->ports(), (UdpPorts{65535, 1}));
  EXPECT_TRUE(udp->payload().empty());
  EXPECT_TRUE(udp->checksum_valid(*ip));
}

TEST(Udp, TruncatedIsNeverReadPastItsEnd) {
  for_every_length(kPacket4, [](std::span<std::byte> bytes) {
    const auto ip = Ipv4View::parse(bytes, kPacket4.size());
    if (!ip) return;
    const auto udp = UdpView::parse(*ip);
    ASSERT_EQ(udp.has_value(), bytes.size() >= kUdpAt + UdpView::kSize);
    if (!udp) return;
    EXPECT_EQ(udp->is_whole(), bytes.size() == kPacket4.size());
    EXPECT_EQ(udp->checksum_valid(*ip), udp->is_whole());
  });
}

TEST(Udp, LengthMustCoverTheHeaderAndLieInThePacket) {
  EXPECT_FALSE(Changed(UdpView::kLength, 7).parse());
  EXPECT_FALSE(Changed(UdpView::kLength, 14).parse());
  EXPECT_TRUE(Changed(UdpView::kLength, 8).parse());
}

TEST(Udp, Edit5_BytesBehindTheLengthAreNoPayload) {
  Changed shorter(UdpView::kLength, 10);
  EXPECT_EQ(shorter.parse()->payload().size(), 2U);
}

TEST(Udp, FirstFragmentIsReadAndALaterOneIsNot) {
  Changed first(UdpView::kLength, 4000);
  store_be16(&first.copy.bytes()[Ipv4View::kFragment], 0x2000);
  const auto udp = first.parse();
  ASSERT_TRUE(udp);
  EXPECT_FALSE(udp->is_whole());
  EXPECT_FALSE(udp->checksum_valid(first.ip()));
  store_be16(&first.copy.bytes()[Ipv4View::kFragment], 0x2001);
  EXPECT_FALSE(first.parse());
}

TEST(Udp, Edit2_AbsentChecksumIsValidOverIpv4Only) {
  Changed absent(UdpView::kChecksum, 0);
  EXPECT_TRUE(absent.parse()->checksum_valid(absent.ip()));
  ExactCopy copy6(kPacket6);
  const auto ip6 = Ipv6View::parse(copy6.bytes());
  auto udp6 = UdpView::parse(*ip6, ip6->walk());
  udp6->set_checksum(0);
  EXPECT_FALSE(udp6->checksum_valid(*ip6));
}

TEST(Udp, WrongChecksumIsNotValid) {
  Changed wrong(UdpView::kChecksum, 0x1789);
  EXPECT_FALSE(wrong.parse()->checksum_valid(wrong.ip()));
}

}  // namespace
}  // namespace laneway::wire

#include <gtest/gtest.h>

#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

const auto kEcho4 = octets(
    "0200 0000 00fe 0200 0000 0001 0800 4500 001f 0000 0000 4001 eb82 c0a8 070a c0a8 "
    "0701 0800 3323 0077 0003 6162 63");
const auto kFragmentation = octets(
    "0200 0000 0001 0200 0000 00fe 0800 4500 0044 0000 0000 4001 76fd cb00 7109 c0a8 "
    "070a 0304 fb65 0000 0578 4500 0028 0000 4000 4011 3709 c0a8 070a cb00 7109 0009 "
    "0009 0014 2925 7878 7878 7878 7878 7878 7878");
const auto kEcho6 = octets(
    "0200 0000 00fe 0200 0000 0001 86dd 6000 0000 000b 3a40 2001 0db8 0007 0000 0000 "
    "0000 0000 0010 2001 0db8 0007 0000 0000 0000 0000 0001 8000 5f4c 0077 0003 6162 "
    "63");
const auto kTooBig = octets(
    "0200 0000 0001 0200 0000 00fe 86dd 6000 0000 0034 3a40 2001 0db8 0009 0000 0000 "
    "0000 0000 0009 2001 0db8 0007 0000 0000 0000 0000 0010 0200 b2ab 0000 0578 6000 "
    "0000 0004 3b40 2001 0db8 0007 0000 0000 0000 0000 0010 2001 0db8 0009 0000 0000 "
    "0000 0000 0009 7979 7979");
const auto kAbc = octets("6162 63");
constexpr std::size_t kHeaders4 = kEthernetBytes + Ipv4View::kMinSize;

std::optional<Icmpv4View> parse4(std::span<std::byte> frame) {
  return Icmpv4View::parse(*Ipv4View::parse(frame.subspan(kEthernetBytes)));
}

// The IPv6 packet of a frame and its ICMPv6 message.
struct Message6 {
  explicit Message6(std::span<std::byte> frame)
      : ip(*Ipv6View::parse(frame.subspan(kEthernetBytes))),
        icmp(Icmpv6View::parse(ip, ip.walk())) {}
  Ipv6View ip;
  std::optional<Icmpv6View> icmp;
};

TEST(Icmpv4, Parses) {
  ExactCopy copy(kEcho4);
  EXPECT_TRUE(parse4(copy.bytes()));
}

TEST(Icmpv4, ReadsEveryField) {
  ExactCopy copy(kEcho4);
  const auto echo = parse4(copy.bytes());
  ASSERT_TRUE(echo);
  EXPECT_TRUE(echo->is(IcmpType::Echo));
  EXPECT_EQ(echo->code(), 0);
  EXPECT_EQ(echo->id(), 0x77);
  EXPECT_EQ(echo->sequence(), 3);
  EXPECT_FALSE(echo->is_error());
  EXPECT_TRUE(echo->checksum_valid());
  EXPECT_EQ(vector_of(echo->body()), kAbc);
}

TEST(Icmpv4, BuildsAnEcho) {
  std::array<std::byte, 64> room;
  const auto frame =
      build_echo4(room, {kRouter, kGuest}, {.source = kGuest4, .destination = kRouter4},
                  {.id = 0x77, .sequence = 3, .data = kAbc});
  EXPECT_EQ(vector_of(frame), kEcho4);
}

TEST(Icmpv4, RoundTripOfAReply) {
  std::array<std::byte, 64> room;
  const auto frame =
      build_echo4(room, {kGuest, kRouter}, {.source = kRouter4, .destination = kGuest4},
                  {.is_reply = true, .id = 9, .sequence = 0xffff, .data = {}});
  const auto echo = parse4(frame);
  ASSERT_TRUE(echo);
  EXPECT_TRUE(echo->is(IcmpType::EchoReply));
  EXPECT_EQ(echo->id(), 9);
  EXPECT_EQ(echo->sequence(), 0xffff);
  EXPECT_TRUE(echo->checksum_valid());
}

TEST(Icmpv4, TruncatedNeverParses) {
  for_every_length(kEcho4, [](std::span<std::byte> bytes) {
    if (bytes.size() < kHeaders4) return;
    const auto ip = Ipv4View::parse(bytes.subspan(kEthernetBytes), kEcho4.size());
    const auto echo = Icmpv4View::parse(*ip);
    EXPECT_EQ(echo.has_value(), bytes.size() >= kHeaders4 + Icmpv4View::kSize);
    if (echo) {
      EXPECT_EQ(echo->checksum_valid(), bytes.size() == kEcho4.size());
    }
  });
}

TEST(Icmpv4, Out9_BuildsFragmentationNeeded) {
  ExactCopy original(std::span<const std::byte>(kFragmentation).subspan(42));
  const auto packet = Ipv4View::parse(original.bytes());
  ASSERT_TRUE(packet);
  std::array<std::byte, kIcmpErrorFrameBytes> room;
  const auto frame = build_fragmentation_needed(room, {kGuest, kRouter}, kFar4, *packet, 1400);
  EXPECT_EQ(vector_of(frame), kFragmentation);
  const auto error = parse4(frame);
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is_error());
  EXPECT_EQ(error->code(), kFragmentationNeeded);
  EXPECT_EQ(error->next_hop_mtu(), 1400);
}

TEST(Icmpv4, Out9_ErrorStaysWithin576Bytes) {
  std::vector<std::byte> original(9000);
  write_ipv4(original, {.source = kGuest4, .destination = kFar4}, original.size() - 20);
  std::array<std::byte, kIcmpErrorFrameBytes> room;
  const auto frame =
      build_fragmentation_needed(room, {kGuest, kRouter}, kFar4, *Ipv4View::parse(original), 1500);
  EXPECT_EQ(frame.size(), kEthernetBytes + 576);
  EXPECT_TRUE(parse4(frame)->checksum_valid());
}

TEST(Icmpv4, LaterFragmentHasNoHeader) {
  ExactCopy copy(kEcho4);
  store_be16(&copy.bytes()[kEthernetBytes + Ipv4View::kFragment], 1);
  EXPECT_FALSE(parse4(copy.bytes()));
}

TEST(Icmpv6, Parses) {
  ExactCopy copy(kEcho6);
  EXPECT_TRUE(Message6(copy.bytes()).icmp);
}

TEST(Icmpv6, ReadsEveryField) {
  ExactCopy copy(kEcho6);
  const Message6 echo(copy.bytes());
  ASSERT_TRUE(echo.icmp);
  EXPECT_TRUE(echo.icmp->is(Icmpv6Type::EchoRequest));
  EXPECT_EQ(echo.icmp->code(), 0);
  EXPECT_FALSE(echo.icmp->is_error());
  EXPECT_FALSE(echo.icmp->is_neighbor_discovery());
  EXPECT_TRUE(echo.icmp->checksum_valid(echo.ip));
  EXPECT_EQ(echo.icmp->message_bytes(), 11U);
}

TEST(Icmpv6, BuildsAnEcho) {
  std::array<std::byte, 80> room;
  const auto frame =
      build_echo6(room, {kRouter, kGuest}, {.source = kGuest6, .destination = kRouter6},
                  {.id = 0x77, .sequence = 3, .data = kAbc});
  EXPECT_EQ(vector_of(frame), kEcho6);
}

TEST(Icmpv6, RoundTripOfAReply) {
  std::array<std::byte, 80> room;
  const auto frame =
      build_echo6(room, {kGuest, kRouter}, {.source = kRouter6, .destination = kGuest6},
                  {.is_reply = true, .id = 9, .sequence = 1, .data = {}});
  const Message6 echo(frame);
  ASSERT_TRUE(echo.icmp);
  EXPECT_TRUE(echo.icmp->is(Icmpv6Type::EchoReply));
  EXPECT_TRUE(echo.icmp->checksum_valid(echo.ip));
}

TEST(Icmpv6, TruncatedIsNeverReadPastItsEnd) {
  constexpr std::size_t kHeaders6 = kEthernetBytes + Ipv6View::kSize;
  for_every_length(kEcho6, [](std::span<std::byte> bytes) {
    if (bytes.size() < kHeaders6) return;
    const auto ip = Ipv6View::parse(bytes.subspan(kEthernetBytes), kEcho6.size());
    const auto echo = Icmpv6View::parse(*ip, ip->walk());
    EXPECT_EQ(echo.has_value(), bytes.size() >= kHeaders6 + Icmpv6View::kSize);
    if (echo) {
      EXPECT_EQ(echo->checksum_valid(*ip), bytes.size() == kEcho6.size());
    }
  });
}

TEST(Icmpv6, Out9_BuildsPacketTooBig) {
  ExactCopy original(std::span<const std::byte>(kTooBig).subspan(62));
  const auto packet = Ipv6View::parse(original.bytes());
  ASSERT_TRUE(packet);
  std::array<std::byte, kIcmpErrorFrameBytes> room;
  const auto frame = build_packet_too_big(room, {kGuest, kRouter}, kFar6, *packet, 1400);
  EXPECT_EQ(vector_of(frame), kTooBig);
  EXPECT_TRUE(Message6(frame).icmp->is_error());
}

TEST(Icmpv6, Out9_ErrorStaysWithinTheMinimumMtu) {
  std::vector<std::byte> original(9000);
  write_ipv6(original, {.source = kGuest6, .destination = kFar6}, original.size() - 40);
  std::array<std::byte, kIcmpErrorFrameBytes> room;
  const auto frame =
      build_packet_too_big(room, {kGuest, kRouter}, kFar6, *Ipv6View::parse(original), 1500);
  EXPECT_EQ(frame.size(), kEthernetBytes + 1280);
}

}  // namespace
}  // namespace laneway::wire

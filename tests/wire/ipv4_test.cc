#include "switch/wire/ipv4.h"

#include <gtest/gtest.h>

#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

const auto kPacket =
    octets("4500 0021 1234 4000 4011 993c c0a8 070a c0a8 0701 14e9 0035 000d 1788 6865 6c6c 6f");
constexpr std::size_t kPayload = 13;

std::optional<Ipv4View> parse_with(ExactCopy& copy, std::size_t at, std::uint8_t value) {
  copy.bytes()[at] = std::byte{value};
  return Ipv4View::parse(copy.bytes());
}

bool parses_with(std::size_t at, std::uint8_t value) {
  ExactCopy copy(kPacket);
  return parse_with(copy, at, value).has_value();
}

TEST(Ipv4, Parses) {
  ExactCopy copy(kPacket);
  EXPECT_TRUE(Ipv4View::parse(copy.bytes()));
}

TEST(Ipv4, ReadsEveryField) {
  ExactCopy copy(kPacket);
  const auto ip = Ipv4View::parse(copy.bytes());
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->header_bytes(), 20U);
  EXPECT_EQ(ip->total_length(), 33);
  EXPECT_EQ(ip->id(), 0x1234);
  EXPECT_TRUE(ip->dont_fragment());
  EXPECT_FALSE(ip->is_fragment());
  EXPECT_EQ(ip->ttl(), 64);
  EXPECT_TRUE(ip->is(IpProtocol::Udp));
  EXPECT_EQ(ip->source(), kGuest4);
  EXPECT_EQ(ip->destination(), kRouter4);
  EXPECT_TRUE(ip->checksum_valid());
  EXPECT_EQ(ip->payload().size(), kPayload);
}

TEST(Ipv4, BuildsTheHeader) {
  auto out = kPacket;
  std::fill_n(out.begin(), Ipv4View::kMinSize, std::byte{0xee});
  write_ipv4(out, {.source = kGuest4, .destination = kRouter4, .id = 0x1234, .dont_fragment = true},
             kPayload);
  EXPECT_EQ(out, kPacket);
}

TEST(Ipv4, RoundTripOfAFragment) {
  std::vector<std::byte> out(Ipv4View::kMinSize);
  write_ipv4(out,
             {.source = kGuest4,
              .destination = kRouter4,
              .protocol = IpProtocol::Igmp,
              .ttl = 1,
              .more_fragments = true,
              .fragment_offset = 1480},
             0);
  const auto ip = Ipv4View::parse(out);
  ASSERT_TRUE(ip);
  EXPECT_TRUE(ip->more_fragments());
  EXPECT_TRUE(ip->is_fragment());
  EXPECT_EQ(ip->fragment_offset(), 1480U);
  EXPECT_TRUE(ip->is(IpProtocol::Igmp));
  EXPECT_EQ(ip->ttl(), 1);
  EXPECT_TRUE(ip->checksum_valid());
}

TEST(Ipv4, TruncatedNeverParses) {
  for_every_length(kPacket, [](std::span<std::byte> bytes) {
    const auto ip = Ipv4View::parse(bytes);
    EXPECT_EQ(ip.has_value(), bytes.size() == kPacket.size());
    if (ip) {
      EXPECT_TRUE(ip->checksum_valid());
    }
  });
}

// A chain: the packet goes on behind what is readable.
TEST(Ipv4, FirstSegmentParsesFromItsHeaderOn) {
  for_every_length(kPacket, [](std::span<std::byte> bytes) {
    const auto ip = Ipv4View::parse(bytes, kPacket.size());
    ASSERT_EQ(ip.has_value(), bytes.size() >= Ipv4View::kMinSize);
    if (!ip) return;
    EXPECT_EQ(ip->payload().size(), bytes.size() - Ipv4View::kMinSize);
    EXPECT_EQ(ip->payload_bytes(), kPayload);
    EXPECT_TRUE(ip->checksum_valid());
  });
}

TEST(Ipv4, Out10_UnsoundHeadersAreRefused) {
  EXPECT_FALSE(parses_with(0, 0x65));  // version 6
  EXPECT_FALSE(parses_with(0, 0x44));  // IHL 4
  EXPECT_FALSE(parses_with(0, 0x4f));  // IHL past the packet
  EXPECT_FALSE(parses_with(3, 19));    // total length inside the header
  EXPECT_FALSE(parses_with(3, 34));    // past the packet
  EXPECT_TRUE(parses_with(3, 20));     // a header alone
}

TEST(Ipv4, Edit5_PaddingIsNoPayload) {
  auto padded = kPacket;
  padded.resize(46, std::byte{0xa5});
  ExactCopy copy(padded);
  const auto ip = Ipv4View::parse(copy.bytes());
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->payload().size(), kPayload);
  EXPECT_EQ(ip->packet().size(), kPacket.size());
}

TEST(Ipv4, OptionsAreNoPayload) {
  ExactCopy copy(kPacket);
  const auto ip = parse_with(copy, 0, 0x46);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->payload().size(), kPayload - 4);
}

TEST(Ipv4, Inv6_SettersKeepTheHeaderChecksumRight) {
  ExactCopy copy(kPacket);
  auto ip = Ipv4View::parse(copy.bytes());
  ASSERT_TRUE(ip);
  ip->set_ttl(1);
  ip->set_source(kFar4);
  ip->set_destination(kGuest4);
  EXPECT_TRUE(ip->checksum_valid());
  EXPECT_EQ(ip->ttl(), 1);
  EXPECT_EQ(ip->source(), kFar4);
  EXPECT_EQ(ip->destination(), kGuest4);
}

TEST(Ipv4, Inv6_SettersKeepAWrongHeaderChecksumWrong) {
  ExactCopy copy(kPacket);
  auto ip = parse_with(copy, Ipv4View::kChecksum, 0);
  ASSERT_TRUE(ip);
  ip->set_source(kFar4);
  EXPECT_FALSE(ip->checksum_valid());
}

}  // namespace
}  // namespace laneway::wire

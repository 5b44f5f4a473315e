#include "switch/wire/ipv6.h"

#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

// Hop-by-hop, destination options, first fragment, UDP.
const auto kPacket = octets(
    "6000 0000 0025 0040 2001 0db8 0007 0000 0000 0000 0000 0010 2001 0db8 0007 0000 "
    "0000 0000 0000 0001 3c00 0502 0000 0100 2c00 0104 0000 0000 1100 0001 aabb ccdd "
    "14e9 0035 000d 4b53 6865 6c6c 6f");
constexpr std::size_t kFragmentAt = Ipv6View::kSize + 16;
constexpr std::size_t kUpperAt = kFragmentAt + 8;

using End = Ipv6Chain::End;
using Fragment = Ipv6Chain::Fragment;

// The walk over kPacket with one byte changed.
Ipv6Chain walk_with(std::size_t at, std::uint8_t value) {
  ExactCopy copy(kPacket);
  copy.bytes()[at] = std::byte{value};
  return Ipv6View::parse(copy.bytes())->walk();
}

// The walk over a packet of `headers` empty destination options and `body` behind them.
Ipv6Chain walk_over(int headers, IpProtocol upper, std::size_t body) {
  std::array<std::byte, 256> room;
  FrameBuilder builder(room);
  builder.ethernet({kRouter, kGuest})
      .ipv6({.source = kGuest6, .destination = kRouter6, .next_header = upper});
  const auto pad_n = octets("00 0104 0000 0000");
  for (int i = 0; i < headers; ++i) builder.extension(IpProtocol::Destination, pad_n);
  const auto frame = builder.zeros(body).finish();
  if (headers > 0)
    frame[14 + 40 + 8 * (static_cast<std::size_t>(headers) - 1)] = std::byte{number(upper)};
  ExactCopy copy(frame.subspan(kEthernetBytes));
  return Ipv6View::parse(copy.bytes())->walk();
}

TEST(Ipv6, Parses) {
  ExactCopy copy(kPacket);
  EXPECT_TRUE(Ipv6View::parse(copy.bytes()));
}

TEST(Ipv6, ReadsEveryField) {
  ExactCopy copy(kPacket);
  const auto ip = Ipv6View::parse(copy.bytes());
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->payload_length(), 37);
  EXPECT_EQ(ip->next_header(), number(IpProtocol::HopByHop));
  EXPECT_EQ(ip->hop_limit(), 64);
  EXPECT_EQ(ip->source(), kGuest6);
  EXPECT_EQ(ip->destination(), kRouter6);
  const auto chain = ip->walk();
  EXPECT_EQ(chain.end, End::Complete);
  EXPECT_EQ(chain.fragment, Fragment::First);
  EXPECT_TRUE(chain.is(IpProtocol::Udp));
  EXPECT_EQ(chain.offset, kUpperAt);
  EXPECT_EQ(ip->upper_layer(chain).size(), 13U);
  EXPECT_EQ(ip->upper_layer_bytes(chain), 13U);
}

TEST(Ipv6, BuildsThePacket) {
  std::array<std::byte, 128> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kGuest})
                         .ipv6({.source = kGuest6, .destination = kRouter6})
                         .extension(IpProtocol::HopByHop, octets("00 0502 0000 0100"))
                         .extension(IpProtocol::Destination, octets("00 0104 0000 0000"))
                         .extension(IpProtocol::Fragment, octets("00 0001 aabb ccdd"))
                         .udp({5353, 53})
                         .bytes(octets("6865 6c6c 6f"))
                         .finish();
  EXPECT_EQ(vector_of(frame.subspan(kEthernetBytes)), kPacket);
}

TEST(Ipv6, RoundTripKeepsTheFields) {
  std::vector<std::byte> out(Ipv6View::kSize + 3);
  write_ipv6(out,
             {.source = kRouterLocal,
              .destination = kGuestLocal,
              .next_header = IpProtocol::NoNext,
              .hop_limit = 255},
             3);
  const auto ip = Ipv6View::parse(out);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->source(), kRouterLocal);
  EXPECT_EQ(ip->destination(), kGuestLocal);
  EXPECT_EQ(ip->hop_limit(), 255);
  EXPECT_EQ(ip->payload().size(), 3U);
  EXPECT_TRUE(ip->walk().is(IpProtocol::NoNext));
}

TEST(Ipv6, TruncatedNeverParses) {
  for_every_length(kPacket, [](std::span<std::byte> bytes) {
    const auto ip = Ipv6View::parse(bytes);
    EXPECT_EQ(ip.has_value(), bytes.size() == kPacket.size());
    if (ip) {
      EXPECT_EQ(ip->walk().end, End::Complete);
    }
  });
}

TEST(Ipv6, FirstSegmentIsWalkedAsFarAsItReaches) {
  for_every_length(kPacket, [](std::span<std::byte> bytes) {
    const auto ip = Ipv6View::parse(bytes, kPacket.size());
    ASSERT_EQ(ip.has_value(), bytes.size() >= Ipv6View::kSize);
    if (!ip) return;
    const bool reaches = bytes.size() >= kUpperAt + 8;
    EXPECT_EQ(ip->walk().end, reaches ? End::Complete : End::Cut) << bytes.size();
  });
}

// The packet itself ends at every length: the header chain is not whole in the first fragment.
TEST(Ipv6, Nd2_ChainCutByThePacketsEndIsSaidSo) {
  for (std::size_t length = Ipv6View::kSize; length <= kPacket.size(); ++length) {
    ExactCopy copy{std::span(kPacket).first(length)};
    store_be16(&copy.bytes()[Ipv6View::kPayloadLength],
               static_cast<std::uint16_t>(length - Ipv6View::kSize));
    const auto ip = Ipv6View::parse(copy.bytes());
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->walk().end, length >= kUpperAt + 8 ? End::Complete : End::Cut) << length;
  }
}

TEST(Ipv6, Out10_UnsoundHeadersAreRefused) {
  ExactCopy copy(kPacket);
  copy.bytes()[0] = std::byte{0x45};
  EXPECT_FALSE(Ipv6View::parse(copy.bytes()));
  copy.bytes()[0] = std::byte{0x60};
  copy.bytes()[5] = std::byte{0x26};  // one byte more than there is
  EXPECT_FALSE(Ipv6View::parse(copy.bytes()));
}

TEST(Ipv6, Edit5_PaddingIsNoPayload) {
  auto padded = kPacket;
  padded.resize(100, std::byte{0xa5});
  ExactCopy copy(padded);
  EXPECT_EQ(Ipv6View::parse(copy.bytes())->payload().size(), 37U);
}

TEST(Ipv6, Nd1_FourExtensionHeadersAreWalkedAndAFifthIsNot) {
  const auto four = walk_over(4, IpProtocol::Udp, 8);
  EXPECT_EQ(four.end, End::Complete);
  EXPECT_TRUE(four.is(IpProtocol::Udp));
  EXPECT_EQ(walk_over(5, IpProtocol::Udp, 8).end, End::TooMany);
}

TEST(Ipv6, Nd2_UpperLayerHeaderMustBeWhole) {
  EXPECT_EQ(walk_over(1, IpProtocol::Tcp, 20).end, End::Complete);
  EXPECT_EQ(walk_over(1, IpProtocol::Tcp, 19).end, End::Cut);
  EXPECT_EQ(walk_over(0, IpProtocol::Icmpv6, 4).end, End::Complete);
  EXPECT_EQ(walk_over(0, IpProtocol::Icmpv6, 3).end, End::Cut);
  EXPECT_EQ(walk_over(0, IpProtocol::Esp, 0).end, End::Complete);
}

TEST(Ipv6, FragmentsAreToldApart) {
  EXPECT_EQ(walk_with(kFragmentAt + 3, 0x00).fragment, Fragment::Atomic);
  EXPECT_EQ(walk_with(kFragmentAt + 3, 0x01).fragment, Fragment::First);
  EXPECT_EQ(walk_with(kFragmentAt + 3, 0x08).fragment, Fragment::Later);
  EXPECT_EQ(walk_with(kFragmentAt + 2, 0x10).fragment, Fragment::Later);
  EXPECT_EQ(walk_with(kFragmentAt + 3, 0x06).fragment, Fragment::Atomic);  // reserved bits
}

TEST(Ipv6, LaterFragmentHasNoUpperLayer) {
  const auto chain = walk_with(kFragmentAt + 3, 0x09);
  EXPECT_EQ(chain.end, End::Complete);
  EXPECT_FALSE(chain.has_upper_layer());
  EXPECT_EQ(chain.offset, kUpperAt);
}

// AH counts in units of 4 bytes without the first two: 1 means 12 bytes.
TEST(Ipv6, AuthenticationHeaderHasItsOwnUnit) {
  std::array<std::byte, 128> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kGuest})
                         .ipv6({.source = kGuest6, .destination = kRouter6})
                         .extension(IpProtocol::Ah, octets("01 0000 0000 0000 0000 0000"))
                         .udp({1, 2})
                         .finish();
  const auto ip = Ipv6View::parse(frame.subspan(kEthernetBytes));
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->walk().offset, Ipv6View::kSize + 12);
  EXPECT_TRUE(ip->walk().is(IpProtocol::Udp));
}

}  // namespace
}  // namespace laneway::wire

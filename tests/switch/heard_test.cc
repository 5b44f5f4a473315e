#include "switch/heard.h"

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::seconds;

const IpAddress kRouter = *IpAddress::parse("192.168.77.1");
const MacAddress kRouterMac = *MacAddress::parse("02:00:00:00:0f:01");

IpAddress numbered(std::uint32_t number) { return Ipv4Address{0x0a000000U + number}; }

TEST(Heard, GatewayIsOneUntilItsTimeIsUp) {
  Heard heard;
  EXPECT_TRUE(heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 16, seconds{0}));
  EXPECT_TRUE(heard.is_gateway(kRouter, seconds{30} - Nanos{1}));
  EXPECT_FALSE(heard.is_gateway(kRouter, seconds{30}));
  EXPECT_FALSE(heard.is_gateway(numbered(1), seconds{1}));
}

TEST(Heard, FloodOfRoutersOustsNoneOfThoseKnown) {
  Heard heard;
  ASSERT_TRUE(heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 16, seconds{0}));
  int taken = 0;
  for (std::uint32_t n = 0; n < 100; ++n) {
    taken += heard.note_gateway({numbered(n), kRouterMac, seconds{30}}, 16, seconds{0}) ? 1 : 0;
  }
  EXPECT_EQ(taken, 15);
  EXPECT_TRUE(heard.is_gateway(kRouter, seconds{1}));
}

TEST(Heard, RoomMayBeLessThanTheLimit) {
  Heard heard;
  EXPECT_FALSE(heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 0, seconds{0}));
  EXPECT_TRUE(heard.gateways().empty());
}

TEST(Heard, NewcomerTakesThePlaceOfOneThatRanOut) {
  Heard heard;
  for (std::uint32_t n = 0; n < 16; ++n) {
    ASSERT_TRUE(heard.note_gateway({numbered(n), kRouterMac, seconds{1 + n}}, 16, seconds{0}));
  }
  EXPECT_TRUE(heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 16, seconds{1}));
  EXPECT_TRUE(heard.is_gateway(kRouter, seconds{2}));
  EXPECT_EQ(heard.gateways().size(), 16U);
}

TEST(Heard, KnownGatewayKeepsItsMacAndItsLongerTime) {
  Heard heard;
  heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 16, seconds{0});
  heard.note_gateway({kRouter, {}, seconds{10}}, 16, seconds{0});
  ASSERT_EQ(heard.gateways().size(), 1U);
  EXPECT_EQ(heard.gateways()[0].mac, kRouterMac);
  EXPECT_TRUE(heard.is_gateway(kRouter, seconds{29}));
}

TEST(Heard, PrefixIsOnLinkUntilItsTimeIsUp) {
  Heard heard;
  EXPECT_TRUE(heard.note_prefix(*IpPrefix::parse("2001:db8:1::/64"), seconds{5}, seconds{0}));
  EXPECT_TRUE(heard.is_on_link(*IpAddress::parse("2001:db8:1::5"), seconds{4}));
  EXPECT_FALSE(heard.is_on_link(*IpAddress::parse("2001:db8:2::5"), seconds{4}));
  EXPECT_FALSE(heard.is_on_link(*IpAddress::parse("2001:db8:1::5"), seconds{5}));
}

TEST(Heard, AnotherNetworkHasNone) {
  Heard heard;
  heard.note_gateway({kRouter, kRouterMac, seconds{30}}, 16, seconds{0});
  heard.clear();
  EXPECT_FALSE(heard.is_gateway(kRouter, seconds{1}));
}

}  // namespace
}  // namespace laneway

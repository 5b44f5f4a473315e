#include "switch/types.h"

#include <gtest/gtest.h>

namespace laneway {
namespace {

TEST(MacAddress, TextAndNumberGoRoundTrip) {
  const auto mac = MacAddress::parse("52:54:00:6B:1f:c0");
  ASSERT_TRUE(mac);
  EXPECT_EQ(to_string(*mac), "52:54:00:6b:1f:c0");
  EXPECT_EQ(mac->number(), 0x5254006b1fc0U);
  EXPECT_EQ(MacAddress::from_number(0x5254006b1fc0U), *mac);
}

TEST(MacAddress, AnythingElseIsRefused) {
  for (const char* text : {"", "52:54:00:6b:1f", "52:54:00:6b:1f:c", "52-54-00-6b-1f-c0",
                           "52:54:00:6b:1f:cg", "52:54:00:6b:1f:c00", " 2:54:00:6b:1f:c0"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(MacAddress, ReservedGroupsAreTheSixteenOf8021D) {
  EXPECT_TRUE(MacAddress::parse("01:80:c2:00:00:00")->is_reserved_group());
  EXPECT_TRUE(MacAddress::parse("01:80:c2:00:00:0f")->is_reserved_group());
  EXPECT_FALSE(MacAddress::parse("01:80:c2:00:00:10")->is_reserved_group());
  EXPECT_FALSE(MacAddress::parse("01:80:c2:00:01:00")->is_reserved_group());
}

TEST(Ipv4Address, MulticastMacKeeps23Bits) {
  EXPECT_EQ(to_string(Ipv4Address::parse("224.129.2.251")->multicast_mac()), "01:00:5e:01:02:fb");
}

TEST(Ipv6Address, DerivedAddresses) {
  const auto mac = MacAddress::parse("52:54:00:6b:1f:c0");
  const auto link_local = Ipv6Address::link_local(*mac);
  EXPECT_EQ(to_string(link_local), "fe80::5054:ff:fe6b:1fc0");
  EXPECT_EQ(to_string(link_local.solicited_node()), "ff02::1:ff6b:1fc0");
  EXPECT_TRUE(link_local.solicited_node().is_solicited_node());
  EXPECT_FALSE(Ipv6Address::all_nodes().is_solicited_node());
  EXPECT_EQ(to_string(link_local.solicited_node().multicast_mac()), "33:33:ff:6b:1f:c0");
  EXPECT_TRUE(Ipv6Address::parse("::ffff:1.2.3.4")->is_v4_mapped());
}

TEST(IpAddress, FamiliesAreNeverEqual) {
  EXPECT_NE(*IpAddress::parse("0.0.0.0"), *IpAddress::parse("::"));
  EXPECT_EQ(IpAddress::parse("10.1.2.3")->v4().number, 0x0a010203U);
}

TEST(IpPrefix, ContainsAndBroadcast) {
  const auto prefix = IpPrefix::parse("192.168.1.23/20");
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("192.168.15.255")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("192.168.16.0")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("::")));
  EXPECT_EQ(to_string(*prefix->broadcast()), "192.168.15.255");
  EXPECT_FALSE(IpPrefix::parse("10.0.0.1/31")->broadcast());
  EXPECT_TRUE(IpPrefix::parse("::/0")->contains(*IpAddress::parse("2001:db8::1")));
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/33"));
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/"));
}

}  // namespace
}  // namespace laneway

#include "switch/network.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "switch/keyed_hash.h"

namespace laneway {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
IpPrefix prefix(const char* text) { return *IpPrefix::parse(text); }

Network home() {
  Network network;
  network.own = *MacAddress::parse("02:00:00:00:00:aa");
  network.host = {prefix("fe80::1/64"), prefix("192.168.77.2/24"), prefix("10.1.2.3/24")};
  network.closed = {prefix("172.17.0.0/16"), prefix("10.0.0.0/8"), prefix("169.254.0.0/16")};
  network.gateways = {{.address = ip("192.168.77.1")}};
  network.on_link = {prefix("2001:db8:1::/64")};
  return network;
}

TEST(Network, HostHasItsAddressesAndOwnsLinkLocal) {
  EXPECT_TRUE(home().is_host(ip("192.168.77.2")));
  EXPECT_TRUE(home().is_host(ip("fe80::ff:fe00:aa")));
  EXPECT_FALSE(home().is_host(ip("192.168.77.3")));
  EXPECT_TRUE(home().is_gateway(ip("192.168.77.1")));
}

TEST(Network, ClosedNeverCoversAnUplinkPrefixOrLinkLocalAddresses) {
  EXPECT_TRUE(home().is_closed(ip("172.17.0.2")));
  EXPECT_TRUE(home().is_closed(ip("10.9.9.9")));
  EXPECT_FALSE(home().is_closed(ip("10.1.2.77"))) << "a VPN's 10/8 must not shut out the LAN";
  EXPECT_FALSE(home().is_closed(ip("169.254.3.4")));
}

TEST(Network, OnLinkAreHostPrefixesAdvertisedOnesAndLinkLocal) {
  for (const char* text : {"192.168.77.9", "2001:db8:1::9", "fe80::9", "169.254.1.1"}) {
    EXPECT_TRUE(home().is_on_link(ip(text))) << text;
  }
  EXPECT_FALSE(home().is_on_link(ip("2001:db8:2::9")));
  EXPECT_FALSE(home().is_on_link(ip("10.9.0.1")));
}

TEST(Network, BroadcastIsAllOnesOrAHostPrefixs) {
  EXPECT_TRUE(home().is_broadcast(*Ipv4Address::parse("255.255.255.255")));
  EXPECT_TRUE(home().is_broadcast(*Ipv4Address::parse("192.168.77.255")));
  EXPECT_FALSE(home().is_broadcast(*Ipv4Address::parse("192.168.78.255")));
}

TEST(Network, AsksInTheNameOfAnIpv4AddressIfThereIsOne) {
  EXPECT_EQ(home().host_v4(), Ipv4Address::parse("192.168.77.2"));
  EXPECT_EQ(Network{}.host_v4(), std::nullopt);
}

TEST(KeyedHash, AddressesThatMeetUnderOneSeedPartUnderAnother) {
  constexpr unsigned kShift = 64 - 13;
  const KeyedHash known(1);
  const KeyedHash secret(2);
  std::array<int, 8192> buckets{};
  int aimed = 0;
  for (std::uint32_t n = 0; aimed < 200; ++n) {
    const IpAddress address = Ipv4Address{n};
    if (known(address) >> kShift != 5) continue;
    ++aimed;
    ++buckets[secret(address) >> kShift];
  }
  EXPECT_LE(*std::max_element(buckets.begin(), buckets.end()), 4);
}

}  // namespace
}  // namespace laneway

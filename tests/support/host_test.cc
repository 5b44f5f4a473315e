// The test hosts among themselves: on one wire, without a switch.
#include "tests/support/host.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/support/dhcp_client.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/router.h"

namespace laneway::test {
namespace {

using std::chrono::seconds;

constexpr MacAddress kAliceMac{{0x52, 0x54, 0, 0, 0, 0xa}};
constexpr MacAddress kBobMac{{0x52, 0x54, 0, 0, 0, 0xb}};
const IpPrefix kAlice = *IpPrefix::parse("192.168.77.21/24");
const IpPrefix kBob = *IpPrefix::parse("192.168.77.22/24");
const IpPrefix kNet6 = *IpPrefix::parse("2001:db8:77::/64");

class HostTest : public testing::Test {
 protected:
  Host& add(MacAddress mac) {
    const std::size_t self = hosts.size();
    hosts.push_back(std::make_unique<Host>(timeline, mac, [this, self](const Bytes& frame) {
      for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (i == self && !reflect) continue;
        timeline.after(Nanos{0}, [this, i, frame] { hosts[i]->receive(frame); });
      }
    }));
    return *hosts.back();
  }
  void run(Nanos time) { timeline.advance(timeline.now() + time); }

  Timeline timeline;
  bool reflect = false;  // the wire brings everything back to its sender
  std::vector<std::unique_ptr<Host>> hosts;
  Host& alice = add(kAliceMac);
  Host& bob = add(kBobMac);
};

TEST_F(HostTest, FreeIpv4AddressIsTakenAfterThreeProbes) {
  alice.add_address(kAlice);
  run(seconds{8});
  EXPECT_EQ(alice.state_of(kAlice.address), AddressState::Preferred);
  int probes = 0;
  for (const auto& frame : bob.received()) probes += read_arp(frame.bytes)->is_probe() ? 1 : 0;
  EXPECT_EQ(probes, 3);
}

TEST_F(HostTest, AddressOfAnotherIsGivenUpAndDefended) {
  bob.add_address_unasked(kAlice);
  alice.add_address(kAlice);
  run(seconds{2});
  EXPECT_EQ(alice.state_of(kAlice.address), AddressState::Duplicate);
  EXPECT_EQ(bob.state_of(kAlice.address), AddressState::Preferred);
}

TEST_F(HostTest, OfTwoThatProbeAtOnceNotBothTakeTheAddress) {
  bob.add_address(kAlice);
  alice.add_address(kAlice);
  run(seconds{8});
  EXPECT_TRUE(alice.state_of(kAlice.address) == AddressState::Duplicate ||
              bob.state_of(kAlice.address) == AddressState::Duplicate);
}

TEST_F(HostTest, PingsAreAnsweredInBothFamilies) {
  alice.add_address_unasked(kAlice);
  bob.add_address_unasked(kBob);
  alice.start_ipv6();
  bob.start_ipv6();
  run(seconds{3});
  const PingId four = alice.ping(kBob.address, 3);
  const PingId six = alice.ping(Ipv6Address::link_local(kBobMac), 3);
  run(seconds{5});
  EXPECT_EQ(alice.result(four).answered, 3);
  EXPECT_EQ(alice.result(six).answered, 3);
  EXPECT_EQ(alice.result(six).hop_limit, 64);
}

TEST_F(HostTest, DuplicateIpv6AddressIsSeenOnEitherSide) {
  bob.add_address_unasked({Ipv6Address::link_local(kAliceMac), 64});
  alice.start_ipv6();
  run(seconds{3});
  EXPECT_EQ(alice.state_of(Ipv6Address::link_local(kAliceMac)), AddressState::Duplicate);
  EXPECT_EQ(bob.counters().conflicts, 1U);
}

TEST_F(HostTest, OwnProbeComingBackIsNoRival) {
  reflect = true;
  alice.start_ipv6();
  run(seconds{3});
  EXPECT_EQ(alice.state_of(Ipv6Address::link_local(kAliceMac)), AddressState::Preferred);
  EXPECT_GT(alice.counters().self_heard, 0U);
}

TEST_F(HostTest, RouterGivesAPrefixAndTheInternet) {
  const IpAddress far = *IpAddress::parse("2001:db8:ffff::1");
  bob.start_ipv6();
  bob.add_address_unasked(*IpPrefix::parse("2001:db8:77::1/64"));
  run(seconds{3});
  const Router router(bob, {.prefix = kNet6});
  bob.add_remote(far);
  alice.start_ipv6();
  run(seconds{5});
  ASSERT_TRUE(alice.address(Family::Ipv6));
  EXPECT_TRUE(kNet6.contains(*alice.address(Family::Ipv6)));
  const PingId ping = alice.ping(far);
  run(seconds{2});
  EXPECT_EQ(alice.result(ping).answered, 1);
}

TEST_F(HostTest, LeaseIsTakenRenewedAndReleased) {
  bob.add_address_unasked(kBob);
  DhcpServer server(bob, {.first = Ipv4Address{0xc0a84d65}});
  DhcpClient client(alice, {.broadcast_flag = true});
  client.start();
  run(seconds{1});
  ASSERT_TRUE(client.lease());
  EXPECT_EQ(*client.lease(), Ipv4Address{0xc0a84d65});
  client.renew();
  run(seconds{1});
  client.rebind();
  run(seconds{1});
  EXPECT_EQ(client.acks(), 3);
  client.release();
  run(seconds{1});
  EXPECT_EQ(server.leases(), 0U);
  EXPECT_EQ(alice.state_of(Ipv4Address{0xc0a84d65}), AddressState::None);
}

TEST_F(HostTest, ReplyInEachFormIsUnderstoodOnOneWire) {
  bob.add_address_unasked(kBob);
  DhcpServer server(bob, {.first = Ipv4Address{0xc0a84d65}});
  for (const ReplyForm form : {ReplyForm::AsAsked, ReplyForm::Broadcast,
                               ReplyForm::UnicastBroadcastIp, ReplyForm::UnicastYiaddr}) {
    server.options().form = form;
    DhcpClient client(alice);
    client.start();
    run(seconds{2});
    EXPECT_TRUE(client.lease());
    client.release();
  }
}

TEST_F(HostTest, SilentNeighborIsAskedByUnicastAndThenForgotten) {
  alice.add_address_unasked(kAlice);
  bob.add_address_unasked(kBob);
  alice.ping(kBob.address);
  run(seconds{1});
  run(Resolver::kReachable + seconds{1});
  bob.remove_address(kBob.address);
  bob.clear_received();
  alice.ping(kBob.address);
  run(seconds{5});
  int unicast = 0;
  for (const auto& frame : bob.received()) {
    unicast += read_arp(frame.bytes) && destination_of(frame.bytes) == kBobMac ? 1 : 0;
  }
  EXPECT_EQ(unicast, Resolver::kTries);
  EXPECT_EQ(alice.neighbors().find(kBob.address), std::nullopt);
}

TEST_F(HostTest, MembershipReportsHaveRightChecksums) {
  alice.add_address_unasked(kAlice);
  alice.start_ipv6();
  run(seconds{3});
  bob.clear_received();
  alice.join(*IpAddress::parse("224.0.0.251"));
  alice.join(*IpAddress::parse("ff02::fb"));
  run(seconds{1});
  ASSERT_EQ(bob.received().size(), 2U);
  const auto igmp = read_ip(bob.received()[0].bytes);
  const auto mld = read_ip(bob.received()[1].bytes);
  EXPECT_EQ(internet_sum(igmp->payload), 0xffffU);
  EXPECT_EQ(transport_checksum(*mld, kIcmpv6, mld->payload), 0);
  EXPECT_TRUE(igmp->router_alert && mld->router_alert);
}

}  // namespace
}  // namespace laneway::test

#include "proxy/nd_proxy.h"

#include "tests/proxy/proxy_fixture.h"

namespace laneway::test {
namespace {

using wire::Icmpv6Type;
using wire::NdOptionType;

class NdProxyTest : public ProxyFixture {
 protected:
  NdProxyTest() {
    bind(a, kA6);
    bind(b, kB6);
  }
  void suppress() { nd_proxy.set_answers(Answers::Suppress); }
  Outcome unicast_ns(PortId port, MacAddress to, const Ipv6Address& target) {
    std::array<std::byte, wire::kNdFrameBytes> room;
    const MacAddress from = port == a ? kMacA : kLanMac;
    const Ipv6Address source = port == a ? kA6 : kLan6;
    return send(port, wire::build_ns(room, {to, from}, {source, target, target}));
  }
  // What every answer must be (PRX-5).
  void expect_answer(Outcome& outcome, MacAddress mac, const Ipv6Address& target) {
    ASSERT_TRUE(outcome.replied()) << outcome.verdict();
    const auto nd = outcome.nd();
    ASSERT_TRUE(nd && nd->is(Icmpv6Type::NeighborAdvertisement));
    EXPECT_TRUE(nd->checksum_valid());
    EXPECT_EQ(nd->target(), target);
    EXPECT_EQ(nd->link_layer(NdOptionType::TargetLinkLayer), mac);
    EXPECT_EQ(wire::EthernetView::parse(outcome.bytes)->source(), mac);
  }
};

TEST_F(NdProxyTest, Prx1_HostIsAnsweredForWithOwnGroupAndUnicast) {
  Outcome outcome = send(a, ns(kMacA, kA6, kHost6));
  expect_answer(outcome, kOwn, kHost6);
  const auto nd = outcome.nd();
  EXPECT_TRUE(nd->is_solicited() && nd->is_override() && !nd->is_router());
  EXPECT_EQ(nd->ip().destination(), kA6);
  EXPECT_EQ(wire::EthernetView::parse(outcome.bytes)->destination(), kMacA);
  outcome = unicast_ns(a, kOwn, kHost6);
  expect_answer(outcome, kOwn, kHost6);
}

TEST_F(NdProxyTest, Prx1_DadForTheHostsAddressesFailsVisibly) {
  for (const Ipv6Address& target : {kHost6, kHostLink6, network.own_link_local()}) {
    Outcome outcome = send(a, dad(kMacA, target));
    expect_answer(outcome, kOwn, target);
    const auto nd = outcome.nd();
    EXPECT_FALSE(nd->is_solicited());
    EXPECT_EQ(nd->ip().destination(), Ipv6Address::all_nodes());
    EXPECT_EQ(wire::EthernetView::parse(outcome.bytes)->destination(),
              Ipv6Address::all_nodes().multicast_mac());
    EXPECT_EQ(binding(target), nullptr);
  }
}

TEST_F(NdProxyTest, Host4_HostsLinkLocalAddressesAreNotReachableButOwnsIs) {
  EXPECT_EQ(send(a, ns(kMacA, kA6, kHostLink6)).verdict(), "suppressed");
  Outcome outcome = send(a, ns(kMacA, kA6, network.own_link_local()));
  expect_answer(outcome, kOwn, network.own_link_local());
}

TEST_F(NdProxyTest, Host4_NoNdEntersTheHostPort) {
  EXPECT_FALSE(send(a, ns(kMacA, kA6, kLan6)).scope->has(host));
  EXPECT_FALSE(send(a, dad(kMacA, v6("fe80::77"))).scope->has(host));
  EXPECT_FALSE(send(a, unsolicited_na(kMacA, kA6)).scope->has(host));
  std::array<std::byte, wire::kNdFrameBytes> room;
  const auto to_own = wire::build_ns(room, {kOwn, kMacA}, {kA6, network.own_link_local(), kLan6});
  EXPECT_EQ(send(a, to_own).verdict(), "no_port");
}

TEST_F(NdProxyTest, AnswerToOurProbeIsNotedAndEnds) {
  const Neighbor before = *binding(kA6);
  now += seconds{5};
  std::array<std::byte, wire::kNdFrameBytes> room;
  const auto na = wire::build_na(room, {kOwn, kMacA},
                                 {.source = kA6,
                                  .destination = network.own_link_local(),
                                  .target = kA6,
                                  .link_layer = kMacA,
                                  .solicited = true});
  EXPECT_EQ(send(a, na).verdict(), "suppressed");
  EXPECT_GT(binding(kA6)->used, before.used);
}

TEST_F(NdProxyTest, Out11_SolicitationForAnotherGuestStaysInside) {
  PortSet inside;
  inside.add(b);
  EXPECT_EQ(send(a, ns(kMacA, kA6, kB6)).scope, inside);
  EXPECT_TRUE(send(a, dad(kMacA, kB6)).scope->has(uplink)) << "DAD leaves";
}

TEST_F(NdProxyTest, Arp6_UnsolicitedNaAreLimitedButNotTheDefence) {
  int passed = 0;
  for (int n = 0; n < 50; ++n) passed += send(a, unsolicited_na(kMacA, kA6)).passed() ? 1 : 0;
  EXPECT_EQ(passed, 4);
  EXPECT_EQ(send(a, unsolicited_na(kMacA, kA6)).verdict(), "proxy_limit");
  send(uplink, dad(kLanMac, kA6));  // the owner is shown a rival
  EXPECT_TRUE(send(a, unsolicited_na(kMacA, kA6)).passed());
  now += seconds{1};
  EXPECT_TRUE(send(a, unsolicited_na(kMacA, kA6)).passed());
  now += Nanos{1};
  EXPECT_EQ(send(a, unsolicited_na(kMacA, kA6)).verdict(), "proxy_limit");
}

TEST_F(NdProxyTest, Arp6_DefenceAgainstAnotherGuestsDadIsFreeToo) {
  for (int n = 0; n < 5; ++n) send(a, unsolicited_na(kMacA, kA6));
  send(b, dad(kMacB, kA6));
  EXPECT_TRUE(send(a, unsolicited_na(kMacA, kA6)).passed());
}

TEST_F(NdProxyTest, Prx4_SuppressAnswersInsideWithTheOwnersMacAndOutsideWithTheStations) {
  suppress();
  neighbors.set_router(kB6, true);
  Outcome inside = send(a, ns(kMacA, kA6, kB6));
  expect_answer(inside, kMacB, kB6);
  Outcome outside = send(uplink, ns(kLanMac, kLan6, kB6));
  expect_answer(outside, kStation, kB6);
  for (Outcome* outcome : {&inside, &outside}) {
    const auto nd = outcome->nd();
    EXPECT_TRUE(nd->is_solicited() && !nd->is_override() && nd->is_router()) << "PRX-5";
  }
}

TEST_F(NdProxyTest, Prx4_SolicitationWithoutOptionGrowsIntoItsAnswer) {
  suppress();
  std::array<std::byte, 256> room;
  const auto bare = wire::FrameBuilder(room)
                        .ethernet({kStation, kLanMac})
                        .ipv6({.source = kLan6, .destination = kB6, .hop_limit = 255})
                        .icmpv6(135, 0)
                        .be32(0)
                        .address(kB6)
                        .finish();
  ASSERT_EQ(bare.size(), 78U);
  Outcome outcome = send(uplink, bare);
  expect_answer(outcome, kStation, kB6);
  EXPECT_EQ(outcome.bytes.size(), 86U);
}

TEST_F(NdProxyTest, Prx4_LongSolicitationShrinksIntoItsAnswer) {
  suppress();
  Bytes frame = bytes_of(ns(kLanMac, kLan6, kB6));
  frame.resize(frame.size() + 30);  // padding
  Outcome outcome = send(uplink, frame);
  expect_answer(outcome, kStation, kB6);
  EXPECT_EQ(outcome.bytes.size(), 86U);
}

TEST_F(NdProxyTest, Prx4_LanHostsAreAnsweredForWithTheirOwnR) {
  suppress();
  std::array<std::byte, wire::kNdFrameBytes> room;
  send(uplink, ns(kLanMac, kLan6, v6("2001:db8:77::99")));
  EXPECT_TRUE(send(a, ns(kMacA, kA6, kLan6)).passed()) << "an NS does not say whether R is due";
  send(uplink, wire::build_unsolicited_na(room, kLanMac, kLan6, false));
  Outcome outcome = send(a, ns(kMacA, kA6, kLan6));
  expect_answer(outcome, kLanMac, kLan6);
  EXPECT_FALSE(outcome.nd()->is_router());
  wire::RaFields ra;
  ra.source = kGateway6;
  ra.link_layer = kGatewayMac;
  send(uplink, wire::build_ra(room, {Ipv6Address::all_nodes().multicast_mac(), kGatewayMac}, ra));
  outcome = send(a, ns(kMacA, kA6, kGateway6));
  expect_answer(outcome, kGatewayMac, kGateway6);
  EXPECT_TRUE(outcome.nd()->is_router());
}

TEST_F(NdProxyTest, Prx6_NeverAnsweredFor) {
  suppress();
  EXPECT_TRUE(send(a, dad(kMacA, kB6)).passed()) << "its owner is awake";
  EXPECT_TRUE(send(uplink, dad(kLanMac, kB6)).passed());
  EXPECT_TRUE(send(a, ns(kMacA, kA6, kA6)).passed()) << "its own";
  neighbors.tentative({v6("2001:db8:77::30"), kMacB, b}, 0, now);
  neighbors.unverified({v6("2001:db8:77::31"), kMacB, b}, now);
  for (const char* target : {"2001:db8:77::30", "2001:db8:77::31", "2001:db8:77::32"}) {
    EXPECT_TRUE(send(uplink, ns(kLanMac, kLan6, v6(target))).passed());
  }
}

TEST_F(NdProxyTest, Nd3_WrongChecksumIsNotAnswered) {
  suppress();
  Bytes frame = bytes_of(ns(kLanMac, kLan6, kB6));
  frame[14 + 40 + 2] ^= std::byte{1};
  EXPECT_TRUE(send(uplink, frame).passed());
}

TEST_F(NdProxyTest, F11_ScanGetsAHundredAnswersASecond) {
  suppress();
  int answered = 0;
  int refused = 0;
  for (int n = 0; n < 1000; ++n) {
    const Outcome outcome = send(uplink, ns(kLanMac, kLan6, kB6));
    answered += outcome.replied() ? 1 : 0;
    refused += outcome.verdict() == "proxy_limit" ? 1 : 0;
  }
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(refused, 900);
}

}  // namespace
}  // namespace laneway::test

#include "proxy/arp_proxy.h"

#include "tests/proxy/proxy_fixture.h"

namespace laneway::test {
namespace {

using wire::ArpFields;
using wire::ArpOp;

class ArpProxyTest : public ProxyFixture {
 protected:
  ArpProxyTest() {
    bind(a, kA4);
    bind(b, kB4);
  }
  Outcome ask(PortId port, MacAddress mac, Ipv4Address ip, Ipv4Address target) {
    return send(port, wire::build_arp_request(mac, ip, target));
  }
  void suppress() { arp_proxy.set_answers(Answers::Suppress); }
  PortSet all_but_host(PortId from) {
    PortSet set = ports.reach(from);
    set.remove(host);
    return set;
  }
};

TEST_F(ArpProxyTest, Prx1_HostIsAnsweredForWithOwnBroadcastAndUnicast) {
  for (const MacAddress to : {MacAddress::broadcast(), kOwn}) {
    Outcome outcome = send(a, wire::build_arp(to, kMacA, {ArpOp::Request, kMacA, kA4, {}, kHost4}));
    ASSERT_TRUE(outcome.replied());
    EXPECT_EQ(outcome.arp(), (ArpFields{ArpOp::Reply, kOwn, kHost4, kMacA, kA4}));
    const auto ethernet = wire::EthernetView::parse(outcome.bytes);
    EXPECT_EQ(ethernet->destination(), kMacA);
    EXPECT_EQ(ethernet->source(), kOwn);
  }
}

TEST_F(ArpProxyTest, Prx1_ProbeForTheHostsAddressIsAnswered) {
  Outcome outcome = send(a, wire::build_arp_probe(kMacA, kHost4));
  ASSERT_TRUE(outcome.replied());
  EXPECT_EQ(outcome.arp(), (ArpFields{ArpOp::Reply, kOwn, kHost4, kMacA, {}}));
  EXPECT_EQ(binding(kHost4), nullptr);
}

TEST_F(ArpProxyTest, Host4_NoArpEntersTheHostPort) {
  EXPECT_EQ(ask(a, kMacA, kA4, kLan4).scope, all_but_host(a));
  EXPECT_EQ(send(a, wire::build_arp_announcement(kMacA, kA4)).scope, all_but_host(a));
  EXPECT_EQ(
      send(a, wire::build_arp(kOwn, kMacA, {ArpOp::Request, kMacA, kA4, {}, kLan4})).verdict(),
      "no_port");
}

TEST_F(ArpProxyTest, AnswerToOurProbeIsNotedAndEnds) {
  const Neighbor before = *binding(kA4);
  now += seconds{5};
  EXPECT_EQ(send(a, wire::build_arp_reply(kMacA, kA4, kOwn, kHost4)).verdict(), "suppressed");
  EXPECT_GT(binding(kA4)->used, before.used);
}

TEST_F(ArpProxyTest, Out11_RequestForAnotherGuestStaysInside) {
  PortSet inside;
  inside.add(b);
  for (const Answers answers : {Answers::Translate, Answers::Suppress}) {
    arp_proxy.set_answers(answers);
    now += seconds{60};  // too long ago to be answered for
    const Outcome outcome = ask(a, kMacA, kA4, kB4);
    EXPECT_TRUE(outcome.passed());
    EXPECT_EQ(outcome.scope, inside);
  }
}

TEST_F(ArpProxyTest, Out11_ProbesAndAnnouncementsLeave) {
  EXPECT_TRUE(send(a, wire::build_arp_probe(kMacA, kB4)).scope->has(uplink));
  EXPECT_TRUE(send(a, wire::build_arp_announcement(kMacA, kA4)).scope->has(uplink));
}

TEST_F(ArpProxyTest, Out11_SuppressedIfNoPortRemains) {
  PortSettings isolated = guest_at(kMacA);
  isolated.isolated = true;
  ports.change_settings(a, isolated);
  isolated.mac = kMacB;
  ports.change_settings(b, isolated);
  EXPECT_EQ(ask(a, kMacA, kA4, kB4).verdict(), "suppressed");
}

TEST_F(ArpProxyTest, Arp6_FourAnnouncementsOfEitherFormThenOneInTenSeconds) {
  int passed = 0;
  for (int n = 0; n < 100; ++n) {
    const ArpOp op = n % 2 == 0 ? ArpOp::Request : ArpOp::Reply;
    const Outcome outcome =
        send(a, wire::build_arp(MacAddress::broadcast(), kMacA, {op, kMacA, kA4, kMacA, kA4}));
    passed += outcome.passed() ? 1 : 0;
    EXPECT_TRUE(outcome.passed() || outcome.reason == Drop::ProxyLimit);
  }
  EXPECT_EQ(passed, 4);
  now += seconds{10};
  EXPECT_TRUE(send(a, wire::build_arp_announcement(kMacA, kA4)).passed());
  EXPECT_EQ(send(a, wire::build_arp_announcement(kMacA, kA4)).verdict(), "proxy_limit");
  EXPECT_TRUE(send(b, wire::build_arp_announcement(kMacB, kB4)).passed());
}

TEST_F(ArpProxyTest, Prx3_TranslateLeavesAnswersToTheirOwners) {
  EXPECT_TRUE(ask(a, kMacA, kA4, kB4).passed());
  EXPECT_TRUE(ask(uplink, kLanMac, kLan4, kA4).passed());
}

TEST_F(ArpProxyTest, Prx4_SuppressAnswersInsideWithTheOwnersMacAndOutsideWithTheStations) {
  suppress();
  Outcome inside = ask(a, kMacA, kA4, kB4);
  ASSERT_TRUE(inside.replied());
  EXPECT_EQ(inside.arp(), (ArpFields{ArpOp::Reply, kMacB, kB4, kMacA, kA4}));
  Outcome outside = ask(uplink, kLanMac, kLan4, kB4);
  ASSERT_TRUE(outside.replied());
  EXPECT_EQ(outside.arp(), (ArpFields{ArpOp::Reply, kStation, kB4, kLanMac, kLan4}));
  EXPECT_EQ(wire::EthernetView::parse(outside.bytes)->source(), kStation);
}

TEST_F(ArpProxyTest, Prx4_OnAPlainUplinkOwnersAreThemselves) {
  suppress();
  network.translated = false;
  Outcome outside = ask(uplink, kLanMac, kLan4, kB4);
  ASSERT_TRUE(outside.replied());
  EXPECT_EQ(outside.arp().sender_mac, kMacB);
}

TEST_F(ArpProxyTest, Prx4_AnswersEndThirtySecondsAfterTheOwnerWasHeard) {
  suppress();
  now += seconds{30} - Nanos{1};
  EXPECT_TRUE(ask(uplink, kLanMac, kLan4, kB4).replied());
  now += Nanos{1};
  EXPECT_TRUE(ask(uplink, kLanMac, kLan4, kB4).passed());
}

TEST_F(ArpProxyTest, Prx4_LanHostsHeardOfLateAreAnsweredFor) {
  EXPECT_TRUE(ask(uplink, kLanMac, kLan4, kA4).passed());
  EXPECT_TRUE(ask(a, kMacA, kA4, kLan4).passed()) << "translate remembers nobody";
  suppress();
  ask(uplink, kLanMac, kLan4, v4("192.168.77.99"));
  Outcome outcome = ask(a, kMacA, kA4, kLan4);
  ASSERT_TRUE(outcome.replied());
  EXPECT_EQ(outcome.arp().sender_mac, kLanMac);
  now += seconds{30};
  EXPECT_TRUE(ask(a, kMacA, kA4, kLan4).passed());
}

TEST_F(ArpProxyTest, Prx4_HundredAnswersASecondAPort) {
  suppress();
  int answered = 0;
  for (int n = 0; n < 1000; ++n) {
    const Outcome outcome = ask(uplink, kLanMac, kLan4, kB4);
    answered += outcome.replied() ? 1 : 0;
    EXPECT_TRUE(outcome.replied() || outcome.reason == Drop::ProxyLimit);
  }
  EXPECT_EQ(answered, 100);
  EXPECT_TRUE(ask(a, kMacA, kA4, kB4).replied()) << "another port has a share of its own";
}

TEST_F(ArpProxyTest, Prx6_NeverAnsweredFor) {
  suppress();
  EXPECT_TRUE(ask(b, kMacB, kB4, kB4).passed()) << "an announcement";
  EXPECT_TRUE(send(a, wire::build_arp_probe(kMacA, kB4)).passed()) << "its owner is awake";
  EXPECT_TRUE(send(uplink, wire::build_arp_probe(kLanMac, kB4)).passed());
  const Ipv4Address tentative = v4("192.168.77.30");
  const Ipv4Address unverified = v4("192.168.77.31");
  neighbors.tentative({tentative, kMacB, b}, 0, now);
  neighbors.unverified({unverified, kMacB, b}, now);
  for (const Ipv4Address target : {tentative, unverified, v4("192.168.77.32")}) {
    EXPECT_TRUE(ask(a, kMacA, kA4, target).passed());
    EXPECT_TRUE(ask(uplink, kLanMac, kLan4, target).passed());
  }
  EXPECT_TRUE(ask(a, kMacA, kA4, kA4).passed());
  tick(now + minutes{21});
  EXPECT_FALSE(binding(kB4)->is_valid());
  EXPECT_TRUE(ask(uplink, kLanMac, kLan4, kB4).passed()) << "stale";
}

TEST(LanNeighbors, RememberTheNewestForThirtySeconds) {
  LanNeighbors lan(1);
  lan.note({kLan4, kLanMac, false, seconds{1}});
  lan.note({kLan4, kMacB, true, seconds{2}});
  ASSERT_NE(lan.find(kLan4, seconds{32} - Nanos{1}), nullptr);
  EXPECT_EQ(lan.find(kLan4, seconds{3})->mac, kMacB);
  EXPECT_EQ(lan.find(kLan4, seconds{32}), nullptr);
  EXPECT_EQ(lan.find(kA4, seconds{3}), nullptr);
  lan.clear();
  EXPECT_EQ(lan.find(kLan4, seconds{3}), nullptr);
}

}  // namespace
}  // namespace laneway::test

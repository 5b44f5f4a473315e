#include "proxy/announcer.h"

#include <set>

#include "proxy/prober.h"
#include "tests/proxy/proxy_fixture.h"

namespace laneway::test {
namespace {

using wire::Icmpv6Type;
using wire::NdOptionType;

class AnnouncerTest : public ProxyFixture {
 protected:
  // All that is said on the uplink while time passes in ticks until `end`.
  std::vector<Outcome> listen(Nanos end) {
    std::vector<Outcome> heard_frames;
    for (; now < end; now += milliseconds{100}) {
      announcer.tick(now);
      for (Outcome& outcome : said(uplink)) heard_frames.push_back(std::move(outcome));
    }
    return heard_frames;
  }
};

TEST_F(AnnouncerTest, Sta3_EachAddressIsAnnouncedTwiceTwoSecondsApart) {
  bind(a, kA4);
  bind(a, kA6);
  neighbors.set_router(kA6, true);
  const Nanos start = now;
  announcer.station_changed(now);
  auto first = listen(start + seconds{1});
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kStation, kA4, {}, kA4}));
  const auto na = first[1].nd();
  ASSERT_TRUE(na && na->is(Icmpv6Type::NeighborAdvertisement));
  EXPECT_TRUE(na->is_router() && na->is_override() && !na->is_solicited());
  EXPECT_EQ(na->source(), kA6);
  EXPECT_EQ(na->ip().destination(), Ipv6Address::all_nodes());
  EXPECT_EQ(na->link_layer(NdOptionType::TargetLinkLayer), kStation);
  EXPECT_TRUE(listen(start + seconds{2}).empty());
  EXPECT_EQ(listen(start + seconds{3}).size(), 2U);
  EXPECT_TRUE(listen(start + seconds{20}).empty());
}

TEST_F(AnnouncerTest, Sta3_FirstRoundIsAHundredASecondTheRestTwenty) {
  for (std::uint32_t n = 0; n < 60; ++n) {
    bind(a, Ipv4Address{0xc0a84d64U + n});
    bind(b, Ipv4Address{0xc0a84dc8U + n});
  }
  const Nanos start = now;
  announcer.station_changed(now);
  EXPECT_EQ(listen(start + seconds{1}).size(), 100U);
  listen(start + seconds{3});
  EXPECT_LE(listen(start + seconds{4}).size(), 21U);
}

TEST_F(AnnouncerTest, Sta3_OnlyValidAndStaleAreSpokenFor) {
  neighbors.tentative({kA4, kMacA, a}, 0, now);
  neighbors.unverified({kB4, kMacB, b}, now);
  announcer.station_changed(now);
  EXPECT_TRUE(listen(now + seconds{5}).empty());
}

TEST_F(AnnouncerTest, Sta1_EachIpv6BindingAsksForTheGatewayWithTheStationFirst) {
  bind(a, kA4);
  bind(a, kA6);
  announcer.station_associated(now);
  auto frames = listen(now + seconds{5});
  ASSERT_EQ(frames.size(), 1U);
  const auto ns_said = frames[0].nd();
  ASSERT_TRUE(ns_said && ns_said->is(Icmpv6Type::NeighborSolicitation));
  EXPECT_EQ(ns_said->source(), kA6);
  EXPECT_EQ(ns_said->target(), kGateway6);
  const wire::NdOption option = *ns_said->options().begin();
  EXPECT_TRUE(option.is(NdOptionType::SourceLinkLayer));
  EXPECT_EQ(option.link_layer(), kStation);
}

TEST_F(AnnouncerTest, E07_RoamStormSaysTwentyASecondAndStarvesNobody) {
  std::vector<Ipv6Address> all;
  for (std::uint8_t n = 0; n < 60; ++n) {
    for (const PortId port : {a, b}) {
      Ipv6Address address = kA6;
      address.octets[14] = static_cast<std::uint8_t>(index(port));
      address.octets[15] = n;
      bind(port, address);
      all.push_back(address);
    }
  }
  std::set<Ipv6Address> spoken;
  std::size_t frames = 0;
  const Nanos start = now;
  for (int roam = 0; roam < 100; ++roam) {
    announcer.station_associated(now);
    for (Outcome& outcome : listen(start + milliseconds{600} * (roam + 1))) {
      spoken.insert(outcome.nd()->source());
      ++frames;
    }
  }
  EXPECT_EQ(spoken.size(), all.size());
  EXPECT_LE(frames, 60U * 20U + 2U);
}

TEST_F(AnnouncerTest, B09_MigratedGuestsBindingsAreAnnounced) {
  bind(a, kA4);
  bind(b, kB4);
  announcer.port_migrated(a, now);
  auto frames = listen(now + seconds{5});
  ASSERT_EQ(frames.size(), 2U);
  for (Outcome& outcome : frames) EXPECT_EQ(outcome.arp().sender_ip, kA4);
}

TEST_F(AnnouncerTest, Sta5_KeepaliveAsksTheGatewayEveryTwentyFiveSeconds) {
  bind(a, kA4);
  announcer.set_keepalive(true);
  const Nanos start = now;
  auto frames = listen(start + seconds{24});
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kStation, kA4, {}, kGateway4}));
  EXPECT_EQ(wire::EthernetView::parse(frames[0].bytes)->destination(), kGatewayMac);
  EXPECT_EQ(listen(start + seconds{26}).size(), 1U);
  announcer.set_keepalive(false);
  EXPECT_TRUE(listen(start + seconds{100}).empty());
}

TEST_F(AnnouncerTest, Sta4_NothingPendingIsSaidOnAnotherNetwork) {
  bind(a, kA4);
  announcer.station_changed(now);
  announcer.forget_network();
  EXPECT_TRUE(listen(now + seconds{5}).empty());
}

TEST_F(AnnouncerTest, OnAPlainUplinkEachGuestIsItself) {
  network.translated = false;
  bind(a, kA4);
  announcer.port_migrated(a, now);
  EXPECT_EQ(listen(now + seconds{1}).at(0).arp().sender_mac, kMacA);
}

class ProberTest : public ProxyFixture {};

TEST_F(ProberTest, ProbesAreUnicastInTheHostsName) {
  bind(a, kA4);
  bind(a, kA6);
  EXPECT_TRUE(prober.probe(*binding(kA4), now));
  auto frames = said(a);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kOwn, kHost4, {}, kA4}));
  EXPECT_EQ(wire::EthernetView::parse(frames[0].bytes)->destination(), kMacA);
  EXPECT_TRUE(prober.probe(*binding(kA6), now));
  frames = said(a);
  const auto nd = frames.at(0).nd();
  ASSERT_TRUE(nd && nd->is(Icmpv6Type::NeighborSolicitation));
  EXPECT_EQ(nd->source(), network.own_link_local());
  EXPECT_EQ(nd->ip().destination(), kA6);
  EXPECT_EQ(nd->link_layer(NdOptionType::SourceLinkLayer), kOwn);
}

TEST_F(ProberTest, C13_NoProbeFromNobodyWithinTenSecondsOfAGuestsOwn) {
  network.host = {};
  bind(a, kA4);
  send(a, wire::build_arp_probe(kMacA, v4("192.168.77.33")));
  said(a);
  now += seconds{10} - Nanos{1};
  EXPECT_FALSE(prober.probe(*binding(kA4), now));
  now += Nanos{1};
  EXPECT_TRUE(prober.probe(*binding(kA4), now));
  EXPECT_TRUE(said(a).at(0).arp().sender_ip.is_unspecified());
}

TEST_F(ProberTest, NoProbeFromNobodyWithinTenSecondsOfLinkUp) {
  network.host = {};
  bind(a, kA4);
  ports[a].link_up_since = now;
  EXPECT_FALSE(prober.probe(*binding(kA4), now + seconds{9}));
  EXPECT_TRUE(prober.probe(*binding(kA4), now + seconds{10}));
}

TEST_F(ProberTest, FiftyProbesASecondFiveATick) {
  for (std::uint32_t n = 0; n < 16; ++n) {
    send(a, udp(kMacA, Ipv4Address{0xc0a84d64U + n}, kLan4));
    send(b, udp(kMacB, Ipv4Address{0xc0a84dc8U + n}, kLan4));
  }
  std::size_t asked = 0;
  for (int round = 0; round < 7; ++round) {
    tick(now + milliseconds{100});
    EXPECT_LE(outbox.said().size(), 5U);
    asked += outbox.said().size();
    outbox.clear();
  }
  EXPECT_EQ(asked, 32U);
}

TEST_F(ProberTest, Host3_AsksOnTheUplinkAsTheStationInTheFormOfDad) {
  prober.probe_uplink(kA4);
  auto frames = said(uplink);
  EXPECT_EQ(frames.at(0).arp(), (wire::ArpFields{wire::ArpOp::Request, kStation, {}, {}, kA4}));
  prober.probe_uplink(kA6);
  frames = said(uplink);
  const auto nd = frames.at(0).nd();
  ASSERT_TRUE(nd && nd->is_dad_solicitation());
  EXPECT_EQ(nonce_hash(nd->find(NdOptionType::Nonce)->body()), nonce_hash(network.own_nonce()));
}

TEST_F(ProberTest, DefenderSpeaksOfSixteenAddressesAtATime) {
  for (std::uint32_t n = 0; n < 20; ++n) {
    defender.defend(Ipv4Address{0xc0a84d64U + n}, kMacB, a, now);
  }
  EXPECT_EQ(said(a).size(), limits::kDefences);
  defender.defend(kB4, kMacB, b, now);
  EXPECT_EQ(said(b).size(), 1U) << "each port has its own";
  now += seconds{10};
  defender.defend(v4("192.168.77.100"), kMacB, a, now);
  EXPECT_EQ(said(a).size(), 1U);
}

}  // namespace
}  // namespace laneway::test

#include "proxy/neighbor_learner.h"

#include "switch/wire/dhcp.h"
#include "tests/proxy/proxy_fixture.h"

namespace laneway::test {
namespace {

class NeighborLearnerTest : public ProxyFixture {
 protected:
  Outcome announce(PortId port, MacAddress mac, Ipv4Address ip) {
    return send(port, wire::build_arp_announcement(mac, ip));
  }
  Outcome dhcp_from_a(const wire::DhcpFields& fields, Ipv4Address source = {}) {
    std::array<std::byte, wire::kDhcpFrameBytes> room;
    return send(a,
                wire::build_dhcp(room, {MacAddress::broadcast(), kMacA},
                                 {.source = source, .destination = v4("255.255.255.255")}, fields));
  }
};

TEST_F(NeighborLearnerTest, Arp1_MalformedArpOfAGuestIsDropped) {
  const auto good = bytes_of(wire::build_arp_request(kMacA, kA4, kLan4));
  for (const std::size_t at : {14U, 16U, 18U, 19U}) {  // types and sizes
    Bytes bad = good;
    bad[at] = std::byte{9};
    EXPECT_EQ(send(a, bad).verdict(), "arp_bad") << at;
  }
  EXPECT_EQ(send(a, Bytes(good.begin(), good.end() - 1)).verdict(), "arp_bad");
  EXPECT_EQ(neighbors.size(), 0U);
}

TEST_F(NeighborLearnerTest, Arp1_OtherOperationsClaimNothing) {
  const wire::ArpFields fields{wire::ArpOp::InverseRequest, kMacA, kA4, kMacB, {}};
  EXPECT_EQ(send(a, wire::build_arp(kMacB, kMacA, fields)).verdict(), "forward");
  EXPECT_EQ(neighbors.size(), 0U);
}

TEST_F(NeighborLearnerTest, Arp2_SenderUnlikeTheFramesSourceIsDropped) {
  const wire::ArpFields fields{wire::ArpOp::Request, kMacB, kA4, {}, kLan4};
  EXPECT_EQ(send(a, wire::build_arp(MacAddress::broadcast(), kMacA, fields)).verdict(), "arp_bad");
}

TEST_F(NeighborLearnerTest, Arp3_ProbeMakesATentativeBinding) {
  EXPECT_TRUE(send(a, wire::build_arp_probe(kMacA, kA4)).passed());
  ASSERT_NE(binding(kA4), nullptr);
  EXPECT_EQ(binding(kA4)->state, NeighborState::Tentative);
}

TEST_F(NeighborLearnerTest, Arp3_ProbeForAnothersAddressMakesNoneAndReachesItsOwner) {
  bind(b, kB4);
  const Outcome outcome = send(a, wire::build_arp_probe(kMacA, kB4));
  EXPECT_TRUE(outcome.passed());
  EXPECT_EQ(binding(kB4)->port, b);
  EXPECT_TRUE(said(a).empty());
}

TEST_F(NeighborLearnerTest, Arp3_GatewaysAddressMayBeTestedButNotTaken) {
  EXPECT_TRUE(send(a, wire::build_arp_probe(kMacA, kGateway4)).passed());
  EXPECT_EQ(binding(kGateway4)->state, NeighborState::Tentative);
  EXPECT_EQ(announce(a, kMacA, kGateway4).verdict(), "spoof_gw");
  EXPECT_EQ(send(a, udp(kMacA, kGateway4, kLan4)).verdict(), "spoof_gw");
}

TEST_F(NeighborLearnerTest, Arp4_SenderIsBound) {
  EXPECT_TRUE(send(a, wire::build_arp_request(kMacA, kA4, kLan4)).passed());
  EXPECT_EQ(binding(kA4)->state, NeighborState::Valid);
  EXPECT_EQ(binding(kA4)->mac, kMacA);
  EXPECT_EQ(binding(kA4)->origin, NeighborOrigin::Arp);
}

TEST_F(NeighborLearnerTest, Out7_NobodysAddressesAreBad) {
  for (const char* bad : {"224.0.0.1", "255.255.255.255", "0.1.2.3", "127.0.0.1"}) {
    EXPECT_EQ(announce(a, kMacA, v4(bad)).verdict(), "ip_bad") << bad;
    EXPECT_EQ(send(a, udp(kMacA, v4(bad), kLan4)).verdict(), "ip_bad") << bad;
  }
  for (const char* bad : {"ff02::1", "::1", "::ffff:1.2.3.4", "::"}) {
    EXPECT_EQ(send(a, udp(kMacA, v6(bad), kLan6)).verdict(), "ip_bad") << bad;
  }
  EXPECT_EQ(send(a, udp(kMacA, v4("0.0.0.0"), kLan4)).verdict(), "ip_bad");
  EXPECT_EQ(neighbors.size(), 0U);
}

TEST_F(NeighborLearnerTest, Out7_HostsClosedAndOthersAddressesAreSpoofed) {
  bind(b, kB4);
  for (const Ipv4Address taken : {kHost4, v4("172.17.0.2"), kB4}) {
    EXPECT_EQ(announce(a, kMacA, taken).verdict(), "spoof_ip");
    EXPECT_EQ(send(a, udp(kMacA, taken, kLan4)).verdict(), "spoof_ip");
  }
  EXPECT_EQ(send(a, udp(kMacA, kHost6, kLan6)).verdict(), "spoof_ip");
  EXPECT_EQ(send(a, unsolicited_na(kMacA, kHost6)).verdict(), "spoof_ip");
  EXPECT_EQ(send(a, unsolicited_na(kMacA, kGateway6)).verdict(), "spoof_gw");
  EXPECT_EQ(neighbors.size(), 1U);
}

TEST_F(NeighborLearnerTest, Out7_ServersHeardOnTheUplinkRankAsGateways) {
  heard.note_gateway({kLan4, kLanMac, now + seconds{60}}, Network::kMaxGateways, now);
  EXPECT_EQ(announce(a, kMacA, kLan4).verdict(), "spoof_gw");
  now += seconds{61};
  EXPECT_TRUE(announce(a, kMacA, kLan4).passed());
}

TEST_F(NeighborLearnerTest, Out7_UnspecifiedSourceServesDhcpIgmpDadAndMld) {
  EXPECT_TRUE(dhcp_from_a({.type = wire::DhcpType::Discover, .xid = 1, .chaddr = kMacA}).passed());
  std::array<std::byte, 256> room;
  const auto igmp = wire::FrameBuilder(room)
                        .ethernet({v4("224.0.0.22").multicast_mac(), kMacA})
                        .ipv4({.destination = v4("224.0.0.22"), .protocol = wire::IpProtocol::Igmp})
                        .igmp(0x16, 0)
                        .address(v4("239.1.1.1"))
                        .finish();
  EXPECT_TRUE(send(a, igmp).passed());
  EXPECT_TRUE(send(a, dad(kMacA, kA6)).passed());
  const auto mld = wire::FrameBuilder(room)
                       .ethernet({v6("ff02::16").multicast_mac(), kMacA})
                       .ipv6({.destination = v6("ff02::16"), .hop_limit = 1})
                       .icmpv6(143, 0)
                       .be32(0)
                       .finish();
  EXPECT_TRUE(send(a, mld).passed());
  const auto echo = wire::FrameBuilder(room)
                        .ethernet({kLanMac, kMacA})
                        .ipv6({.destination = kLan6})
                        .icmpv6(128, 0)
                        .be32(0)
                        .finish();
  EXPECT_EQ(send(a, echo).verdict(), "ip_bad");
}

TEST_F(NeighborLearnerTest, Out7_IpSpoofingLetsPassAndBindsNothingOfOthers) {
  bind(b, kB4);
  PortSettings settings = ports[a].settings;
  settings.ip_spoofing = true;
  ports.change_settings(a, settings);
  EXPECT_TRUE(announce(a, kMacA, kB4).passed());
  EXPECT_TRUE(announce(a, kMacA, kHost4).passed());
  EXPECT_TRUE(send(a, udp(kMacA, kGateway4, kLan4)).passed());
  EXPECT_EQ(binding(kB4)->port, b);
  EXPECT_EQ(neighbors.size(), 1U);
}

TEST_F(NeighborLearnerTest, Out8_OnLinkDataIsUnverifiedAndProbed) {
  EXPECT_TRUE(send(a, udp(kMacA, kA4, kLan4)).passed());
  EXPECT_EQ(binding(kA4)->state, NeighborState::Unverified);
  tick(now);
  EXPECT_EQ(said(a).size(), 1U);
  EXPECT_TRUE(send(a, wire::build_arp_reply(kMacA, kA4, kOwn, kHost4)).verdict() == "suppressed");
  EXPECT_EQ(binding(kA4)->state, NeighborState::Valid);
}

TEST_F(NeighborLearnerTest, Out8_ForeignSourcesOfARouterBindNothing) {
  for (std::uint32_t n = 0; n < 1000; ++n) {
    ASSERT_TRUE(send(a, udp(kMacA, Ipv4Address{0x0a090000U + n}, kLan4)).passed());
  }
  EXPECT_TRUE(send(a, udp(kMacA, v6("2001:db8:9::1"), kLan6)).passed());
  EXPECT_EQ(neighbors.size(), 0U);
}

TEST_F(NeighborLearnerTest, Out8_AdvertisedPrefixesCountAsOnLink) {
  heard.note_prefix(*IpPrefix::parse("2001:db8:9::/64"), now + seconds{60}, now);
  EXPECT_TRUE(send(a, udp(kMacA, v6("2001:db8:9::1"), kLan6)).passed());
  EXPECT_EQ(neighbors.size(), 1U);
}

TEST_F(NeighborLearnerTest, Out8_APrefixRoutedByAGuestIsClosedToOthers) {
  PortSettings settings = ports[b].settings;
  settings.prefixes = {*IpPrefix::parse("192.168.77.128/25")};
  ports.change_settings(b, settings);
  EXPECT_EQ(announce(a, kMacA, v4("192.168.77.200")).verdict(), "spoof_ip");
  EXPECT_TRUE(send(b, udp(kMacB, v4("192.168.77.200"), kLan4)).passed());
  EXPECT_EQ(neighbors.size(), 0U) << "what is routed needs no binding";
}

TEST_F(NeighborLearnerTest, Bnd1_ProbeOrDadElsewhereCannotBeDenied) {
  send(a, wire::build_arp_probe(kMacA, kA4));
  send(a, dad(kMacA, kA6));
  EXPECT_EQ(announce(b, kMacB, kA4).verdict(), "spoof_ip");
  EXPECT_EQ(send(b, unsolicited_na(kMacB, kA6)).verdict(), "spoof_ip");
  EXPECT_TRUE(said(b).empty()) << "a tentative address is not defended";
  EXPECT_EQ(binding(kA4)->port, a);
}

TEST_F(NeighborLearnerTest, Bnd2_NewcomerOverTheQuotaEndsWithItsFrame) {
  for (std::uint32_t n = 0; n < 64; ++n) announce(a, kMacA, Ipv4Address{0xc0a84d40U + n});
  EXPECT_EQ(announce(a, kMacA, v4("192.168.77.200")).verdict(), "bind_quota");
  EXPECT_EQ(send(a, wire::build_arp_probe(kMacA, v4("192.168.77.201"))).verdict(), "bind_quota");
  EXPECT_EQ(send(a, udp(kMacA, v4("192.168.77.202"), kLan4)).verdict(), "bind_quota");
  EXPECT_TRUE(announce(b, kMacB, v4("192.168.77.203")).passed());
}

TEST_F(NeighborLearnerTest, Bnd5_ClaimantIsToldOnceInTenSecondsAndTheOwnerTried) {
  bind(b, kB4);
  for (int n = 0; n < 100; ++n) EXPECT_EQ(announce(a, kMacA, kB4).verdict(), "spoof_ip");
  auto told = said(a);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kMacB, kB4, {}, kB4}));
  tick(now);
  auto asked = said(b);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kOwn, kHost4, {}, kB4}));
}

TEST_F(NeighborLearnerTest, Prx1_ClaimOfTheHostsAddressIsAnsweredWithOwn) {
  announce(a, kMacA, kHost4);
  auto told = said(a);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].arp(), (wire::ArpFields{wire::ArpOp::Request, kOwn, kHost4, {}, kHost4}));
  send(a, unsolicited_na(kMacA, kHost6));
  told = said(a);
  ASSERT_EQ(told.size(), 1U);
  const auto nd = told[0].nd();
  ASSERT_TRUE(nd && nd->is(wire::Icmpv6Type::NeighborAdvertisement));
  EXPECT_EQ(nd->target(), kHost6);
  EXPECT_EQ(nd->source(), network.own_link_local());
  EXPECT_EQ(nd->ip().destination(), Ipv6Address::all_nodes());
  EXPECT_TRUE(!nd->is_solicited() && nd->is_override() && nd->checksum_valid());
  EXPECT_EQ(nd->link_layer(wire::NdOptionType::TargetLinkLayer), kOwn);
}

TEST_F(NeighborLearnerTest, Prx2_ClaimOfAnothersAddressIsAnsweredWithItsOwnersMac) {
  bind(b, kB6);
  EXPECT_EQ(send(a, unsolicited_na(kMacA, kB6)).verdict(), "spoof_ip");
  auto told = said(a);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].nd()->link_layer(wire::NdOptionType::TargetLinkLayer), kMacB);
}

TEST_F(NeighborLearnerTest, Nd1_MalformedNdOfAGuestIsDropped) {
  Bytes frame = bytes_of(ns(kMacA, kA6, kLan6));
  Bytes hop_limit = frame;
  hop_limit[14 + 7] = std::byte{254};
  Bytes code = frame;
  code[14 + 41] = std::byte{1};
  Bytes option = frame;
  option[14 + 40 + 25] = std::byte{0};
  for (const Bytes& bad : {hop_limit, code, option}) EXPECT_EQ(send(a, bad).verdict(), "nd_bad");
  EXPECT_EQ(neighbors.size(), 0U);
}

TEST_F(NeighborLearnerTest, Nd2_FragmentedNdIsDroppedAndAFragmentedEchoPasses) {
  const std::array<std::byte, 7> first{std::byte{}, std::byte{}, std::byte{1}};
  std::array<std::byte, 256> room;
  for (const auto& [type, verdict] :
       {std::pair{std::uint8_t{135}, "nd_frag"}, std::pair{std::uint8_t{128}, "forward"}}) {
    const auto frame = wire::FrameBuilder(room)
                           .ethernet({kLanMac, kMacA})
                           .ipv6({.source = kA6, .destination = kLan6, .hop_limit = 255})
                           .extension(wire::IpProtocol::Fragment, first)
                           .icmpv6(type, 0)
                           .zeros(20)
                           .finish();
    EXPECT_EQ(send(a, frame).verdict(), verdict);
  }
}

TEST_F(NeighborLearnerTest, Nd3_WrongChecksumPassesAndTeachesNothing) {
  Bytes frame = bytes_of(ns(kMacA, kA6, kLan6));
  frame[14 + 40 + 2] ^= std::byte{1};
  EXPECT_TRUE(send(a, frame).passed());
  const Neighbor* noted = binding(kA6);
  EXPECT_TRUE(noted == nullptr || noted->state == NeighborState::Unverified) << "as data does";
  Bytes test = bytes_of(dad(kMacB, kB6));
  test[14 + 40 + 2] ^= std::byte{1};
  EXPECT_TRUE(send(b, test).passed());
  EXPECT_EQ(binding(kB6), nullptr);
}

TEST_F(NeighborLearnerTest, Nd4_OptionThatNamesAnotherIsForeign) {
  std::array<std::byte, wire::kNdFrameBytes> room;
  Bytes frame = bytes_of(ns(kMacA, kA6, kLan6));
  wire::store_mac(&frame[14 + 40 + 26], kMacB);
  EXPECT_EQ(send(a, frame).verdict(), "nd_foreign_lladdr");
  const auto na = wire::build_na(
      room, {kMacB, kMacA},
      {.source = kA6, .destination = kB6, .target = kA6, .link_layer = kLanMac, .solicited = true});
  EXPECT_EQ(send(a, na).verdict(), "nd_foreign_lladdr");
}

TEST_F(NeighborLearnerTest, Nd6_DadMakesATentativeBindingWithItsNonce) {
  const std::array<std::byte, 6> nonce{std::byte{7}};
  std::array<std::byte, wire::kNdFrameBytes> room;
  EXPECT_TRUE(send(a, wire::build_dad_ns(room, kMacA, kA6, nonce)).passed());
  ASSERT_NE(binding(kA6), nullptr);
  EXPECT_EQ(binding(kA6)->state, NeighborState::Tentative);
  EXPECT_EQ(binding(kA6)->nonce_hash, nonce_hash(nonce));
}

TEST_F(NeighborLearnerTest, Nd7_SourceAndTargetAreBoundAndRKept) {
  send(a, ns(kMacA, kA6, kLan6));
  EXPECT_EQ(binding(kA6)->state, NeighborState::Valid);
  std::array<std::byte, wire::kNdFrameBytes> room;
  send(b, wire::build_unsolicited_na(room, kMacB, kB6, true));
  ASSERT_NE(binding(kB6), nullptr);
  EXPECT_TRUE(binding(kB6)->router);
  send(b, wire::build_unsolicited_na(room, kMacB, kB6, false));
  EXPECT_FALSE(binding(kB6)->router);
}

TEST_F(NeighborLearnerTest, Dhcp3_QuestionsAreRemembered) {
  EXPECT_TRUE(dhcp_from_a({.type = wire::DhcpType::Discover, .xid = 9, .chaddr = kMacA}).passed());
  EXPECT_TRUE(dhcp.asked(a, 9, kMacA, now));
}

TEST_F(NeighborLearnerTest, Dhcp3_AnothersOrTheStationsAddressAsClientIsSpoofed) {
  for (const MacAddress mac : {kMacB, kStation}) {
    EXPECT_EQ(dhcp_from_a({.type = wire::DhcpType::Discover, .xid = 9, .chaddr = mac}).verdict(),
              "spoof_mac");
    EXPECT_FALSE(dhcp.asked(a, 9, mac, now));
  }
}

TEST_F(NeighborLearnerTest, Dhcp7_ReleaseAndDeclineEndThatBinding) {
  bind(a, kA4);
  bind(b, kB4);
  dhcp_from_a({.type = wire::DhcpType::Release, .ciaddr = kA4, .chaddr = kMacA}, kA4);
  EXPECT_EQ(binding(kA4), nullptr);
  dhcp_from_a({.type = wire::DhcpType::Decline, .chaddr = kMacA, .requested_ip = kB4});
  EXPECT_NE(binding(kB4), nullptr) << "another's is not its to give up";
  bind(a, kA4);
  dhcp_from_a({.type = wire::DhcpType::Decline, .chaddr = kMacA, .requested_ip = kA4});
  EXPECT_EQ(binding(kA4), nullptr);
}

TEST_F(NeighborLearnerTest, TaggedFramesTeachNothingOfTheUplinksLink) {
  Bytes tagged = bytes_of(wire::build_arp_announcement(kMacA, kA4));
  const std::array<std::byte, 4> tag{std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{5}};
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  EXPECT_TRUE(send(a, tagged).passed());
  EXPECT_EQ(binding(kA4), nullptr);
  tagged[15] = std::byte{0};  // a priority tag
  EXPECT_TRUE(send(a, tagged).passed());
  EXPECT_NE(binding(kA4), nullptr);
}

}  // namespace
}  // namespace laneway::test

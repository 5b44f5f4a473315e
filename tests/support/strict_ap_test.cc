// One test for each property that the scenarios lean on.
#include "tests/support/strict_ap.h"

#include <gtest/gtest.h>

#include "tests/support/dhcp_message.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

constexpr MacAddress kBssid{{2, 0, 0, 0xaa, 0, 1}};
constexpr MacAddress kStation{{2, 0, 0, 0, 1, 0}};
constexpr MacAddress kOther{{2, 0, 0, 0, 2, 0}};
constexpr MacAddress kGuest{{0x52, 0x54, 0, 0, 0, 0xa}};
constexpr MacAddress kServer{{2, 0, 0, 0, 0xf, 1}};
constexpr Ipv4Address kOurs{0xc0a84d15};
constexpr Ipv4Address kTheirs{0xc0a84d01};

// An access point with our station, another one, and one place on the LAN.
class StrictApTest : public testing::Test {
 protected:
  void TearDown() override {
    run();
    EXPECT_TRUE(ap.counters().balanced());
  }
  void run(Nanos time = std::chrono::seconds{1}) { timeline.advance(timeline.now() + time); }
  Bytes frame(MacAddress to, MacAddress from) {
    return ip_frame(to, from, udp_packet({.source = kOurs, .destination = kTheirs}));
  }
  Bytes request(MacAddress from, Ipv4Address sender, Ipv4Address target) {
    return arp_frame(MacAddress::broadcast(), from,
                     {.sender_mac = from, .sender = sender, .target = target});
  }

  Timeline timeline;
  StrictAp ap{timeline, kBssid, {}};
  std::vector<Bytes> ours, others, lan;
  StationId station = ap.add_station(kStation, [this](const Bytes& f) { ours.push_back(f); });
  StationId other = ap.add_station(kOther, [this](const Bytes& f) { others.push_back(f); });
  LanPortId wire = ap.add_lan_port([this](const Bytes& f) { lan.push_back(f); });
};

TEST_F(StrictApTest, ForeignSourceIsRefusedAndToldOffByItsOwnAddress) {
  ap.from_station(station, frame(kServer, kGuest));
  run();
  EXPECT_TRUE(lan.empty());
  EXPECT_EQ(ap.counters().refused(), 1U);
  ASSERT_EQ(ap.deauthentications().size(), 1U);
  EXPECT_EQ(ap.deauthentications()[0].address, kGuest);
  ap.from_station(station, frame(kServer, kStation));  // the station itself goes on
  run();
  EXPECT_EQ(lan.size(), 1U);
}

TEST_F(StrictApTest, FourAddressStationMaySendForeignSources) {
  ap.options().four_address = true;
  ap.from_station(station, frame(kServer, kGuest));
  run();
  EXPECT_EQ(lan.size(), 1U);
}

TEST_F(StrictApTest, FrameForAnAddressThatNeverAssociatedIsNotPutOnTheAir) {
  ap.from_lan(wire, frame(kGuest, kServer));
  run();
  EXPECT_TRUE(ours.empty());
  EXPECT_TRUE(ap.air().empty());
}

TEST_F(StrictApTest, StationsOwnBroadcastComesBackToIt) {
  ap.from_station(station, frame(MacAddress::broadcast(), kStation));
  run();
  EXPECT_EQ(ours.size(), 1U);
  EXPECT_EQ(others.size(), 1U);
  EXPECT_EQ(lan.size(), 1U);
}

TEST_F(StrictApTest, SenderFilterAndIsolationKeepTheEchoAway) {
  ap.options().sender_filter = true;
  ap.from_station(station, frame(MacAddress::broadcast(), kStation));
  run();
  EXPECT_TRUE(ours.empty());
  EXPECT_EQ(others.size(), 1U);
  ap.options().isolate = true;
  ap.from_station(station, frame(MacAddress::broadcast(), kStation));
  ap.from_station(station, frame(kOther, kStation));
  run();
  EXPECT_EQ(others.size(), 1U);
  EXPECT_EQ(lan.size(), 2U);
}

TEST_F(StrictApTest, ReflectionMayCarryTheAccessPointsSource) {
  ap.options().reflect_as_ap = true;
  ap.from_station(station, frame(MacAddress::broadcast(), kStation));
  run();
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(source_of(ours[0]), kBssid);
  EXPECT_EQ(source_of(lan[0]), kStation);
}

TEST_F(StrictApTest, UnicastToItselfComesBackOnlyWithHairpin) {
  ap.from_station(station, frame(kStation, kStation));
  run();
  EXPECT_TRUE(ours.empty());
  ap.options().hairpin = true;
  ap.from_station(station, frame(kStation, kStation));
  run();
  EXPECT_EQ(ours.size(), 1U);
}

TEST_F(StrictApTest, MulticastToUnicastReachesEachStationButTheSource) {
  ap.options().multicast_to_unicast = true;
  ap.from_station(station, frame(MacAddress::broadcast(), kStation));
  ap.from_lan(wire, frame(MacAddress::broadcast(), kServer));
  run();
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(destination_of(ours[0]), kStation);
  EXPECT_EQ(source_of(ours[0]), kServer);
  EXPECT_EQ(others.size(), 2U);
}

TEST_F(StrictApTest, BothFormsReachTheStation) {
  ap.options().multicast_to_unicast = ap.options().both_forms = true;
  ap.from_lan(wire, frame(MacAddress::broadcast(), kServer));
  run();
  ASSERT_EQ(ours.size(), 2U);
  EXPECT_EQ(destination_of(ours[0]), kStation);
  EXPECT_EQ(destination_of(ours[1]), MacAddress::broadcast());
}

TEST_F(StrictApTest, NoGroupFramesDownButConvertedDhcp) {
  ap.options().no_group_down = ap.options().convert_dhcp_ra = true;
  const DhcpMessage ack{.op = 2, .chaddr = kStation, .type = DhcpType::Ack};
  const auto reply = udp_packet({.source = kTheirs,
                                 .destination = Ipv4Address{0xffffffff},
                                 .source_port = kDhcpServerPort,
                                 .destination_port = kDhcpClientPort,
                                 .payload = dhcp_bytes(ack)});
  ap.from_lan(wire, frame(MacAddress::broadcast(), kServer));
  ap.from_lan(wire, ip_frame(MacAddress::broadcast(), kServer, reply));
  run();
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(destination_of(ours[0]), kStation);
  ap.options() = {.drop_broadcast_dhcp = true};
  ap.from_lan(wire, ip_frame(MacAddress::broadcast(), kServer, reply));
  run();
  EXPECT_EQ(ours.size(), 1U);
}

TEST_F(StrictApTest, ProxyArpKnowsOneLeaseAStationAndKeepsTheQuestion) {
  ap.options().proxy_arp = true;
  DhcpMessage ack{.op = 2, .yiaddr = kOurs, .chaddr = kStation, .type = DhcpType::Ack};
  const auto send_ack = [&] {
    ap.from_lan(wire, ip_frame(MacAddress::broadcast(), kServer,
                               udp_packet({.source = kTheirs,
                                           .destination = Ipv4Address{0xffffffff},
                                           .source_port = kDhcpServerPort,
                                           .destination_port = kDhcpClientPort,
                                           .payload = dhcp_bytes(ack)})));
  };
  send_ack();
  run();
  ours.clear();
  ap.from_lan(wire, request(kServer, kTheirs, kOurs));
  ap.from_station(station, request(kStation, {}, kOurs));  // its own probe too
  run();
  ASSERT_EQ(lan.size(), 1U);
  EXPECT_EQ(read_arp(lan[0])->sender_mac, kStation);
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(read_arp(ours[0])->sender_mac, kStation);
  ack.yiaddr = Ipv4Address{kOurs.number + 1};
  send_ack();
  ap.from_lan(wire, request(kServer, kTheirs, kOurs));  // forgotten: asked on the air
  run();
  EXPECT_EQ(lan.size(), 1U);
}

TEST_F(StrictApTest, ProxyLearnsIpv6FromSolicitationsWhoseFirstOptionIsTheSource) {
  ap.options().proxy_arp = true;
  const Ipv6Address mine = Ipv6Address::link_local(kGuest);
  const Ipv6Address router = Ipv6Address::link_local(kServer);
  NdMessage question{.type = NdType::NeighborSolicitation, .target = router};
  question.with(kSourceLinkLayer, kStation);
  ap.from_station(station, ip_frame(kServer, kStation, nd_packet(mine, router, question)));
  run();
  lan.clear();
  NdMessage back{.type = NdType::NeighborSolicitation, .target = mine};
  back.with(kSourceLinkLayer, kServer);
  ap.from_lan(wire, ip_frame(mine.solicited_node().multicast_mac(), kServer,
                             nd_packet(router, mine.solicited_node(), back)));
  run();
  ASSERT_EQ(lan.size(), 1U);
  EXPECT_EQ(read_nd(*read_ip(lan[0]))->link_layer(kTargetLinkLayer), kStation);
  EXPECT_TRUE(ours.empty());
}

TEST_F(StrictApTest, ControllerTakesOneIpv4AStation) {
  ap.options().one_ip_per_mac = true;
  ap.from_station(station, request(kStation, kOurs, kTheirs));
  ap.from_station(station, request(kStation, Ipv4Address{kOurs.number + 1}, kTheirs));
  run();
  EXPECT_EQ(lan.size(), 1U);
  EXPECT_EQ(ap.counters().of(ApEnd::SecondIp), 1U);
}

TEST_F(StrictApTest, FirmwareEatsRequestsForAllButTheFirstAddress) {
  ap.options().eat_foreign_arp = true;
  ap.from_station(station, request(kStation, kOurs, kTheirs));
  run();
  ours.clear();
  ap.from_lan(wire, request(kServer, kTheirs, kOurs));
  ap.from_lan(wire, request(kServer, kTheirs, Ipv4Address{kOurs.number + 1}));
  run();
  EXPECT_EQ(ours.size(), 1U);
}

TEST_F(StrictApTest, NothingPassesWhileNotAssociated) {
  ap.deauthenticate(station);
  ap.from_station(station, frame(kServer, kStation));
  ap.from_lan(wire, frame(kStation, kServer));
  run();
  EXPECT_TRUE(lan.empty());
  EXPECT_TRUE(ours.empty());
  ap.associate(station);
  ap.from_lan(wire, frame(kStation, kServer));
  run();
  EXPECT_EQ(ours.size(), 1U);
}

TEST_F(StrictApTest, RoamLosesWhatIsOnTheAirAndTellsTheLan) {
  ap.options().down.delay = std::chrono::milliseconds{5};
  ap.from_lan(wire, frame(kStation, kServer));
  ap.roam(station, kOther);
  run();
  EXPECT_TRUE(ours.empty());
  ASSERT_EQ(lan.size(), 1U);
  EXPECT_EQ(source_of(lan[0]), kStation);
}

TEST_F(StrictApTest, OnlyTheNewAddressPassesAfterAChange) {
  ap.change_mac(station, kGuest);
  ap.from_station(station, frame(kServer, kStation));
  ap.from_station(station, frame(kServer, kGuest));
  ap.from_lan(wire, frame(kStation, kServer));
  run();
  EXPECT_EQ(lan.size(), 1U);
  EXPECT_TRUE(ours.empty());
}

TEST_F(StrictApTest, LossAndDuplicatesAreCountedAndRepeatable) {
  const auto count = [this] {
    Timeline time;
    StrictAp lossy(time, kBssid,
                   {.up = {.loss = 0.05, .duplicate = 0.05, .reorder = 0.1}, .seed = 7});
    std::size_t arrived = 0;
    lossy.add_lan_port([&](const Bytes&) { ++arrived; });
    const StationId sender = lossy.add_station(kStation, [](const Bytes&) {});
    for (int i = 0; i < 1000; ++i) lossy.from_station(sender, frame(kServer, kStation));
    time.advance(std::chrono::seconds{1});
    EXPECT_TRUE(lossy.counters().balanced());
    EXPECT_GT(lossy.counters().of(ApEnd::Lost), 0U);
    EXPECT_EQ(arrived, 1000 - lossy.counters().of(ApEnd::Lost) + lossy.counters().copied);
    return arrived;
  };
  EXPECT_EQ(count(), count());
}

}  // namespace
}  // namespace laneway::test

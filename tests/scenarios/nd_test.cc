// Neighbor Discovery between guests and the LAN: options, duplicate-address detection, silence.
#include "tests/scenarios/neighbor_world.h"

namespace laneway::test {
namespace {

using C01 = NeighborWorld;
using C02 = NeighborWorld;
using C03 = NeighborWorld;
using C10 = NeighborWorld;
using C11 = NeighborWorld;
using C13 = NeighborWorld;

// ND of `type` on the air whose option names the station; read_nd() has checked its checksum.
std::size_t on_air(Scenario& scene, NdType type, std::uint8_t option) {
  return count(scene.ap().air(), [&](const LoggedFrame& frame) {
    const auto nd = nd_of(frame.bytes);
    return frame.way == Way::Up && nd && nd->type == type && nd->link_layer(option) == kStaMac;
  });
}

TEST_F(C01, EachMessageNamesTheStationAndItsChecksumIsRight) {
  Scenario& scene = start();
  PortSettings router;
  router.router_guard = false;
  Guest& guest = scene.add_guest(router);
  const MacAddress mac = guest.host.mac();
  guest.host.add_address(lan_v6(50));
  pass(seconds{3});
  guest.host.send_frame(solicitation(mac, v6_of(50), v6_of(1)));
  guest.host.send_frame(unsolicited_na(mac, v6_of(50)));
  NdMessage rs{.type = NdType::RouterSolicitation};
  guest.host.send_frame(
      nd_frame(mac, v6_of(50), Ipv6Address::all_routers(), rs.with(kSourceLinkLayer, mac)));
  const Ipv6Address link = Ipv6Address::link_local(mac);
  NdMessage ra{.type = NdType::RouterAdvertisement};
  guest.host.send_frame(
      nd_frame(mac, link, Ipv6Address::all_nodes(), ra.with(kSourceLinkLayer, mac)));
  NdMessage redirect{.type = NdType::Redirect, .target = v6_of(50), .destination = v6_of(50)};
  guest.host.send_frame(
      nd_frame(mac, link, Ipv6Address::all_nodes(), redirect.with(kTargetLinkLayer, mac)));
  pass();
  EXPECT_GE(on_air(scene, NdType::NeighborSolicitation, kSourceLinkLayer), 1U);
  EXPECT_GE(on_air(scene, NdType::NeighborAdvertisement, kTargetLinkLayer), 1U);
  EXPECT_EQ(on_air(scene, NdType::RouterSolicitation, kSourceLinkLayer), 1U);
  EXPECT_EQ(on_air(scene, NdType::RouterAdvertisement, kSourceLinkLayer), 1U);
  EXPECT_EQ(on_air(scene, NdType::Redirect, kTargetLinkLayer), 1U);
}

TEST_F(C02, EchoOfItsOwnDadIsNoDuplicate) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  for (int n = 0; n < in_full(1000); ++n) {
    scene.ap().clear_logs();
    const auto last = static_cast<std::uint8_t>(50 + n % 100);
    EXPECT_EQ(try_address(guest.host, lan_v6(last)), AddressState::Preferred);
    EXPECT_EQ(try_address(guest.host, lan_v4(last)), AddressState::Preferred);
  }
  EXPECT_GT(scene.drops(Drop::Echo), 0U) << "the access point did reflect";
}

TEST_F(C02, EchoUnderTheAccessPointsSourceIsNoDuplicateWithNonces) {
  ScenarioOptions options;
  options.ap.reflect_as_ap = true;
  Scenario& scene = start(options);
  Guest& guest = scene.add_guest();
  guest.host.use_nonces(true);
  for (int n = 0; n < in_full(1000); ++n) {
    scene.ap().clear_logs();
    const auto last = static_cast<std::uint8_t>(50 + n % 100);
    EXPECT_EQ(try_address(guest.host, lan_v6(last)), AddressState::Preferred);
    EXPECT_EQ(try_address(guest.host, lan_v4(last)), AddressState::Preferred);
  }
  EXPECT_GT(scene.drops(Drop::EchoDad), 0U);
  EXPECT_GT(scene.drops(Drop::EchoArp), 0U);
}

TEST_F(C03, DadForALanHostsAddressGivesUpWithinASecond) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  lan.add_address_unasked(lan_v6(60));
  Guest& guest = scene.add_guest();
  guest.host.add_address(lan_v6(60));
  EXPECT_TRUE(scene.run_until(
      [&] { return guest.host.state_of(lan_v6(60).address) == AddressState::Duplicate; },
      seconds{11}));
  EXPECT_EQ(told_of(guest.host, v6_of(60), lan.mac()), 1U);
}

TEST_F(C10, RouterThatIsAGuestIsStillOneAtTheStationsNewAddress) {
  constexpr MacAddress kNewSta{{0x02, 0, 0, 0, 0x01, 0x99}};
  for (const bool is_router : {true, false}) {
    Scenario& scene = start();
    PortSettings settings;
    settings.router_guard = false;
    Guest& guest = scene.add_guest(settings);
    guest.host.set_router(is_router);
    guest.host.add_address(lan_v6(50));
    pass(seconds{3});
    guest.host.announce(lan_v6(50).address);
    pass(seconds{1});
    scene.ap().clear_logs();
    scene.change_station(kNewSta);
    pass(seconds{2});
    const std::size_t said = count_nd(scene.ap().air(), [&](const NdMessage& nd) {
      return nd.type == NdType::NeighborAdvertisement && nd.target == v6_of(50) &&
             nd.link_layer(kTargetLinkLayer) == kNewSta &&
             ((nd.word & NdMessage::kRouter) != 0) == is_router;
    });
    EXPECT_GE(said, 1U) << is_router;
  }
}

TEST_F(C11, AfterFortySilentMinutesTheGuestIsStillFound) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  lan.add_address_unasked(lan_v6(60));
  Guest& guest = settled_guest(50);
  guest.host.clear_received();
  pass(minutes{40});
  for (const IpPrefix& prefix : {lan_v4(50), lan_v6(50)}) {
    const Neighbor* bound = scene.binding(prefix.address);
    ASSERT_NE(bound, nullptr) << to_string(prefix.address);
    EXPECT_TRUE(bound->is_valid());
    EXPECT_EQ(ping(lan, prefix.address), 3);
  }
  const auto probes = count(guest.host.received(), [&](const LoggedFrame& frame) {
    return source_of(frame.bytes) == kOwnMac && destination_of(frame.bytes) == guest.host.mac();
  });
  EXPECT_GE(probes, 2U) << "asked by unicast, each family";
}

TEST_F(C13, GuestThatRepeatsDadWhileItIsProbedSucceeds) {
  ScenarioOptions options;
  options.host_port = false;  // probes then have no address to come from
  Scenario& scene = start(options);
  Guest& guest = settled_guest(50);
  for (const IpPrefix& prefix : {lan_v4(50), lan_v6(50)}) {
    guest.host.remove_address(prefix.address);
    guest.host.add_address(prefix);
    pass(milliseconds{1100});  // its first probe is out
    scene.composition().neighbors().rival(prefix.address, scene.now());
    pass(seconds{10});
    EXPECT_EQ(guest.host.state_of(prefix.address), AddressState::Preferred);
    EXPECT_NE(scene.binding(prefix.address), nullptr);
  }
}

}  // namespace
}  // namespace laneway::test

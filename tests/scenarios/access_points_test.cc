// Access points and their ways, one option at a time.
#include "tests/scenarios/world.h"
#include "tests/support/dhcp_message.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

using D01 = World;
using D02 = World;
using D03 = World;
using D04 = World;
using D05 = World;
using D06 = World;
using D07 = World;
using D09 = World;
using D10 = World;
using D12 = World;

bool is_group_up(const LoggedFrame& frame) {
  return frame.way == Way::Up && destination_of(frame.bytes).is_group();
}

// A guest that goes through all that is sent to groups: lease, probe, DAD, reports.
Guest& group_speaker(Scenario& scene) {
  Guest& guest = scene.add_guest();
  guest.host.use_nonces(true);
  guest.dhcp.start();
  guest.host.start_ipv6();
  guest.host.add_address(lan_v4(21));
  scene.run_for(seconds{15});
  return guest;
}

TEST_F(D01, ReflectedFramesAreCountedAndNoGuestSeesThem) {
  Scenario& scene = start();
  Guest& other = scene.add_guest();
  Guest& guest = group_speaker(scene);
  EXPECT_EQ(guest.host.counters().self_heard, 0U);
  EXPECT_EQ(scene.drops(scene.uplink(), Drop::Echo), count(scene.ap().air(), is_group_up));
  EXPECT_EQ(guest.host.state_of(lan_v4(21).address), AddressState::Preferred);
  EXPECT_EQ(guest.host.counters().conflicts + other.host.counters().conflicts, 0U);
}

TEST_F(D01, ReflectionUnderTheAccessPointsNameIsKnownByWhatItSays) {
  Scenario& scene = start({.ap = {.reflect_as_ap = true}});
  Guest& guest = group_speaker(scene);
  EXPECT_EQ(guest.host.counters().self_heard, 0U);
  EXPECT_EQ(guest.host.state_of(lan_v4(21).address), AddressState::Preferred);
  EXPECT_EQ(guest.host.state_of(Ipv6Address::link_local(guest.host.mac())),
            AddressState::Preferred);
  EXPECT_GT(scene.drops(Drop::EchoArp), 3U);  // probes and announcements
  EXPECT_EQ(scene.drops(Drop::EchoDad), 1U);
}

TEST_F(D02, GroupFramesMadeUnicastReachTheGuestsOnce) {
  Scenario& scene = start({.ap = {.multicast_to_unicast = true}});
  Guest& guest = leased_guest();
  scene.start_ra();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  ASSERT_TRUE(guest.host.address(Family::Ipv6));  // RA and NS came
  const IpAddress mdns = *IpAddress::parse("224.0.0.251");
  guest.host.join(mdns);
  int heard = 0;
  guest.host.on_udp(5353, [&](const UdpDatagram&, const IpPacket&) { ++heard; });
  scene.router().send_udp({.destination = mdns, .source_port = 5353, .destination_port = 5353});
  scene.run_for(seconds{1});
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(ping(scene.add_lan_host(50), *guest.dhcp.lease()), 3);  // its ARP request came
  EXPECT_EQ(ping(scene.router(), *guest.host.address(Family::Ipv6)), 3);
}

TEST_F(D03, OneOfTwoFormsAndTwoOfTwoPackets) {
  Scenario& scene = start({.ap = {.multicast_to_unicast = true, .both_forms = true}});
  Guest& guest = leased_guest();
  const IpAddress mdns = *IpAddress::parse("224.0.0.251");
  guest.host.join(mdns);
  int heard = 0;
  guest.host.on_udp(5353, [&](const UdpDatagram&, const IpPacket&) { ++heard; });
  scene.run_for(seconds{1});
  const std::uint64_t before = scene.drops(Drop::Duplicate);
  const Bytes frame =
      ip_frame(mdns.v4().multicast_mac(), kRouterMac,
               udp_packet({.source = kRouterV4, .destination = mdns, .destination_port = 5353}));
  scene.router().send_frame(frame);
  scene.run_for(seconds{1});
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(scene.drops(Drop::Duplicate), before + 1);

  scene.ap().options() = {};
  scene.router().send_frame(frame);
  scene.router().send_frame(frame);
  scene.run_for(seconds{1});
  EXPECT_EQ(heard, 3);
}

TEST_F(D04, IsolationKeepsOnlyOtherStationsAway) {
  Scenario& scene = start({.ap = {.isolate = true}});
  Guest& a = leased_guest();
  Guest& b = leased_guest();
  Host& lan = scene.add_lan_host(50);
  Host& phone = scene.add_station(60);
  EXPECT_EQ(ping(a.host, lan_v4(50).address), 3);
  EXPECT_EQ(ping(lan, *a.dhcp.lease()), 3);
  EXPECT_EQ(ping(a.host, *b.dhcp.lease()), 3);
  EXPECT_EQ(ping(a.host, lan_v4(60).address, 1), 0);
  EXPECT_EQ(ping(phone, *a.dhcp.lease(), 1), 0);
}

TEST_F(D04, WithoutIsolationOtherStationsAreReachedToo) {
  Scenario& scene = start();
  Guest& a = leased_guest();
  Host& phone = scene.add_station(60);
  EXPECT_EQ(ping(a.host, lan_v4(60).address), 3);
  EXPECT_EQ(ping(phone, *a.dhcp.lease()), 3);
}

TEST_F(D05, GuestsAreReachableAndTheMachinesEntrySurvivesTheirLeases) {
  Scenario& scene = start({.ap = {.proxy_arp = true}});
  DhcpClient machine(scene.machine(), {.broadcast_flag = true});
  machine.start();
  scene.run_for(seconds{2});
  ASSERT_TRUE(machine.lease());
  Guest& a = leased_guest();
  leased_guest();
  Host& lan = scene.add_lan_host(50);
  EXPECT_EQ(ping(lan, *a.dhcp.lease()), 3);
  EXPECT_EQ(ping(lan, *machine.lease()), 3);
  EXPECT_EQ(lan.neighbors().find(*machine.lease()), kStaMac);
  EXPECT_GT(scene.ap().counters().of(ApEnd::Answered), 0U);
}

TEST_F(D05, ProxysAnswerToAGuestsOwnProbeIsNoConflict) {
  for (const bool as_ap : {false, true}) {
    Scenario& scene = start({.ap = {.reflect_as_ap = as_ap, .proxy_arp = true}});
    // The access point noted for the station an address that is a guest's by now.
    DhcpClient machine(scene.machine(), {.broadcast_flag = true});
    machine.start();
    scene.run_for(seconds{2});
    const Ipv4Address moved = *machine.lease();
    scene.machine().remove_address(moved);
    Guest& guest = scene.add_guest();
    guest.host.add_address({moved, 24});
    scene.run_for(seconds{8});
    EXPECT_EQ(guest.host.state_of(moved), AddressState::Preferred);
    EXPECT_GT(scene.drops(as_ap ? Drop::EchoArp : Drop::Echo), 0U);
  }
}

TEST_F(D05, ProxysAnswerToAGuestsOwnDadIsNoConflict) {
  Scenario& scene = start({.ap = {.proxy_arp = true}});
  scene.start_ra();
  Guest& guest = scene.add_guest();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  EXPECT_EQ(ping(guest.host, lan_v6(1).address), 3);  // the access point saw its solicitation
  const IpAddress own = *guest.host.address(Family::Ipv6);
  guest.host.add_address({own, 64});  // DAD again, as after a link flap
  scene.run_for(seconds{3});
  EXPECT_EQ(guest.host.state_of(own), AddressState::Preferred);
}

TEST_F(D06, LeaseAndTrafficWithoutGroupFramesDown) {
  Scenario& scene = start({.ap = {.no_group_down = true}});
  scene.composition().set_keepalive(true);
  EXPECT_EQ(ping(scene.machine(), kRouterV4), 3);  // so that the router knows whom to relay by
  Guest& guest = scene.add_guest();
  ASSERT_TRUE(lease(guest, seconds{10}));
  EXPECT_TRUE(scene.noticed().relayed);
  EXPECT_EQ(scene.dhcp().heard().back().chaddr, guest.host.mac());
  EXPECT_EQ(scene.dhcp().lease_of(guest.host.mac()), guest.dhcp.lease());
  for (int minute = 0; minute < 10; ++minute) {
    EXPECT_EQ(ping(guest.host, kRouterV4), 3) << "minute " << minute;
    EXPECT_EQ(ping(guest.host, kInternetV4), 3) << "minute " << minute;
    scene.run_for(minutes{1});
  }
  EXPECT_EQ(ping(scene.router(), *guest.dhcp.lease()), 3);  // the kept entry leads back
}

TEST_F(D07, LeaseWhereBroadcastRepliesAreLost) {
  Scenario& scene = start({.ap = {.drop_broadcast_dhcp = true}});
  Guest& guest = scene.add_guest();
  EXPECT_TRUE(lease(guest, seconds{10}));
  EXPECT_TRUE(scene.noticed().relayed);
}

TEST_F(D07, WhereTheyAreNotLostThereIsNoRelay) {
  Scenario& scene = start();
  leased_guest();
  EXPECT_FALSE(scene.noticed().relayed);
}

TEST_F(D09, ControllerThatTakesOneAddressLeavesTheMachineUnharmed) {
  Scenario& scene = start({.ap = {.one_ip_per_mac = true}});
  EXPECT_EQ(ping(scene.machine(), kRouterV4), 3);
  Guest& guest = scene.add_guest();
  guest.host.add_address_unasked(lan_v4(21));
  EXPECT_EQ(ping(guest.host, kRouterV4, 1), 0);
  EXPECT_GT(scene.ap().counters().of(ApEnd::SecondIp), 0U);
  EXPECT_EQ(ping(scene.machine(), kRouterV4), 3);
}

TEST_F(D10, FirmwareThatEatsRequestsStillLetsGuestsBegin) {
  Scenario& scene = start({.ap = {.eat_foreign_arp = true}});
  EXPECT_EQ(ping(scene.machine(), kRouterV4), 3);
  Guest& guest = leased_guest();
  EXPECT_EQ(ping(guest.host, kRouterV4), 3);
  EXPECT_EQ(ping(scene.add_lan_host(50), *guest.dhcp.lease(), 1), 0);  // asked, and never heard
}

TEST_F(D12, UnicastThatComesBackIsAnEcho) {
  Scenario& scene = start({.ap = {.hairpin = true}});
  Guest& guest = leased_guest();
  guest.host.clear_received();
  const std::uint64_t before = scene.drops(Drop::Echo);
  scene.machine().send_frame(ip_frame(
      kStaMac, kStaMac,
      udp_packet(
          {.source = kMachineV4, .destination = *guest.dhcp.lease(), .destination_port = 9})));
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.drops(Drop::Echo), before + 1);
  EXPECT_TRUE(guest.host.received().empty());
}

}  // namespace
}  // namespace laneway::test

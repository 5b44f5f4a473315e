// Guests of unusual kinds, among each other, and in groups.
#include "tests/scenarios/world.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

using A10 = World;
using A11 = World;
using A12 = World;
using A13 = World;
using A14 = World;
using A15 = World;

const IpAddress kMdns = *IpAddress::parse("224.0.0.251");
const IpAddress kSsdp = *IpAddress::parse("239.255.255.250");
const IpAddress kMdns6 = *IpAddress::parse("ff02::fb");

IpPrefix nth_v6(std::size_t n) {
  Ipv6Address address = lan_v6(0).address.v6();
  address.octets[14] = static_cast<std::uint8_t>(0x10 + n / 256);
  address.octets[15] = static_cast<std::uint8_t>(n % 256);
  return {address, 64};
}

bool is_group_report(const LoggedFrame& frame) {
  const auto packet = read_ip(frame.bytes);
  return frame.way == Way::Up && packet && packet->router_alert;
}

TEST_F(A10, SixtyThreeGlobalAddressesOnEachOfEightGuestsAreReachable) {
  constexpr std::size_t kGuests = 8;
  constexpr std::size_t kEach = limits::kPortBindings - 1;  // and a link-local one
  Scenario& scene = start();
  std::size_t reachable = 0;
  for (std::size_t g = 0; g < kGuests; ++g) {
    Guest& guest = scene.add_guest();
    guest.host.start_ipv6();
    scene.run_for(seconds{3});
    for (std::size_t i = 0; i < kEach; ++i) {
      guest.host.add_address(nth_v6(g * kEach + i));
      if (i % 8 == 7) scene.run_for(seconds{3});  // DADs at a time are limited
    }
    scene.run_for(seconds{3});
  }
  for (std::size_t n = 0; n < kGuests * kEach; ++n) {
    const PingId id = scene.router().ping(nth_v6(n).address);
    scene.run_for(milliseconds{20});
    reachable += scene.router().result(id).answered == 1 ? 1U : 0U;
  }
  EXPECT_EQ(reachable, kGuests * kEach);
  EXPECT_EQ(scene.drops(Drop::BindQuota), 0U);
}

// A guest that routes for 10.9.0.0/16, and the LAN's router that knows the way to it.
class A11Routing : public World {
 protected:
  Guest& router_guest(const PortSettings& settings) {
    Guest& guest = scenario().add_guest(settings);
    guest.host.add_address_unasked(lan_v4(21));
    EXPECT_EQ(ping(guest.host, kRouterV4), 3);
    guest.host.add_remote(inner);
    Host& lan = scenario().router();
    lan.add_route(inner, kRouterMac, kStaMac,
                  [&lan](const Bytes& frame) { lan.send_frame(frame); });
    return guest;
  }
  const IpAddress inner = *IpAddress::parse("10.9.1.1");
};

TEST_F(A11Routing, A11_WithPrefixesFramesGoBothWays) {
  start();
  PortSettings settings;
  settings.prefixes = {*IpPrefix::parse("10.9.0.0/16")};
  router_guest(settings);
  EXPECT_EQ(ping(scenario().router(), inner), 3);
}

TEST_F(A11Routing, A11_WithoutPrefixesTheyGoOutOnly) {
  Scenario& scene = start();
  Guest& guest = router_guest({});
  EXPECT_EQ(ping(scene.router(), inner), 0);
  int heard = 0;
  scene.router().on_udp(9, [&](const UdpDatagram&, const IpPacket&) { ++heard; });
  guest.host.send_udp(
      {.source = inner, .destination = kRouterV4, .source_port = 9, .destination_port = 9});
  scene.run_for(seconds{1});
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(scene.binding(inner), nullptr);
}

TEST_F(A11, ForeignSourcesMakeNoBindingAndCostOthersNothing) {
  constexpr auto kSources = static_cast<std::uint32_t>(in_full(10'000));
  Scenario& scene = start();
  Guest& busy = leased_guest();
  Guest& calm = leased_guest();
  const std::size_t before = scene.composition().neighbors().size();
  const PingId witness = calm.host.ping(kRouterV4, 10, milliseconds{100});
  for (std::uint32_t i = 0; i < kSources; ++i) {
    busy.host.send_frame(ip_frame(kRouterMac, busy.host.mac(),
                                  udp_packet({.source = Ipv4Address{0x0a090000 + i},
                                              .destination = kInternetV4,
                                              .source_port = 9,
                                              .destination_port = 9})));
    if (i % 500 == 0) scene.run_for(milliseconds{50});
  }
  scene.run_for(seconds{2});
  EXPECT_EQ(scene.composition().neighbors().size(), before);
  EXPECT_EQ(calm.host.result(witness).answered, 10);
}

TEST_F(A12, PinnedAddressCannotBeChangedByTheGuest) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  guest.host.set_mac(guest_mac(100));
  EXPECT_EQ(ping(guest.host, kRouterV4, 1), 0);
  EXPECT_GT(scene.drops(guest.plug, Drop::SpoofMac), 0U);
}

TEST_F(A12, BindingFollowsAGuestThatMayChange) {
  Scenario& scene = start();
  PortSettings settings;
  settings.mac_spoofing = true;
  settings.mac_limit = 64;
  Guest& guest = scene.add_guest(settings);
  ASSERT_TRUE(lease(guest));
  guest.host.set_mac(guest_mac(100));
  guest.host.announce(*guest.dhcp.lease());
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.binding(*guest.dhcp.lease())->mac, guest_mac(100));
  EXPECT_EQ(ping(scene.router(), *guest.dhcp.lease()), 3);
}

TEST_F(A12, BindingFollowsWhatTheControlPlaneSets) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  PortSettings settings = scene.composition().sw().ports()[guest.plug.id].settings;
  settings.mac = guest_mac(100);
  scene.composition().change_settings(guest.plug.id, settings);
  guest.host.set_mac(guest_mac(100));
  EXPECT_EQ(ping(guest.host, kRouterV4), 3);
  guest.host.announce(*guest.dhcp.lease());
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.binding(*guest.dhcp.lease())->mac, guest_mac(100));
  EXPECT_EQ(ping(scene.router(), *guest.dhcp.lease()), 3);
}

TEST_F(A13, GuestsTalkWithoutTheAirAndUnedited) {
  Scenario& scene = start();
  Guest& a = leased_guest();
  Guest& b = leased_guest();
  scene.run_for(seconds{1});
  scene.ap().clear_logs();
  a.plug.frames.clear();
  b.plug.frames.clear();
  EXPECT_EQ(ping(a.host, *b.dhcp.lease()), 3);
  EXPECT_TRUE(scene.ap().air().empty());
  std::vector<Bytes> sent;
  for (const auto& frame : a.plug.frames) {
    if (frame.way == Way::Up) sent.push_back(frame.bytes);
  }
  std::vector<Bytes> heard;
  for (const auto& frame : b.plug.frames) {
    if (frame.way == Way::Down) heard.push_back(frame.bytes);
  }
  EXPECT_EQ(sent, heard);
  EXPECT_FALSE(sent.empty());
}

TEST_F(A14, GroupFrameReachesGuestsUneditedAndTheAirAsTheStations) {
  Scenario& scene = start();
  Guest& a = leased_guest();
  Guest& b = leased_guest();
  Guest& c = leased_guest();
  const Bytes question = arp_frame(
      MacAddress::broadcast(), a.host.mac(),
      {.sender_mac = a.host.mac(), .sender = *a.dhcp.lease(), .target = lan_v4(200).address.v4()});
  scene.ap().clear_logs();
  a.host.send_frame(question);
  scene.run_for(milliseconds{1});
  EXPECT_EQ(b.host.received().back().bytes, question);
  EXPECT_EQ(c.host.received().back().bytes, question);
  EXPECT_EQ(read_arp(scene.ap().air().front().bytes)->sender_mac, kStaMac);
}

TEST_F(A15, DiscoveryArrivesInBothDirections) {
  Scenario& scene = start();
  scene.start_ra();
  Guest& guest = leased_guest();
  guest.host.start_ipv6();
  Host& lan = scene.add_lan_host(50);
  scene.run_for(seconds{5});
  for (const IpAddress& group : {kMdns, kSsdp, kMdns6}) {
    int at_lan = 0;
    int at_guest = 0;
    lan.join(group);
    guest.host.join(group);
    lan.on_udp(5353, [&](const UdpDatagram&, const IpPacket&) { ++at_lan; });
    guest.host.on_udp(5353, [&](const UdpDatagram&, const IpPacket&) { ++at_guest; });
    const UdpDatagram words{.destination = group, .source_port = 5353, .destination_port = 5353};
    guest.host.send_udp(words);
    scene.run_for(seconds{1});
    EXPECT_EQ(at_lan, 1) << to_string(group);
    EXPECT_EQ(at_guest, 0) << "its own, by the air: " << to_string(group);
    lan.send_udp(words);
    scene.run_for(seconds{1});
    EXPECT_EQ(at_guest, 1) << to_string(group);
  }
}

TEST_F(A15, LeaveOfOneGuestDoesNotStopTheOther) {
  Scenario& scene = start();
  Guest& a = leased_guest();
  Guest& b = leased_guest();
  a.host.join(kSsdp);
  b.host.join(kSsdp);
  scene.run_for(seconds{1});
  scene.ap().clear_logs();
  a.host.leave(kSsdp);
  scene.run_for(seconds{1});
  EXPECT_EQ(count(scene.ap().air(), is_group_report), 0U);
  EXPECT_EQ(scene.drops(a.plug, Drop::Suppressed), 1U);
  b.host.leave(kSsdp);  // the last one: now the LAN may stop
  scene.run_for(seconds{1});
  EXPECT_EQ(count(scene.ap().air(), is_group_report), 1U);
}

TEST_F(A15, ListenerReportFromTheUnspecifiedAddressPasses) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.host.start_ipv6();  // joins its solicited-node group before it has an address
  scene.run_for(seconds{3});
  EXPECT_GT(count(scene.ap().air(), is_group_report), 0U);
  EXPECT_EQ(guest.host.state_of(Ipv6Address::link_local(guest.host.mac())),
            AddressState::Preferred);
}

}  // namespace
}  // namespace laneway::test

// What happens to the station and its network, and to the machine, while guests go on.
#include <algorithm>

#include "tests/scenarios/world.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

using E03 = World;
using E05 = World;
using E07 = World;
using E08 = World;
using H07 = World;

constexpr MacAddress kNewSta{{0x02, 0, 0, 0, 0x01, 0x99}};

// How often the station said on the air that `address` is at `mac`, unasked.
std::size_t announcements(const FrameLog& air, const IpAddress& address, MacAddress mac) {
  return count(air, [&](const LoggedFrame& frame) {
    if (frame.way != Way::Up) return false;
    if (const auto arp = read_arp(frame.bytes)) {
      return arp->sender == arp->target && address == IpAddress(arp->sender) &&
             arp->sender_mac == mac;
    }
    const auto packet = read_ip(frame.bytes);
    const auto nd = packet ? read_nd(*packet) : std::nullopt;
    return nd && nd->type == NdType::NeighborAdvertisement && address == IpAddress(nd->target) &&
           (nd->word & NdMessage::kSolicited) == 0 && nd->link_layer(kTargetLinkLayer) == mac;
  });
}

TEST_F(E03, NewStationAddressIsUsedAtOnceAndAnnounced) {
  constexpr std::size_t kGuests = 8;
  Scenario& scene = start();
  scene.start_ra();
  std::vector<Guest*> guests;
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < kGuests; ++i) {
    Guest& guest = leased_guest();
    guests.push_back(&guest);
    guest.host.start_ipv6();
    guest.host.add_address(lan_v4(static_cast<std::uint8_t>(20 + i)));
    guest.host.add_address(lan_v6(static_cast<std::uint8_t>(20 + i)));
    scene.run_for(seconds{10});
    addresses.insert(
        addresses.end(),
        {*guest.dhcp.lease(), lan_v4(static_cast<std::uint8_t>(20 + i)).address,
         lan_v6(static_cast<std::uint8_t>(20 + i)).address, *guest.host.address(Family::Ipv6)});
  }
  for (const IpAddress& address : addresses) EXPECT_EQ(ping(scene.router(), address), 3);
  const PingId witness = guests[0]->host.ping(*guests[1]->dhcp.lease(), 50, milliseconds{100});
  scene.ap().clear_logs();
  scene.change_station(kNewSta);
  scene.run_for(milliseconds{900});
  for (const IpAddress& address : addresses) {
    EXPECT_EQ(scene.router().neighbors().find(address).value_or(kNewSta), kNewSta);
    const PingId id = scene.router().ping(address);
    scene.run_for(milliseconds{10});
    EXPECT_EQ(scene.router().result(id).answered, 1) << to_string(address);
  }
  scene.run_for(seconds{10});
  for (const IpAddress& address : addresses) {
    const std::size_t said = announcements(scene.ap().air(), address, kNewSta);
    EXPECT_GE(said, 1U) << to_string(address);
    EXPECT_LE(said, address.family == Family::Ipv4 ? 2U : 3U) << to_string(address);
    EXPECT_EQ(announcements(scene.ap().air(), address, kStaMac), 0U);
  }
  EXPECT_EQ(guests[0]->host.result(witness).answered, 50);
}

TEST_F(E05, GuestsThatComeAndGoCostTheMachineNoPing) {
  constexpr int kTimes = 20;
  Scenario& scene = start();
  const PingId witness = scene.machine().ping(kRouterV4, kTimes * 20, milliseconds{100});
  for (int i = 0; i < kTimes; ++i) {
    Guest& guest = leased_guest();
    scene.run_for(seconds{1});
    scene.remove_guest(guest);
    EXPECT_EQ(scene.composition().neighbors().size(), 0U);
  }
  scene.run_for(seconds{kTimes * 2 + 1});
  EXPECT_EQ(scene.machine().result(witness).answered, kTimes * 20);
}

TEST_F(E07, RoamStormMakesNoStormOfOurs) {
  constexpr std::size_t kGuests = 64;
  constexpr int kRoams = 100;
  Scenario& scene = start();
  scene.start_ra();
  for (std::size_t i = 0; i < kGuests; ++i) {
    Guest& guest = scene.add_guest();
    guest.host.add_address_unasked(lan_v4(static_cast<std::uint8_t>(20 + i)));
    guest.host.add_address_unasked(lan_v6(static_cast<std::uint8_t>(20 + i)));
    guest.host.announce(lan_v4(static_cast<std::uint8_t>(20 + i)).address);
    guest.host.announce(lan_v6(static_cast<std::uint8_t>(20 + i)).address);
  }
  scene.run_for(seconds{10});
  scene.ap().clear_logs();
  for (int i = 0; i < kRoams; ++i) {
    scene.ap().roam(scene.station(), i % 2 == 0 ? kNewSta : kBssid);
    scene.composition().station_associated(scene.now());
    scene.run_for(milliseconds{600});
  }
  // The guests are silent: all that goes up is ours.
  std::vector<std::size_t> by_second(70);
  for (const LoggedFrame& frame : scene.ap().air()) {
    if (frame.way == Way::Up) ++by_second[static_cast<std::size_t>(frame.time / seconds{1}) - 10];
  }
  EXPECT_LE(*std::max_element(by_second.begin(), by_second.end()), 20U + 2U);  // and its burst
  EXPECT_GT(std::count_if(by_second.begin(), by_second.end(), [](auto n) { return n > 0; }), 1);
}

TEST_F(E08, BadRadioLeavesTheTablesRight) {
  const Channel bad{.delay = milliseconds{200},
                    .jitter = milliseconds{50},
                    .loss = 0.05,
                    .duplicate = 0.05,
                    .reorder = 0.1};
  Scenario& scene = start({.ap = {.up = bad, .down = bad, .seed = 3}});
  std::vector<Guest*> guests;
  for (int i = 0; i < 4; ++i) {
    Guest& guest = scene.add_guest();
    guests.push_back(&guest);
    EXPECT_TRUE(lease(guest, seconds{60}));
  }
  scene.run_for(seconds{60});
  for (Guest* guest : guests) {
    const Neighbor* bound = scene.binding(*guest->dhcp.lease());
    ASSERT_NE(bound, nullptr);
    EXPECT_EQ(bound->port, guest->plug.id);
    const PingId id = guest->host.ping(kRouterV4, 20, milliseconds{200});
    scene.run_for(seconds{10});
    EXPECT_GT(guest->host.result(id).answered, 10);
  }
  EXPECT_EQ(scene.composition().neighbors().size(), guests.size());
}

TEST_F(H07, MachinesOwnBroadcastIsNotTakenForTheLans) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  scene.run_for(seconds{5});
  guest.host.clear_received();
  const std::uint64_t before = scene.drops(Drop::Echo);
  scene.machine().announce(kMachineV4);
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.drops(Drop::Echo), before + 1);
  EXPECT_TRUE(guest.host.received().empty());
  EXPECT_EQ(scene.composition().sw().macs().learnt(scene.uplink().id), 1U);  // the router
}

TEST_F(H07, MachineAndGuestsReachEachOtherByTheHostPort) {
  Scenario& scene = start();
  scene.set_network([](Network& network) { network.host.push_back(lan_v6(10)); });
  scene.machine().add_address_unasked(lan_v6(10));
  scene.start_ra();
  Guest& guest = leased_guest();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  scene.ap().clear_logs();
  EXPECT_EQ(ping(guest.host, kMachineV4), 3);
  EXPECT_EQ(ping(scene.machine(), *guest.dhcp.lease()), 3);
  EXPECT_EQ(ping(guest.host, lan_v6(10).address), 3);
  EXPECT_EQ(ping(scene.machine(), *guest.host.address(Family::Ipv6)), 3);
  EXPECT_EQ(count(scene.ap().air(),
                  [](const auto& frame) { return !destination_of(frame.bytes).is_group(); }),
            0U);
}

}  // namespace
}  // namespace laneway::test

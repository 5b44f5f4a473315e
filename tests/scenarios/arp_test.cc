// ARP between guests and the LAN: probes and their answers, announcements, requests of each form.
#include "tests/scenarios/neighbor_world.h"

namespace laneway::test {
namespace {

using B01 = NeighborWorld;
using B02 = NeighborWorld;
using B03 = NeighborWorld;
using B04 = NeighborWorld;
using B05 = NeighborWorld;

std::size_t answers_to_probes(const Host& host, Ipv4Address address) {
  return count_arp(host.received(), [&](const ArpMessage& arp) {
    return !arp.is_request() && arp.sender == address && arp.target.is_unspecified();
  });
}

TEST_F(B01, ProbeIsOnTheAirWithTheStationsAddress) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.host.add_address(lan_v4(50));
  pass(seconds{10});
  EXPECT_EQ(guest.host.state_of(lan_v4(50).address), AddressState::Preferred);
  const auto probes = count_arp(scene.ap().air(), [](const ArpMessage& arp) {
    return arp.is_probe() && arp.target == v4_of(50) && arp.sender_mac == kStaMac;
  });
  EXPECT_GE(probes, 3U);
}

TEST_F(B02, UnicastAnswerToAProbeReachesTheProberOnly) {
  Scenario& scene = start();
  scene.add_lan_host(50);
  Guest& prober = scene.add_guest();
  Guest& other = scene.add_guest();
  EXPECT_EQ(try_address(prober.host, lan_v4(50)), AddressState::Duplicate);
  EXPECT_EQ(answers_to_probes(prober.host, v4_of(50)), 1U);
  EXPECT_EQ(answers_to_probes(other.host, v4_of(50)), 0U);
}

TEST_F(B02, BroadcastAnswerToAProbeReachesAll) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& prober = scene.add_guest();
  Guest& other = scene.add_guest();
  prober.host.send_frame(arp_probe(prober.host.mac(), v4_of(50)));
  pass();
  lan.send_frame(arp_frame(MacAddress::broadcast(), lan.mac(),
                           {2, lan.mac(), v4_of(50), kStaMac, Ipv4Address{}}));
  pass();
  EXPECT_EQ(answers_to_probes(prober.host, v4_of(50)), 1U);
  EXPECT_EQ(answers_to_probes(other.host, v4_of(50)), 1U);
}

TEST_F(B03, LanCachesTheStationAndAnnouncementsAreLimited) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = settled_guest(50);
  EXPECT_EQ(ping(lan, lan_v4(50).address), 3);
  EXPECT_EQ(lan.neighbors().find(lan_v4(50).address), kStaMac);
  pass(seconds{60});
  scene.ap().clear_logs();
  for (int n = 0; n < 100; ++n) {
    guest.host.send_frame(arp_announcement(guest.host.mac(), v4_of(50), n % 2 == 1));
    pass(milliseconds{10});
  }
  const auto on_air = [&] {
    return count_arp(scene.ap().air(), [](const ArpMessage& arp) {
      return arp.sender == v4_of(50) && arp.target == v4_of(50);
    });
  };
  const std::size_t reflected = 2;  // the access point sends each back
  EXPECT_EQ(on_air(), 4U * reflected);
  EXPECT_EQ(scene.drops(guest.plug, Drop::ProxyLimit), 96U);
  pass(seconds{10});
  for (int n = 0; n < 10; ++n) {
    guest.host.send_frame(arp_announcement(guest.host.mac(), v4_of(50)));
  }
  pass();
  EXPECT_EQ(on_air(), 5U * reflected);
}

TEST_F(B04, BroadcastRequestGoesToWhoCanAnswer) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& owner = settled_guest(50);
  Guest& other = scene.add_guest();
  lan.clear_received();
  for (const Ipv4Address target : {v4_of(50), v4_of(10), v4_of(99)}) {
    lan.send_frame(arp_request(lan.mac(), v4_of(60), target));
  }
  pass();
  EXPECT_EQ(asked_for(owner.host, v4_of(50)), 1U);
  EXPECT_EQ(asked_for(other.host, v4_of(50)), 0U);
  for (const Guest* guest : {&owner, &other}) {
    EXPECT_EQ(asked_for(guest->host, v4_of(10)), 0U) << "the host has it already";
    EXPECT_EQ(asked_for(guest->host, v4_of(99)), 1U) << "nobody knows whose it is";
  }
  EXPECT_EQ(told_of(lan, v4_of(50), kStaMac), 1U);
}

TEST_F(B05, UnicastRequestReachesTheOwnerAloneWithItsOwnAddresses) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& owner = settled_guest(50);
  Guest& other = scene.add_guest();
  lan.clear_received();
  lan.send_frame(arp_frame(kStaMac, lan.mac(), {1, lan.mac(), v4_of(60), kStaMac, v4_of(50)}));
  pass();
  const auto whole = count(owner.host.received(), [&](const LoggedFrame& frame) {
    const auto arp = read_arp(frame.bytes);
    return arp && arp->is_request() && arp->target == v4_of(50) &&
           arp->target_mac == owner.host.mac() && destination_of(frame.bytes) == owner.host.mac();
  });
  EXPECT_EQ(whole, 1U);
  EXPECT_EQ(asked_for(other.host, v4_of(50)), 0U);
  EXPECT_EQ(told_of(lan, v4_of(50), kStaMac), 1U);
}

}  // namespace
}  // namespace laneway::test

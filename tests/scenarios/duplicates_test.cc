// Addresses that two want: conflicts in all directions, theft, quotas, and what guards keep back.
#include <array>

#include "tests/scenarios/neighbor_world.h"
#include "tests/support/dhcp_message.h"

namespace laneway::test {
namespace {

using F01 = NeighborWorld;
using F02 = NeighborWorld;
using F03 = NeighborWorld;
using F04 = NeighborWorld;
using F05 = NeighborWorld;
using F06 = NeighborWorld;
using F07 = NeighborWorld;
using F08 = NeighborWorld;
using F09 = NeighborWorld;
using F10 = NeighborWorld;
using F11 = NeighborWorld;
using F12 = NeighborWorld;

Bytes udp_frame(MacAddress to, MacAddress from, const IpAddress& source,
                const IpAddress& destination, std::uint16_t port = 4000) {
  return ip_frame(to, from,
                  udp_packet({.source = source,
                              .destination = destination,
                              .source_port = port,
                              .destination_port = port,
                              .payload = Bytes(8)}));
}

PortSettings without_storm_limit() {
  PortSettings settings;
  settings.storm_limit = 0;
  return settings;
}

TEST_F(F01, GuestThatWantsWhatOthersHaveLearnsIt) {
  Scenario& scene = start();
  scene.add_lan_host(60).add_address_unasked(lan_v6(60));
  scene.machine().add_address_unasked(lan_v6(10));
  scene.set_network([](Network& network) { network.host.push_back(lan_v6(10)); });
  settled_guest(50);
  Guest& guest = scene.add_guest();
  for (const std::uint8_t taken : std::to_array<std::uint8_t>({60, 10, 50})) {
    EXPECT_EQ(try_address(guest.host, lan_v4(taken)), AddressState::Duplicate) << int{taken};
    EXPECT_EQ(try_address(guest.host, lan_v6(taken)), AddressState::Duplicate) << int{taken};
  }
  EXPECT_EQ(scene.binding(lan_v4(50).address)->port, scene.binding(lan_v6(50).address)->port);
}

TEST_F(F01, LanHostThatWantsAGuestsAddressLearnsIt) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = settled_guest(50);
  EXPECT_EQ(try_address(lan, lan_v4(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(lan, lan_v6(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(lan, lan_v4(10)), AddressState::Duplicate);
  EXPECT_EQ(guest.host.state_of(lan_v4(50).address), AddressState::Preferred);
  EXPECT_EQ(guest.host.state_of(lan_v6(50).address), AddressState::Preferred);
}

TEST_F(F01, OfTwoThatProbeAtOnceNotBothGetIt) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = scene.add_guest();
  for (const IpPrefix& prefix : {lan_v4(50), lan_v6(50)}) {
    lan.add_address(prefix);
    guest.host.add_address(prefix);
    pass(seconds{12});
    const bool both = lan.state_of(prefix.address) == AddressState::Preferred &&
                      guest.host.state_of(prefix.address) == AddressState::Preferred;
    EXPECT_FALSE(both) << to_string(prefix.address);
  }
}

TEST_F(F02, ClaimsOfWhatOthersHaveAreRefusedAndTheClaimantTold) {
  Scenario& scene = start();
  Guest& owner = settled_guest(50);
  Guest& thief = scene.add_guest();
  EXPECT_EQ(ping(owner.host, kRouterV4), 3);
  const auto claim = [&](std::uint8_t last) {
    thief.host.clear_received();
    const std::uint64_t before = scene.drops(Drop::SpoofIp) + scene.drops(Drop::SpoofGw);
    for (int n = 0; n < 10; ++n) {
      thief.host.send_frame(arp_announcement(thief.host.mac(), v4_of(last), n % 2 == 1));
      thief.host.send_frame(
          udp_frame(kRouterMac, thief.host.mac(), lan_v4(last).address, kInternetV4));
    }
    pass();
    EXPECT_EQ(scene.drops(Drop::SpoofIp) + scene.drops(Drop::SpoofGw) - before, 20U);
  };
  claim(10);
  EXPECT_EQ(told_of(thief.host, v4_of(10), kOwnMac), 1U);
  claim(50);
  EXPECT_EQ(told_of(thief.host, v4_of(50), owner.host.mac()), 1U);
  claim(1);
  EXPECT_EQ(scene.drops(thief.plug, Drop::SpoofGw), 20U);
  EXPECT_EQ(ping(owner.host, kRouterV4, 10), 10);
  EXPECT_EQ(scene.binding(lan_v4(50).address)->port, owner.plug.id);
}

TEST_F(F03, NothingHeardOnTheUplinkMovesABinding) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = settled_guest(50);
  guest.host.clear_received();
  constexpr auto kTimes = static_cast<std::size_t>(in_full(10'000));
  for (std::size_t n = 0; n < kTimes; ++n) {
    lan.send_frame(arp_announcement(lan.mac(), v4_of(50)));
    lan.send_frame(unsolicited_na(lan.mac(), v6_of(50)));
    pass(milliseconds{10});
  }
  EXPECT_GE(told_of(guest.host, v4_of(50), lan.mac()), kTimes) << "the guest can defend itself";
  EXPECT_GE(told_of(guest.host, v6_of(50), lan.mac()), kTimes);
  for (const IpPrefix& prefix : {lan_v4(50), lan_v6(50)}) {
    const Neighbor* bound = scene.binding(prefix.address);
    ASSERT_NE(bound, nullptr);
    EXPECT_EQ(bound->mac, guest.host.mac());
    EXPECT_TRUE(bound->is_valid());
  }
}

TEST_F(F03, WhoDeniesEveryDadOnTheUplinkDeniesNoGuestItsBinding) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = scene.add_guest();
  guest.host.add_address(lan_v6(70));
  pass(milliseconds{1100});
  lan.send_frame(unsolicited_na(lan.mac(), v6_of(70)));
  pass();
  const Neighbor* bound = scene.binding(lan_v6(70).address);
  ASSERT_NE(bound, nullptr);
  EXPECT_EQ(bound->port, guest.plug.id);
}

TEST_F(F04, VirtualAddressStaysWithALiveOwnerAndLeavesADeadOne) {
  Scenario& scene = start();
  Guest& first = settled_guest(50);
  Guest& second = scene.add_guest();
  const auto claim = [&] {
    second.host.send_frame(arp_announcement(second.host.mac(), v4_of(50)));
    pass(seconds{4});
    second.host.send_frame(arp_announcement(second.host.mac(), v4_of(50)));
    pass();
    return scene.binding(lan_v4(50).address)->port;
  };
  EXPECT_EQ(claim(), first.plug.id);
  first.plug.deliver = [](const Bytes&) {};  // it hears nothing and says nothing any more
  pass(seconds{10});
  EXPECT_EQ(claim(), second.plug.id);
}

TEST_F(F05, ManySourcesFillOneGuestsShareAlone) {
  constexpr auto kSources = static_cast<std::uint32_t>(in_full(10'000));
  Scenario& scene = start();
  Guest& other = settled_guest(50);
  Guest& flooder = scene.add_guest(without_storm_limit());
  NeighborTable& bindings = scene.composition().neighbors();
  const auto address = [](std::uint32_t n) { return Ipv4Address{0xa9fe0101U + n}; };
  for (std::uint32_t n = 0; n < kSources; ++n) {
    flooder.host.send_frame(arp_probe(flooder.host.mac(), address(n)));
    if (n % 100 == 0) pass(milliseconds{1});
  }
  pass();
  EXPECT_EQ(bindings.count(flooder.plug.id, Family::Ipv4), limits::kTentative);
  for (std::uint32_t n = 0; n < kSources; ++n) {
    flooder.host.send_frame(arp_request(flooder.host.mac(), address(kSources + n), kRouterV4.v4()));
    if (n % 100 == 0) pass(milliseconds{10});
  }
  pass();
  EXPECT_EQ(bindings.count(flooder.plug.id, Family::Ipv4), limits::kPortBindings);
  EXPECT_EQ(scene.drops(flooder.plug, Drop::BindQuota), kSources - limits::kPortBindings);
  EXPECT_EQ(ping(other.host, kRouterV4), 3);
  other.host.add_address(lan_v4(51));
  pass(seconds{10});
  EXPECT_NE(scene.binding(lan_v4(51).address), nullptr);
}

TEST_F(F06, NewGuestFindsRoomInAFullTable) {
  Scenario& scene = start();
  NeighborTable& bindings = scene.composition().neighbors();
  std::uint32_t n = 0;
  for (int guests = 0; guests < 20; ++guests) {
    Guest& guest = scene.add_guest(without_storm_limit());
    for (int i = 0; i < 64; ++i, ++n) {
      bindings.valid({Ipv4Address{0xa9fe0101U + n}, guest.host.mac(), guest.plug.id},
                     NeighborOrigin::Arp, scene.now());
    }
  }
  EXPECT_LE(bindings.size(), limits::kBindings + 20 * limits::kReserved);
  Guest& late = leased_guest();
  EXPECT_EQ(ping(late.host, kRouterV4), 3);
}

TEST_F(F07, FramesWithOthersSourcesAreRefusedAndDivertNothing) {
  Scenario& scene = start();
  Guest& victim = settled_guest(50);
  Guest& thief = scene.add_guest();
  Host& lan = scene.add_lan_host(60);
  const auto lie = [&](const Host& as, Host& by) {
    by.send_frame(udp_frame(kRouterMac, as.mac(), lan_v4(99).address, kInternetV4));
  };
  constexpr auto kLies = static_cast<std::uint64_t>(in_full(100'000));
  for (std::uint64_t n = 0; n < kLies; ++n) {
    if (n % 100 == 0) pass(milliseconds{1});
    lie(victim.host, thief.host);
    lie(scene.machine(), thief.host);
    lan.send_frame(udp_frame(kStaMac, victim.host.mac(), lan_v4(99).address, lan_v4(50).address));
  }
  pass();
  EXPECT_EQ(scene.drops(thief.plug, Drop::MacClaim) + scene.drops(thief.plug, Drop::SpoofMac),
            2 * kLies);
  EXPECT_EQ(scene.drops(scene.uplink(), Drop::MacClaim), kLies);
  EXPECT_EQ(scene.composition().sw().macs().pinned(victim.host.mac()), victim.plug.id);
  EXPECT_EQ(ping(victim.host, kRouterV4), 3);
}

TEST_F(F08, RoguesWordsReachNobody) {
  Scenario& scene = start();
  Guest& rogue = scene.add_guest();
  Guest& other = scene.add_guest();
  other.host.clear_received();
  const MacAddress mac = rogue.host.mac();
  const Ipv6Address link = Ipv6Address::link_local(mac);
  const auto icmp = [&](std::uint8_t type, std::size_t bytes) {
    IpPacket packet{.source = link,
                    .destination = Ipv6Address::all_nodes(),
                    .protocol = kIcmpv6,
                    .hop_limit = 255,
                    .payload = Bytes(bytes)};
    packet.payload[0] = std::byte{type};
    return ip_frame(Ipv6Address::all_nodes().multicast_mac(), mac, packet);
  };
  for (const std::uint8_t type : std::to_array<std::uint8_t>({134, 137, 130})) {
    rogue.host.send_frame(icmp(type, 40));
  }
  const Bytes reply = dhcp_bytes({.op = 2, .chaddr = other.host.mac(), .type = DhcpType::Offer});
  rogue.host.send_frame(ip_frame(MacAddress::broadcast(), mac,
                                 udp_packet({.source = lan_v4(99).address,
                                             .destination = Ipv4Address{0xffffffffU},
                                             .source_port = kDhcpServerPort,
                                             .destination_port = kDhcpClientPort,
                                             .payload = reply})));
  // The same RA behind five extension headers: nobody can tell, so it goes nowhere.
  IpPacket hidden{
      .source = link, .destination = Ipv6Address::all_nodes(), .protocol = 60, .hop_limit = 255};
  for (int n = 0; n < 5; ++n) {
    Bytes header(8);
    header[0] = std::byte{n == 4 ? kIcmpv6 : std::uint8_t{60}};
    hidden.payload.insert(hidden.payload.end(), header.begin(), header.end());
  }
  hidden.payload.push_back(std::byte{134});
  hidden.payload.resize(hidden.payload.size() + 15);
  rogue.host.send_frame(ip_frame(Ipv6Address::all_nodes().multicast_mac(), mac, hidden));
  pass();
  EXPECT_TRUE(other.host.received().empty());
  EXPECT_EQ(scene.drops(rogue.plug, Drop::RouterGuard), 3U);
  EXPECT_EQ(scene.drops(rogue.plug, Drop::DhcpGuard), 1U);
  EXPECT_EQ(scene.drops(rogue.plug, Drop::HeaderChain), 1U);
}

TEST_F(F09, FramesOfTheStationsOwnLinkNeverLeave) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  const MacAddress pae = *MacAddress::parse("01:80:c2:00:00:03");
  for (const std::uint16_t type : std::to_array<std::uint16_t>({0x888e, 0x88c7, 0x890d, 0x88b4})) {
    guest.host.send_frame(ethernet_frame(kBssid, guest.host.mac(), type, Bytes(46)));
  }
  for (const std::uint16_t type : std::to_array<std::uint16_t>({0x888e, 0x8808, 0x88cc, 0x0026})) {
    guest.host.send_frame(ethernet_frame(pae, guest.host.mac(), type, Bytes(46)));
  }
  pass();
  EXPECT_TRUE(scene.ap().air().empty());
  EXPECT_EQ(scene.drops(guest.plug, Drop::Eapol), 4U);
  EXPECT_EQ(scene.drops(guest.plug, Drop::Reserved), 4U);
}

TEST_F(F10, UnicastInsideABroadcastFrameIsRefusedButADhcpReply) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = settled_guest(50);
  guest.host.clear_received();
  lan.send_frame(
      udp_frame(MacAddress::broadcast(), lan.mac(), lan_v4(60).address, lan_v4(50).address));
  pass();
  EXPECT_TRUE(guest.host.received().empty());
  EXPECT_EQ(scene.drops(scene.uplink(), Drop::GtkUnicast), 1U);
  scene.dhcp().options().form = ReplyForm::Broadcast;
  EXPECT_TRUE(lease(scene.add_guest()));
}

TEST_F(F11, ScanFromTheLanIsAnsweredAHundredTimesASecond) {
  Scenario& scene = start();
  scene.composition().set_answers(Answers::Suppress);
  Host& lan = scene.add_lan_host(60);
  Guest& guest = settled_guest(50);
  NeighborTable& bindings = scene.composition().neighbors();
  const std::size_t before = bindings.size();
  guest.host.announce(lan_v4(50).address);
  pass();
  lan.clear_received();
  constexpr std::uint32_t kQuestions = 500;  // both kinds fit the queue of a port
  for (std::uint32_t n = 0; n < kQuestions; ++n) {
    lan.send_frame(arp_request(lan.mac(), v4_of(60), Ipv4Address{0xc0a80000U + n}));
    lan.send_frame(arp_request(lan.mac(), v4_of(60), v4_of(50)));
  }
  pass(milliseconds{1});
  EXPECT_EQ(bindings.size(), before);
  EXPECT_EQ(told_of(lan, v4_of(50), kStaMac), 100U);
  EXPECT_EQ(scene.drops(scene.uplink(), Drop::ProxyLimit), kQuestions - 100);
}

TEST_F(F12, ForgedAcksBindNothingAndForgedNaksEndNothing) {
  Scenario& scene = start();
  Host& lan = scene.add_lan_host(60);
  Guest& guest = leased_guest();
  const Ipv4Address lease_address = *guest.dhcp.lease();
  const auto forge = [&](DhcpType type, Ipv4Address yiaddr) {
    DhcpMessage message{
        .op = 2, .xid = 0xbad, .yiaddr = yiaddr, .chaddr = guest.host.mac(), .type = type};
    message.set(kOptionMask, Ipv4Address{0xffffff00U});
    message.set(kOptionServer, v4_of(60));
    lan.send_frame(ip_frame(MacAddress::broadcast(), lan.mac(),
                            udp_packet({.source = lan_v4(60).address,
                                        .destination = Ipv4Address{0xffffffffU},
                                        .source_port = kDhcpServerPort,
                                        .destination_port = kDhcpClientPort,
                                        .payload = dhcp_bytes(message)})));
    pass();
  };
  forge(DhcpType::Ack, v4_of(77));
  EXPECT_EQ(scene.binding(lan_v4(77).address), nullptr);
  forge(DhcpType::Nak, Ipv4Address{});
  ASSERT_NE(scene.binding(lease_address), nullptr);
  EXPECT_TRUE(scene.binding(lease_address)->is_valid());
}

}  // namespace
}  // namespace laneway::test

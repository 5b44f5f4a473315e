// The cases of hostapd's proxy ARP tests, turned to a switch: the same from inside and outside, in
// both ways of answering.
#include <array>
#include <functional>

#include "switch/wire/bytes.h"
#include "tests/scenarios/neighbor_world.h"
#include "tests/support/dhcp_message.h"

namespace laneway::test {
namespace {

class ProxyList : public NeighborWorld, public testing::WithParamInterface<Answers> {
 protected:
  bool suppresses() const { return GetParam() == Answers::Suppress; }
  // Guests a and b, a LAN host and another station.
  void set_out(const ApOptions& ap = {}) {
    Scenario& scene = start({.ap = ap});
    scene.composition().set_answers(GetParam());
    lan = &scene.add_lan_host(60);
    station = &scene.add_station(61);
    a = &settled_guest(50);
    b = &settled_guest(51);
    forget_frames();
  }
  void forget_frames() {
    for (Host* host : {lan, station, &a->host, &b->host}) host->clear_received();
  }
  // Each asks for `target` of a; what a heard, and whether all were told where it is.
  void expect_answers(Ipv4Address target) {
    a->host.announce(target);
    pass(seconds{1});
    forget_frames();
    b->host.send_frame(arp_request(b->host.mac(), v4_of(51), target));
    pass();
    lan->send_frame(arp_request(lan->mac(), v4_of(60), target));
    station->send_frame(arp_request(station->mac(), v4_of(61), target));
    pass();
    EXPECT_EQ(asked_for(a->host, target), suppresses() ? 0U : 3U);
    EXPECT_EQ(told_of(b->host, target, a->host.mac()), 1U);
    EXPECT_EQ(told_of(*lan, target, kStaMac), 1U);
    EXPECT_EQ(told_of(*station, target, kStaMac), 1U);
  }

  Host* lan = nullptr;
  Host* station = nullptr;
  Guest* a = nullptr;
  Guest* b = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Both, ProxyList, testing::Values(Answers::Translate, Answers::Suppress),
                         [](const auto& mode) {
                           return mode.param == Answers::Translate ? "Translate" : "Suppress";
                         });

TEST_P(ProxyList, P01_SecondLeaseOfAGuestIsAdded) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  const Ipv4Address first = *guest.dhcp.lease();
  guest.dhcp.options().client_id = Bytes(7, std::byte{1});
  guest.dhcp.start();
  pass(seconds{10});
  ASSERT_NE(*guest.dhcp.lease(), first);
  EXPECT_NE(scene.binding(first), nullptr);
  EXPECT_NE(scene.binding(*guest.dhcp.lease()), nullptr);
}

Bytes dhcp_frame(const DhcpMessage& message) {
  const bool reply = message.op == 2;
  return ip_frame(MacAddress::broadcast(), reply ? kRouterMac : message.chaddr,
                  udp_packet({.source = reply ? kRouterV4 : IpAddress{Ipv4Address{}},
                              .destination = Ipv4Address{0xffffffffU},
                              .source_port = reply ? kDhcpServerPort : kDhcpClientPort,
                              .destination_port = reply ? kDhcpClientPort : kDhcpServerPort,
                              .payload = dhcp_bytes(message)}));
}

// Answers like `ack`, each with one thing wrong that is no reason to keep it from its client.
std::vector<Bytes> wrong_answers(const DhcpMessage& ack) {
  constexpr std::size_t kUdpSum = 40;
  constexpr std::size_t kCookie = 42 + 236;
  const auto with = [&](const std::function<void(DhcpMessage&)>& change) {
    DhcpMessage message = ack;
    change(message);
    return dhcp_frame(message);
  };
  const auto spoilt = [&](std::size_t at, std::uint16_t word) {
    Bytes frame = dhcp_frame(ack);
    wire::store_be16(&frame[at], word);
    if (at != kUdpSum) wire::store_be16(&frame[kUdpSum], 0);  // not the checksum's fault
    return frame;
  };
  return {with([](DhcpMessage& message) { message.chaddr = guest_mac(99); }),
          with([](DhcpMessage& message) { message.yiaddr = {}; }),
          with([](DhcpMessage& message) { message.set(kOptionMask, Ipv4Address{}); }),
          spoilt(kCookie + 4, 0x35ff),  // its first option is longer than what follows
          spoilt(kCookie, 0x6383),
          with([](DhcpMessage& message) {
            message.type = DhcpType::None;
            message.options.clear();
          }),
          with([](DhcpMessage& message) { message.xid = 0xbad; }),
          spoilt(kUdpSum, 0x1234)};
}

TEST_P(ProxyList, P02_WhatIsNotAWholeTrueAnswerBindsNothing) {
  constexpr std::uint32_t kXid = 0x77;
  Scenario& scene = start();
  scene.composition().set_answers(GetParam());
  Guest& guest = leased_guest();
  Guest& other = scene.add_guest();
  const MacAddress mac = other.host.mac();
  other.host.send_frame(dhcp_frame({.xid = kXid, .chaddr = mac, .type = DhcpType::Discover}));
  pass(seconds{1});
  DhcpMessage ack{.op = 2, .xid = kXid, .yiaddr = v4_of(70), .chaddr = mac, .type = DhcpType::Ack};
  ack.set(kOptionMask, Ipv4Address{0xffffff00U}).set(kOptionServer, v4_of(1));
  for (const Bytes& frame : wrong_answers(ack)) {
    other.host.clear_received();
    scene.router().send_frame(frame);
    pass();
    EXPECT_EQ(other.host.received().size(), 1U) << "the frame itself passes";
  }
  constexpr std::size_t kIpLength = 16;
  Bytes beyond = dhcp_frame(ack);
  wire::store_be16(&beyond[kIpLength], static_cast<std::uint16_t>(beyond.size()));
  scene.router().send_frame(beyond);
  pass();
  scene.composition().neighbors().for_each(
      [&](const Neighbor& neighbor) { EXPECT_EQ(neighbor.port, guest.plug.id); });
  EXPECT_EQ(scene.composition().neighbors().size(), 1U);
  scene.router().send_frame(dhcp_frame(ack));
  pass();
  EXPECT_NE(scene.binding(lan_v4(70).address), nullptr) << "the same, whole and true, binds";
}

TEST_P(ProxyList, P03_RequestsFromEachSideAreAnswered) {
  set_out();
  expect_answers(v4_of(50));
  lan->send_frame(arp_request(lan->mac(), v4_of(60), v4_of(99)));
  pass();
  EXPECT_EQ(asked_for(a->host, v4_of(99)), 1U);
  EXPECT_EQ(asked_for(b->host, v4_of(99)), 1U);
}

TEST_P(ProxyList, P04_ProbeAndAnnouncementFromInsideAreLearnt) {
  set_out();
  b->host.send_frame(arp_probe(b->host.mac(), v4_of(70)));
  pass();
  EXPECT_EQ(scenario().binding(lan_v4(70).address)->state, NeighborState::Tentative);
  for (const std::uint8_t last : std::to_array<std::uint8_t>({70, 71})) {
    b->host.send_frame(arp_announcement(b->host.mac(), v4_of(last), last == 71));
    pass();
    EXPECT_TRUE(scenario().binding(lan_v4(last).address)->is_valid());
  }
}

TEST_P(ProxyList, P05_ProbeAndAnnouncementFromOutsideAreNot) {
  set_out();
  for (Host* host : {lan, station}) {
    host->send_frame(arp_probe(host->mac(), v4_of(70)));
    host->send_frame(arp_announcement(host->mac(), v4_of(70)));
    host->send_frame(arp_announcement(host->mac(), v4_of(70), true));
  }
  pass();
  EXPECT_EQ(scenario().binding(lan_v4(70).address), nullptr);
  EXPECT_EQ(told_of(a->host, v4_of(70), lan->mac()), 2U);
  EXPECT_EQ(ping(a->host, lan_v4(60).address), 3);
}

TEST_P(ProxyList, P06_ProbeForAnothersAddressMeetsAConflict) {
  set_out();
  EXPECT_EQ(try_address(a->host, lan_v4(51)), AddressState::Duplicate);
  EXPECT_EQ(try_address(*lan, lan_v4(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(*lan, lan_v4(51)), AddressState::Duplicate);
  EXPECT_EQ(scenario().binding(lan_v4(50).address)->port, a->plug.id);
  EXPECT_EQ(scenario().binding(lan_v4(51).address)->port, b->plug.id);
}

TEST_P(ProxyList, P07_GratuitousReplyForAnothersAddressChangesNothing) {
  set_out();
  a->host.send_frame(arp_announcement(a->host.mac(), v4_of(51), true));
  b->host.send_frame(arp_announcement(b->host.mac(), v4_of(50), true));
  pass();
  EXPECT_EQ(scenario().drops(Drop::SpoofIp), 2U);
  expect_answers(v4_of(50));
}

TEST_P(ProxyList, P08_SolicitationsThatBindAndThatDoNot) {
  Scenario& scene = start();
  scene.composition().set_answers(GetParam());
  Guest& a_guest = scene.add_guest();
  Guest& b_guest = scene.add_guest();
  const MacAddress mac = a_guest.host.mac();
  const auto ask = [&](const NdMessage& message) {
    a_guest.host.send_frame(nd_frame(mac, v6_of(50), v6_of(50).solicited_node(), message));
    pass();
  };
  const NdMessage bare{.type = NdType::NeighborSolicitation, .target = v6_of(50)};
  a_guest.host.send_frame(dad(mac, v6_of(50)));
  a_guest.host.send_frame(solicitation(mac, v6_of(50), v6_of(50)));
  pass();
  ask(bare);
  NdMessage unknown = bare;
  unknown.options.push_back({0x70, Bytes(6)});
  ask(unknown);
  EXPECT_EQ(scene.drops(Drop::NdBad) + scene.drops(Drop::NdForeignLladdr), 0U);
  NdMessage truncated = bare;
  truncated.options.push_back({kSourceLinkLayer, Bytes(6)});
  IpPacket packet = nd_packet(v6_of(50), v6_of(50).solicited_node(), truncated);
  packet.payload.resize(packet.payload.size() - 4);
  a_guest.host.send_frame(ip_frame(v6_of(50).solicited_node().multicast_mac(), mac, packet));
  pass();
  EXPECT_EQ(scene.drops(Drop::NdBad), 1U);
  NdMessage foreign = bare;
  foreign.with(kSourceLinkLayer, guest_mac(99));
  ask(foreign);
  EXPECT_EQ(scene.drops(Drop::NdForeignLladdr), 1U);
  for (const std::uint8_t last : std::to_array<std::uint8_t>({51, 52, 52})) {
    b_guest.host.send_frame(solicitation(b_guest.host.mac(), v6_of(last), v6_of(1)));
    pass();
  }
  EXPECT_EQ(scene.composition().neighbors().size(), 3U);
}

TEST_P(ProxyList, P09_SolicitationsFromEachSideAreAnswered) {
  set_out();
  a->host.announce(lan_v6(50).address);
  pass(seconds{1});
  forget_frames();
  b->host.send_frame(solicitation(b->host.mac(), v6_of(51), v6_of(50)));
  lan->send_frame(solicitation(lan->mac(), v6_of(60), v6_of(50)));
  station->send_frame(solicitation(station->mac(), v6_of(61), v6_of(50)));
  pass();
  EXPECT_EQ(asked_for(a->host, v6_of(50)), suppresses() ? 0U : 3U);
  EXPECT_EQ(told_of(b->host, v6_of(50), a->host.mac()), 1U);
  EXPECT_EQ(told_of(*lan, v6_of(50), kStaMac), 1U);
  EXPECT_EQ(told_of(*station, v6_of(50), kStaMac), 1U);
}

TEST_P(ProxyList, P10_DadForAGuestsAddressIsAnsweredToAllNodes) {
  set_out();
  EXPECT_EQ(try_address(b->host, lan_v6(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(*lan, lan_v6(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(*station, lan_v6(50)), AddressState::Duplicate);
  EXPECT_EQ(scenario().binding(lan_v6(50).address)->port, a->plug.id);
}

TEST_P(ProxyList, P11_UnsolicitedNaFromInsideBindsFromOutsideNot) {
  set_out();
  b->host.send_frame(unsolicited_na(b->host.mac(), v6_of(70)));
  lan->send_frame(unsolicited_na(lan->mac(), v6_of(71)));
  station->send_frame(unsolicited_na(station->mac(), v6_of(72)));
  pass();
  EXPECT_NE(scenario().binding(lan_v6(70).address), nullptr);
  EXPECT_EQ(scenario().binding(lan_v6(71).address), nullptr);
  EXPECT_EQ(scenario().binding(lan_v6(72).address), nullptr);
  EXPECT_EQ(told_of(a->host, v6_of(71), lan->mac()), 1U);
  EXPECT_EQ(told_of(a->host, v6_of(72), station->mac()), 1U);
}

TEST_P(ProxyList, P12_GroupFilteringKeepsForeignQuestionsAwayAndLetsAdvertisementsPass) {
  set_out({.proxy_arp = true, .no_group_down = true, .convert_dhcp_ra = true});
  a->host.announce(lan_v4(50).address);
  a->host.announce(lan_v6(50).address);
  pass(seconds{1});
  forget_frames();
  for (Host* host : {lan, station}) {
    for (const std::uint8_t last : std::to_array<std::uint8_t>({50, 51, 99})) {
      host->send_frame(arp_request(host->mac(), v4_of(60), v4_of(last)));
      host->send_frame(arp_probe(host->mac(), v4_of(last)));
      host->send_frame(solicitation(host->mac(), v6_of(60), v6_of(last)));
      host->send_frame(dad(host->mac(), v6_of(last)));
    }
    host->send_frame(arp_announcement(host->mac(), v4_of(70)));
    host->send_frame(unsolicited_na(host->mac(), v6_of(70)));
  }
  pass();
  EXPECT_TRUE(a->host.received().empty());
  EXPECT_TRUE(b->host.received().empty());
  b->host.send_frame(arp_request(b->host.mac(), v4_of(51), v4_of(50)));
  b->host.send_frame(solicitation(b->host.mac(), v6_of(51), v6_of(50)));
  pass();
  EXPECT_EQ(told_of(b->host, v4_of(50), a->host.mac()), 1U) << "inside all is as before";
  EXPECT_EQ(told_of(b->host, v6_of(50), a->host.mac()), 1U);
  EXPECT_EQ(try_address(b->host, lan_v4(50)), AddressState::Duplicate);
  EXPECT_EQ(try_address(b->host, lan_v6(50)), AddressState::Duplicate);
  scenario().start_ra();
  Guest& guest = scenario().add_guest();
  guest.host.start_ipv6();
  pass(seconds{5});
  EXPECT_TRUE(guest.host.address(Family::Ipv6)) << "the advertisement came";
}

TEST_P(ProxyList, P13_NothingIsLeftOfADetachedGuest) {
  set_out();
  EXPECT_EQ(ping(*lan, lan_v4(50).address), 3);
  const PortId port = a->plug.id;
  scenario().remove_guest(*a);
  pass();
  scenario().composition().neighbors().for_each(
      [&](const Neighbor& neighbor) { EXPECT_NE(neighbor.port, port); });
  EXPECT_EQ(scenario().binding(lan_v4(50).address), nullptr);
}

TEST_P(ProxyList, P14_AddressThatFindsNoRoomIsRefusedAndCounted) {
  Scenario& scene = start();
  scene.composition().set_answers(GetParam());
  PortSettings settings;
  settings.binding_limit = 2;
  Guest& guest = scene.add_guest(settings);
  for (const std::uint8_t last : std::to_array<std::uint8_t>({50, 51, 52})) {
    guest.host.send_frame(arp_announcement(guest.host.mac(), v4_of(last)));
    pass();
  }
  EXPECT_EQ(scene.drops(guest.plug, Drop::BindQuota), 1U);
  EXPECT_EQ(scene.binding(lan_v4(52).address), nullptr);
  EXPECT_NE(scene.binding(lan_v4(50).address), nullptr);
}

TEST_P(ProxyList, P14_NextAdvertisementArrivesAfterOneThatCouldNotBeDelivered) {
  Scenario& scene = start({.ap = {.multicast_to_unicast = true}});
  scene.composition().set_answers(GetParam());
  Guest& guest = scene.add_guest({}, {.queue = 1});
  guest.host.start_ipv6();
  pass(seconds{3});
  guest.host.clear_received();
  NdMessage ra{.type = NdType::RouterAdvertisement, .word = 0x40000708};
  const Bytes advertisement =
      nd_frame(kRouterMac, Ipv6Address::link_local(kRouterMac), Ipv6Address::all_nodes(),
               ra.with(kSourceLinkLayer, kRouterMac));
  const auto arrived = [&] {
    return count_nd(guest.host.received(),
                    [](const NdMessage& nd) { return nd.type == NdType::RouterAdvertisement; });
  };
  scene.uplink().port.send_from_outside(arp_announcement(kRouterMac, v4_of(1)));
  scene.uplink().port.send_from_outside(advertisement);
  pass();
  EXPECT_EQ(arrived(), 0U);
  EXPECT_EQ(scene.drops(guest.plug, Drop::TxFull), 1U);
  pass(seconds{1});
  scene.router().send_frame(advertisement);
  pass();
  EXPECT_EQ(arrived(), 1U);
}

}  // namespace
}  // namespace laneway::test

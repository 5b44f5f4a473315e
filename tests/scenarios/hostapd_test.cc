// The cases of hostapd's proxy ARP tests, turned to a switch: the same from inside and outside, in
// both ways of answering.
#include <array>

#include "tests/scenarios/neighbor_world.h"

namespace laneway::test {
namespace {

class ProxyList : public NeighborWorld, public testing::WithParamInterface<Answers> {
 protected:
  bool suppresses() const { return GetParam() == Answers::Suppress; }
  // Guests a and b, a LAN host and another station.
  void set_out() {
    Scenario& scene = start();
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

}  // namespace
}  // namespace laneway::test

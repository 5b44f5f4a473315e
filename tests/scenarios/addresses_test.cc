// Addresses and traffic: how guests come to addresses over the air and reach others with them.
#include <utility>

#include "switch/wire/bytes.h"
#include "tests/scenarios/neighbor_world.h"
#include "tests/support/dhcp_message.h"
#include "tests/support/packet.h"
#include "tests/support/tcp.h"

namespace laneway::test {
namespace {

using A01 = World;
using A02 = World;
using A03 = World;
using A04 = World;
using A05 = World;
using A06 = World;
using A07 = World;
using A08 = World;
using A09 = World;

// What a guest does in its first minute.
void first_minute(Scenario& scene, Guest& guest) {
  scene.start_ra();
  guest.host.start_ipv6();
  guest.dhcp.start();
  scene.run_for(seconds{5});
  guest.host.ping(kRouterV4);
  guest.host.ping(lan_v6(1).address);
  scene.run_for(seconds{55});
}

TEST_F(A01, EveryFrameOnTheAirIsTheStationsAndNamesNoGuest) {
  Scenario& scene = start();
  first_minute(scene, scene.add_guest());
  EXPECT_EQ(scene.ap().counters().refused(), 0U);
  EXPECT_GT(count(scene.ap().air(), [](const auto& frame) { return frame.way == Way::Up; }), 5U);
}

TEST_F(A01, WithoutTranslationTheAccessPointRefusesAll) {
  Scenario& scene = start({.translated = false});
  first_minute(scene, scene.add_guest());
  EXPECT_FALSE(scene.foreign_on_air().empty());
  EXPECT_GT(scene.ap().counters().refused(), 5U);
  EXPECT_EQ(scene.ap().deauthentications().front().address, guest_mac(0));
}

TEST_F(A02, LeaseWithTheBroadcastFlagClear) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  EXPECT_TRUE(lease(guest));
  EXPECT_EQ(guest.dhcp.sent(), 2);
  EXPECT_TRUE(scene.dhcp().heard().front().broadcast);
  EXPECT_EQ(scene.dhcp().heard().front().chaddr, guest.host.mac());
  const Neighbor* bound = scene.binding(*guest.dhcp.lease());
  ASSERT_NE(bound, nullptr);
  EXPECT_EQ(bound->origin, NeighborOrigin::Dhcp);
  EXPECT_EQ(bound->port, guest.plug.id);
}

TEST_F(A02, WithoutTranslationThereIsNoLease) {
  Scenario& scene = start({.translated = false});
  EXPECT_FALSE(lease(scene.add_guest(), seconds{30}));
}

// Each value that the checksum of a request can have is still right when the flag is set.
TEST_F(A02, FlagIsSetUnderEveryUdpChecksum) {
  Scenario& scene = start();
  PortSettings unlimited;
  unlimited.storm_limit = 0;
  Guest& guest = scene.add_guest(unlimited);
  std::size_t right = 0;
  constexpr std::uint32_t kStep = 64;  // of 65,536; all of them stand in the translation's own test
  for (std::uint32_t xid = 0; xid < 0x10000; xid += kStep) {
    const DhcpMessage discover{.xid = xid, .chaddr = guest.host.mac(), .type = DhcpType::Discover};
    const UdpDatagram datagram{.destination = Ipv4Address{0xffffffff},
                               .source_port = kDhcpClientPort,
                               .destination_port = kDhcpServerPort,
                               .payload = dhcp_bytes(discover)};
    scene.ap().clear_logs();
    guest.host.send_frame(
        ip_frame(MacAddress::broadcast(), guest.host.mac(), udp_packet(datagram)));
    scene.run_for(Nanos{0});
    const auto sent = dhcp_of(scene.ap().air().front().bytes);  // only if its checksum is right
    right += sent && sent->broadcast && sent->xid == xid ? 1U : 0U;
  }
  EXPECT_EQ(right, 0x10000U / kStep);
}

TEST_F(A03, DhcpReplyInEachFormReachesTheRightGuest) {
  for (const ReplyForm form :
       {ReplyForm::Broadcast, ReplyForm::UnicastBroadcastIp, ReplyForm::UnicastYiaddr}) {
    Scenario& scene = start();
    scene.dhcp().options().form = form;
    Guest& guest = scene.add_guest();
    Guest& other = scene.add_guest();
    EXPECT_TRUE(lease(guest)) << static_cast<int>(form);
    EXPECT_EQ(count(other.host.received(),
                    [](const auto& frame) {
                      const auto dhcp = dhcp_of(frame.bytes);
                      return dhcp && dhcp->op == 2;
                    }),
              0U)
        << static_cast<int>(form);
  }
}

TEST_F(A04, RequestWithoutChecksumStaysWithout) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.dhcp.options().udp_checksum = false;
  scene.dhcp().options().udp_checksum = false;
  EXPECT_TRUE(lease(guest));
  for (const LoggedFrame& frame : scene.ap().air()) {
    if (frame.way != Way::Up || !dhcp_of(frame.bytes)) continue;
    EXPECT_EQ(wire::load_be16(read_ip(frame.bytes)->payload.data() + 6), 0);
  }
}

TEST_F(A04, ChecksumThatTheGuestLeavesToOthersIsRightOnTheAir) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.offloads = 1400;
  EXPECT_TRUE(lease(guest));
  EXPECT_EQ(guest.dhcp.sent(), 2) << "the server understood the first of each";
  EXPECT_TRUE(scene.dhcp().heard().front().broadcast);
}

TEST_F(A04, RequestInTwoFragmentsIsUnderstood) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  const DhcpMessage discover{.xid = 7, .chaddr = guest.host.mac(), .type = DhcpType::Discover};
  const IpPacket whole = udp_packet({.source = Ipv4Address{},
                                     .destination = Ipv4Address{0xffffffff},
                                     .source_port = kDhcpClientPort,
                                     .destination_port = kDhcpServerPort,
                                     .payload = dhcp_bytes(discover)});
  constexpr std::size_t kFirst = 64;
  IpPacket first = whole;
  first.payload.resize(kFirst);
  first.more_fragments = true;
  IpPacket second = whole;
  second.payload.erase(second.payload.begin(), second.payload.begin() + kFirst);
  second.fragment_at = kFirst;
  IpPacket together = whole;
  together.payload.clear();
  for (const IpPacket& part : {first, second}) {
    scene.ap().clear_logs();
    guest.host.send_frame(ip_frame(MacAddress::broadcast(), guest.host.mac(), part));
    scene.run_for(Nanos{0});
    const Bytes heard = read_ip(scene.ap().air().front().bytes)->payload;
    together.payload.insert(together.payload.end(), heard.begin(), heard.end());
  }
  const auto asked = dhcp_of(ip_frame(MacAddress::broadcast(), kStaMac, together));
  ASSERT_TRUE(asked) << "its checksum is right";
  EXPECT_TRUE(asked->broadcast);
  EXPECT_EQ(asked->chaddr, guest.host.mac());
}

TEST_F(A04, OneTransactionIdOfTwoGuestsServesBoth) {
  Scenario& scene = start();
  Guest& a = scene.add_guest();
  Guest& b = scene.add_guest();
  a.dhcp.options().xid = b.dhcp.options().xid = 0x1234;
  a.dhcp.start();
  b.dhcp.start();
  scene.run_for(seconds{2});
  ASSERT_TRUE(a.dhcp.lease() && b.dhcp.lease());
  EXPECT_NE(*a.dhcp.lease(), *b.dhcp.lease());
}

TEST_F(A05, RenewRebindAndInformAreAnswered) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  guest.dhcp.renew();
  scene.run_for(seconds{1});
  EXPECT_EQ(guest.dhcp.acks(), 2);
  EXPECT_FALSE(scene.dhcp().heard().back().broadcast);  // a renewal is answered to ciaddr
  guest.dhcp.rebind();
  scene.run_for(seconds{1});
  EXPECT_EQ(guest.dhcp.acks(), 3);
  guest.dhcp.inform();
  scene.run_for(seconds{1});
  EXPECT_EQ(guest.dhcp.acks(), 4);
}

TEST_F(A05, ReleaseAndDeclineEndTheBindingAtOnce) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  const Ipv4Address first = *guest.dhcp.lease();
  guest.dhcp.release();
  scene.run_for(milliseconds{1});
  EXPECT_EQ(scene.binding(first), nullptr);
  ASSERT_TRUE(lease(guest));
  const Ipv4Address second = *guest.dhcp.lease();
  guest.dhcp.decline();
  scene.run_for(milliseconds{1});
  EXPECT_EQ(scene.binding(second), nullptr);
  EXPECT_TRUE(scene.dhcp().declined().contains(second));
}

TEST_F(A06, BootpIsAnsweredAndBindsNothing) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.dhcp.options().bootp = true;
  ASSERT_TRUE(lease(guest));
  EXPECT_EQ(scene.binding(*guest.dhcp.lease()), nullptr);
  EXPECT_EQ(ping(guest.host, kRouterV4), 3);  // as TFTP would: its own words bind the address
}

TEST_F(A07, AddressFromAnAdvertisedPrefixIsReachableFromTheLan) {
  Scenario& scene = start();
  scene.start_ra();
  Guest& guest = scene.add_guest();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  ASSERT_TRUE(guest.host.address(Family::Ipv6));
  EXPECT_EQ(ping(scene.router(), *guest.host.address(Family::Ipv6)), 3);
  guest.host.add_address({*IpAddress::parse("2001:db8:77::1234:5678"), 64});  // a privacy address
  scene.run_for(seconds{3});
  EXPECT_EQ(ping(scene.router(), *IpAddress::parse("2001:db8:77::1234:5678")), 3);
}

// DAD is all that it says of its address: no announcement, no data, no solicitation.
constexpr seconds kSilence{20};

TEST_F(A07, GuestThatIsSilentAfterDadIsAskedAndKeepsItsAddress) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  Guest& other = scene.add_guest();
  const IpPrefix silent = lan_v6(77);
  guest.host.add_address(silent);
  scene.run_for(kSilence);
  ASSERT_NE(scene.binding(silent.address), nullptr);
  EXPECT_TRUE(scene.binding(silent.address)->is_valid());
  EXPECT_EQ(asked_for(guest.host, silent.address.v6()), 1U);
  scene.set_network([](Network& network) { network.host.push_back(lan_v6(10)); });
  scene.machine().add_address_unasked(lan_v6(10));
  EXPECT_EQ(ping(scene.machine(), silent.address), 3);
  other.host.add_address(silent);
  other.host.send_frame(unsolicited_na(other.host.mac(), silent.address.v6()));
  scene.run_for(kSilence);
  EXPECT_EQ(other.host.state_of(silent.address), AddressState::Duplicate);
  EXPECT_EQ(scene.drops(other.plug, Drop::SpoofIp), 1U);
  EXPECT_EQ(scene.binding(silent.address)->port, guest.plug.id);
}

TEST_F(A07, GuestThatDoesNotAnswerAfterDadLosesItsAddress) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  Guest& other = scene.add_guest();
  const IpPrefix tried = lan_v6(77);
  guest.host.add_address(tried);
  scene.run_for(seconds{3});
  ASSERT_NE(scene.binding(tried.address), nullptr);
  guest.host.remove_address(tried.address);
  scene.run_for(kSilence);
  EXPECT_EQ(scene.binding(tried.address), nullptr);
  other.host.add_address(tried);
  scene.run_for(kSilence);
  EXPECT_EQ(other.host.state_of(tried.address), AddressState::Preferred);
  EXPECT_EQ(scene.binding(tried.address)->port, other.plug.id);
}

TEST_F(A07, Dhcpv6PassesWithItsIdentifierAsItWas) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  const IpAddress servers = *IpAddress::parse("ff02::1:2");
  scene.router().join(servers);
  Bytes heard;
  scene.router().on_udp(547, [&](const UdpDatagram& datagram, const IpPacket&) {
    heard = datagram.payload;
    scene.router().send_udp({.destination = datagram.source,
                             .source_port = 547,
                             .destination_port = 546,
                             .payload = datagram.payload});
  });
  int answers = 0;
  guest.host.on_udp(546, [&](const UdpDatagram&, const IpPacket&) { ++answers; });
  // Solicit with a client identifier: DUID-LLT with the guest's own address (RFC 8415 §11.2).
  const Bytes solicit = Writer()
                            .u32(0x01abcdef)
                            .u16(1)
                            .u16(14)
                            .u16(1)
                            .u16(1)
                            .u32(0x12345678)
                            .mac(guest.host.mac())
                            .take();
  guest.host.send_udp(
      {.destination = servers, .source_port = 546, .destination_port = 547, .payload = solicit});
  scene.run_for(seconds{2});
  EXPECT_EQ(heard, solicit);
  EXPECT_EQ(answers, 1);
}

TEST_F(A08, PingsBothWaysInBothFamiliesKeepTheHopLimit) {
  Scenario& scene = start();
  scene.start_ra();
  Guest& guest = leased_guest();
  guest.host.start_ipv6();
  scene.run_for(seconds{5});
  Host& lan = scene.add_lan_host(50);
  EXPECT_EQ(ping(guest.host, lan_v4(50).address), 3);
  EXPECT_EQ(ping(lan, *guest.dhcp.lease()), 3);
  EXPECT_EQ(ping(guest.host, lan_v6(1).address), 3);
  EXPECT_EQ(ping(scene.router(), *guest.host.address(Family::Ipv6)), 3);
  EXPECT_EQ(ping(guest.host, kInternetV4), 3);
  EXPECT_EQ(ping(guest.host, kInternetV6), 3);
  const PingId id = lan.ping(*guest.dhcp.lease());
  scene.run_for(seconds{1});
  EXPECT_EQ(lan.result(id).hop_limit, 64);
}

TEST_F(A08, LanReachesAGuestThatNeverSpokeToIt) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  scene.run_for(seconds{60});
  EXPECT_EQ(ping(scene.add_lan_host(51), *guest.dhcp.lease()), 3);
}

TEST_F(A08, UdpPassesBothWaysAndUnchanged) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  Bytes heard;
  scene.router().on_udp(7, [&](const UdpDatagram& datagram, const IpPacket& packet) {
    heard = datagram.payload;
    EXPECT_EQ(packet.hop_limit, 64);
    scene.router().send_udp({.destination = datagram.source,
                             .source_port = 7,
                             .destination_port = datagram.source_port,
                             .payload = datagram.payload});
  });
  Bytes back;
  guest.host.on_udp(1234,
                    [&](const UdpDatagram& datagram, const IpPacket&) { back = datagram.payload; });
  const Bytes words = Writer().u32(0xdecafbad).u8(7).take();
  guest.host.send_udp(
      {.destination = kRouterV4, .source_port = 1234, .destination_port = 7, .payload = words});
  scene.run_for(seconds{1});
  EXPECT_EQ(heard, words);
  EXPECT_EQ(back, words);
}

TEST_F(A08, TcpRunsBothWaysWhoeverBegins) {
  const Bytes words(100'000, std::byte{0x5a});
  for (const bool v6 : {false, true}) {
    for (const bool from_lan : {false, true}) {
      Scenario& scene = start();
      scene.start_ra();
      Guest& guest = leased_guest();
      guest.host.start_ipv6();
      scene.run_for(seconds{5});
      Tcp at_guest(guest.host);
      Tcp at_lan(scene.router());
      const IpAddress inside = v6 ? *guest.host.address(Family::Ipv6) : *guest.dhcp.lease();
      from_lan ? at_lan.connect(inside) : at_guest.connect((v6 ? lan_v6(1) : lan_v4(1)).address);
      at_guest.send(words);
      at_lan.send(words);
      scene.run_for(seconds{10});
      EXPECT_EQ(at_guest.received(), words) << v6 << from_lan;
      EXPECT_EQ(at_lan.received(), words) << v6 << from_lan;
    }
  }
}

TEST_F(A08, TcpToTheInternetByTheRouter) {
  const Bytes words(100'000, std::byte{0x5a});
  Scenario& scene = start();
  Guest& guest = leased_guest();
  Tcp at_guest(guest.host);
  Tcp beyond(scene.router());  // it answers as the Internet, too
  at_guest.connect(kInternetV4);
  at_guest.send(words);
  scene.run_for(seconds{10});
  EXPECT_EQ(beyond.received(), words);
}

TEST_F(A08, WithoutTranslationNothingOfThisArrives) {
  Scenario& scene = start({.translated = false});
  Guest& guest = scene.add_guest();
  guest.host.add_address_unasked(lan_v4(21));
  EXPECT_EQ(ping(guest.host, kRouterV4), 0);
  EXPECT_EQ(ping(scene.add_lan_host(50), lan_v4(21).address), 0);
}

TEST_F(A09, StaticIpv4AddressIsFoundByItsFirstWords) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.host.add_address(lan_v4(21));
  scene.run_for(seconds{8});
  ASSERT_EQ(guest.host.state_of(lan_v4(21).address), AddressState::Preferred);
  EXPECT_TRUE(scene.binding(lan_v4(21).address)->is_valid());
  EXPECT_EQ(ping(scene.router(), lan_v4(21).address), 3);
}

TEST_F(A09, DataFromASilentStaticAddressIsProbedAndThenValid) {
  Scenario& scene = start();
  Guest& guest = scene.add_guest();
  guest.host.add_address_unasked(lan_v4(21));
  guest.host.neighbors().set_permanent(kRouterV4, kRouterMac);
  const auto ears =
      std::exchange(guest.plug.deliver, [](const Bytes&) {});  // misses the first probe
  const PingId id = guest.host.ping(kRouterV4);
  scene.run_for(Nanos{0});
  const Neighbor* bound = scene.binding(lan_v4(21).address);
  ASSERT_NE(bound, nullptr);
  EXPECT_EQ(bound->state, NeighborState::Unverified);
  guest.plug.deliver = ears;
  EXPECT_TRUE(scene.run_until([&] { return bound->is_valid(); }, seconds{10}));
  EXPECT_EQ(guest.host.result(id).answered, 0);  // its answer came while it was deaf
  EXPECT_EQ(ping(guest.host, kRouterV4), 3);
}

TEST_F(A09, TheSameInIpv6) {
  Scenario& scene = start();
  scene.start_ra();
  scene.run_for(seconds{1});
  Guest& guest = scene.add_guest();
  guest.host.add_address_unasked(lan_v6(21));
  guest.host.neighbors().set_permanent(lan_v6(1).address, kRouterMac);
  const PingId id = guest.host.ping(lan_v6(1).address);
  scene.run_for(seconds{3});
  ASSERT_NE(scene.binding(lan_v6(21).address), nullptr);
  EXPECT_TRUE(scene.binding(lan_v6(21).address)->is_valid());
  EXPECT_EQ(guest.host.result(id).answered, 1);
}

}  // namespace
}  // namespace laneway::test

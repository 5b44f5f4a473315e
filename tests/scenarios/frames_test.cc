// Frames of every shape between guests and the air: tags, fragments, offloads, lengths, padding.
#include <algorithm>
#include <array>

#include "tests/scenarios/neighbor_world.h"
#include "tests/support/dhcp_message.h"
#include "tests/support/offload.h"
#include "tests/support/tcp.h"

namespace laneway::test {
namespace {

using B10 = NeighborWorld;
using G01 = NeighborWorld;
using G02 = NeighborWorld;
using G03 = NeighborWorld;
using G04 = NeighborWorld;
using G05 = NeighborWorld;
using G06 = NeighborWorld;
using G07 = NeighborWorld;

Bytes pattern(std::size_t bytes) {
  Bytes all(bytes);
  for (std::size_t at = 0; at < bytes; ++at) all[at] = std::byte(at * 7 & 0xffU);
  return all;
}

Bytes udp_frame(MacAddress to, MacAddress from, const IpAddress& source,
                const IpAddress& destination, std::size_t bytes = 8) {
  return ip_frame(to, from,
                  udp_packet({.source = source,
                              .destination = destination,
                              .source_port = 9,
                              .destination_port = 9,
                              .payload = pattern(bytes)}));
}

// `frame` behind a tag of `vlan`.
Bytes tagged(Bytes frame, std::uint16_t vlan) {
  const Bytes tag = Writer().u16(0x8100).u16(vlan).take();
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

// The last frame that went up; empty if none did.
Bytes last_up(Scenario& scene) {
  Bytes last;
  for (const LoggedFrame& frame : scene.ap().air()) {
    if (frame.way == Way::Up) last = frame.bytes;
  }
  return last;
}

std::size_t heard(const Host& host, const Bytes& frame) {
  return count(host.received(), [&](const LoggedFrame& each) { return each.bytes == frame; });
}

// The same with other Ethernet addresses: all that the translation edits of data.
Bytes readdressed(Bytes frame, MacAddress to, MacAddress from) {
  const Bytes addresses = Writer().mac(to).mac(from).take();
  std::copy(addresses.begin(), addresses.end(), frame.begin());
  return frame;
}

TEST_F(B10, PacketForTheStationGoesToWhoeverHasTheAddress) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  Guest& other = settled_guest(51);
  int at_host = 0;
  scene.machine().on_udp(9, [&](const UdpDatagram&, const IpPacket&) { ++at_host; });
  int at_other = 0;
  other.host.on_udp(9, [&](const UdpDatagram&, const IpPacket&) { ++at_other; });
  scene.ap().clear_logs();
  for (const std::uint8_t last : std::to_array<std::uint8_t>({10, 51, 99})) {
    guest.host.send_frame(
        udp_frame(kStaMac, guest.host.mac(), lan_v4(50).address, lan_v4(last).address));
  }
  pass();
  EXPECT_EQ(at_host, 1);
  EXPECT_EQ(at_other, 1);
  EXPECT_EQ(scene.drops(guest.plug, Drop::NoPort), 1U);
  EXPECT_TRUE(scene.ap().air().empty());
}

TEST_F(G01, TagsStayInsideButForThePriorityTag) {
  Scenario& scene = start();
  Guest& a = settled_guest(50);
  Guest& b = settled_guest(51);
  const Bytes plain =
      udp_frame(kRouterMac, a.host.mac(), lan_v4(50).address, lan_v4(1).address, 100);
  scene.ap().clear_logs();
  a.host.send_frame(tagged(plain, 5));
  a.host.send_frame(tagged(tagged(plain, 0), 5));
  a.host.send_frame(tagged(tagged(plain, 5), 0));
  pass();
  EXPECT_EQ(scene.drops(a.plug, Drop::Vlan), 3U);
  EXPECT_TRUE(scene.ap().air().empty());
  a.host.send_frame(tagged(plain, 0));
  pass();
  EXPECT_EQ(last_up(scene), readdressed(plain, kRouterMac, kStaMac));
  const Bytes inside = tagged(tagged(readdressed(plain, b.host.mac(), a.host.mac()), 7), 5);
  a.host.send_frame(inside);
  pass();
  EXPECT_EQ(b.host.received().back().bytes, inside);
}

TEST_F(G01, TagsFromTheUplinkEndToo) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  const Bytes plain = udp_frame(kStaMac, kRouterMac, lan_v4(1).address, lan_v4(50).address, 100);
  for (const std::uint16_t vlan : std::to_array<std::uint16_t>({5, 0})) {
    scene.uplink().port.send_from_outside(tagged(plain, vlan));
  }
  scene.uplink().port.send_from_outside(tagged(tagged(plain, 5), 5));
  pass();
  EXPECT_EQ(scene.drops(scene.uplink(), Drop::Vlan), 2U);
  EXPECT_EQ(heard(guest.host, readdressed(plain, guest.host.mac(), kRouterMac)), 1U);
}

// Of IPv4 by its own fields; of IPv6 by a header, made here by hand.
std::vector<IpPacket> fragments(const IpAddress& source, const IpAddress& destination) {
  const IpPacket whole = udp_packet({.source = source,
                                     .destination = destination,
                                     .destination_port = 9,
                                     .payload = pattern(2000)});
  constexpr std::size_t kFirst = 1200;
  std::vector<IpPacket> parts{whole, whole};
  parts[0].payload.resize(kFirst);
  parts[1].payload.erase(parts[1].payload.begin(), parts[1].payload.begin() + kFirst);
  if (source.family == Family::Ipv4) {
    parts[0].more_fragments = true;
    parts[1].fragment_at = kFirst;
    return parts;
  }
  constexpr std::uint8_t kFragment = 44;
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
    const auto place = static_cast<unsigned>(at == 0 ? 1U : kFirst);  // offset, M
    Writer rest;
    rest.u8(kUdp).u8(0).u16(place).u32(0x1234).raw(parts[at].payload);
    parts[at].protocol = kFragment;
    parts[at].payload = rest.take();
  }
  return parts;
}

TEST_F(G02, FragmentsPassBothWaysWithTheirEthernetHeaderAloneEdited) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  for (const auto& [own, far] : {std::pair{lan_v4(50), lan_v4(1)}, {lan_v6(50), lan_v6(1)}}) {
    for (const IpPacket& part : fragments(own.address, far.address)) {
      const Bytes frame = ip_frame(kRouterMac, guest.host.mac(), part);
      guest.host.send_frame(frame);
      pass();
      EXPECT_EQ(last_up(scene), readdressed(frame, kRouterMac, kStaMac));
    }
    for (const IpPacket& part : fragments(far.address, own.address)) {
      const Bytes frame = ip_frame(kStaMac, kRouterMac, part);
      scene.router().send_frame(frame);
      pass();
      EXPECT_EQ(heard(guest.host, readdressed(frame, guest.host.mac(), kRouterMac)), 1U);
    }
  }
}

constexpr std::size_t kSegment = 1400;
constexpr std::size_t kMuch = 200'000;

TEST_F(G03, OffloadsOnBothWaysLeaveNoWrongChecksumAndLoseNothing) {
  for (const bool v6 : {false, true}) {
    Scenario& scene = start();
    Guest& guest = settled_guest(50);
    guest.offloads = kSegment;
    Tcp there(scene.router());
    Tcp here(guest.host, 16'000);  // its card cuts these
    here.connect((v6 ? lan_v6(1) : lan_v4(1)).address);
    here.send(pattern(kMuch));
    there.send(pattern(kMuch));
    pass(seconds{20});
    EXPECT_EQ(there.received(), pattern(kMuch));
    EXPECT_EQ(here.received(), pattern(kMuch));
    EXPECT_EQ(scene.router().counters().unreadable, 0U);
    EXPECT_EQ(scene.drops(Drop::Mtu) + scene.drops(Drop::BadOffload), 0U);
    EXPECT_GT(
        count(scene.ap().air(), [](const auto& frame) { return frame.bytes.size() > kSegment; }),
        kMuch / kSegment);
  }
}

// What the adapter merged arrives whole, and is cut for a guest that takes no long frames.
TEST_F(G03, MergedFrameFromTheUplinkReachesTheGuestInSegments) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  Writer tcp;
  tcp.u16(80).u16(80).u32(1).u32(0).u8(0x50).u8(0x10).u16(0xffff).u32(0).raw(pattern(5000));
  const IpPacket packet{.source = lan_v4(1).address,
                        .destination = lan_v4(50).address,
                        .protocol = kTcp,
                        .payload = tcp.take()};
  Bytes frame = ip_frame(kStaMac, kRouterMac, packet);
  const auto header = leave_offloads(frame, kSegment);
  ASSERT_TRUE(header);
  std::size_t bytes = 0;
  guest.host.on_ip(kTcp, [&](const IpPacket& segment) {
    EXPECT_EQ(transport_checksum(segment, kTcp, segment.payload), 0);
    bytes += segment.payload.size() - 20;
  });
  EXPECT_TRUE(scene.uplink().send(frame, *header));
  pass();
  EXPECT_EQ(bytes, 5000U);
}

// Every header of a sweep on a frame of every length: what a port takes of it either passes with
// the laws kept or is `bad_offload`, and no ARP, ND or DHCP passes that others would have to cut.
TEST_F(G04, SweepOfOffloadsOnArpNdAndDhcp) {
  Scenario& scene = start();
  PortSettings settings;
  settings.storm_limit = 0;
  Guest& guest = scene.add_guest(settings);
  const MacAddress mac = guest.host.mac();
  const DhcpMessage discover{.xid = 1, .chaddr = mac, .type = DhcpType::Discover};
  const std::array<Bytes, 3> frames{arp_request(mac, v4_of(50), v4_of(1)),
                                    solicitation(mac, Ipv6Address::link_local(mac), v6_of(1)),
                                    ip_frame(MacAddress::broadcast(), mac,
                                             udp_packet({.source = Ipv4Address{},
                                                         .destination = Ipv4Address{0xffffffff},
                                                         .source_port = kDhcpClientPort,
                                                         .destination_port = kDhcpServerPort,
                                                         .payload = dhcp_bytes(discover)}))};
  std::size_t taken = 0;
  const auto offer = [&](const Bytes& frame, const VnetHeader& header) {
    scene.ap().clear_logs();
    if (!guest.plug.send(frame, header)) return;
    ++taken;
    const std::uint64_t bad = scene.drops(guest.plug, Drop::BadOffload);
    pass(Nanos{0});
    const bool cut = header.gso_type != VnetHeader::kGsoNone &&
                     frame.size() > std::size_t{header.header_bytes} + header.segment_bytes;
    if (cut && scene.drops(guest.plug, Drop::BadOffload) == bad) {
      EXPECT_TRUE(last_up(scene).empty()) << frame.size();
    }
  };
  for (const Bytes& whole : frames) {
    for (std::size_t bytes = 14; bytes <= 65; ++bytes) {
      const std::size_t cut = bytes > 64 ? whole.size() : std::min(bytes, whole.size());
      const Bytes frame(whole.begin(), whole.begin() + std::ptrdiff_t(cut));
      for (const unsigned flags : {0U, 1U, 2U, 3U}) {
        for (const unsigned gso : {0U, 1U, 4U, 5U, 0x81U, 0xffU}) {
          for (const unsigned at : {0U, 14U, 34U, 54U, 0xffffU}) {
            offer(frame, {.flags = static_cast<std::uint8_t>(flags),
                          .gso_type = static_cast<std::uint8_t>(gso),
                          .header_bytes = 42,
                          .segment_bytes = 8,
                          .checksum_start = static_cast<std::uint16_t>(at),
                          .checksum_offset = at == 54 ? std::uint16_t{2} : std::uint16_t{6}});
          }
        }
      }
    }
  }
  EXPECT_GT(taken, 1000U);
  // A DHCP message to be cut is what a port believes and the translation refuses.
  EXPECT_GT(scene.drops(guest.plug, Drop::BadOffload), 0U);
}

TEST_F(G05, PacketsOverTheMtuEndAndTcpGoesOn) {
  for (const bool v6 : {false, true}) {
    Scenario& scene = start();
    scene.set_network([](Network& network) { network.mtu = 1300; });
    Guest& guest = settled_guest(50);
    const IpAddress far = (v6 ? lan_v6(1) : lan_v4(1)).address;
    Tcp there(scene.router(), 1000);
    Tcp here(guest.host, 1440);
    here.connect(far);
    here.send(pattern(20'000));
    pass(seconds{30});
    EXPECT_EQ(there.received(), pattern(20'000)) << v6;
    ASSERT_FALSE(guest.host.icmp_errors().empty());
    EXPECT_EQ(guest.host.icmp_errors().front().mtu, 1300U);
    EXPECT_EQ(guest.host.icmp_errors().front().from, far);
    EXPECT_GT(scene.drops(Drop::Mtu), 0U);
  }
}

TEST_F(G05, EachLengthOverTheMtuIsTold) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  std::size_t told = 0;
  for (const std::size_t bytes : {1501U, 1502U, 2000U, 4000U, 9018U}) {
    guest.host.send_frame(
        udp_frame(kRouterMac, guest.host.mac(), lan_v4(50).address, lan_v4(1).address, bytes - 28));
    pass(seconds{1});
    EXPECT_EQ(guest.host.icmp_errors().size(), ++told) << bytes;
    EXPECT_EQ(guest.host.icmp_errors().back().mtu, 1500U);
  }
  EXPECT_EQ(scene.drops(guest.plug, Drop::Mtu) + scene.drops(scene.uplink(), Drop::Mtu), told);
}

// A segmented frame is as long as its segments.
TEST_F(G05, SegmentsOverTheMtuAreToldToo) {
  Scenario& scene = start();
  scene.set_network([](Network& network) { network.mtu = 1300; });
  Guest& guest = settled_guest(50);
  guest.offloads = kSegment;
  Tcp there(scene.router());
  Tcp here(guest.host, 8'000);
  here.connect(lan_v4(1).address);
  here.send(pattern(20'000));
  pass(seconds{5});
  ASSERT_FALSE(guest.host.icmp_errors().empty());
  EXPECT_EQ(guest.host.icmp_errors().front().mtu, 1300U);
}

TEST_F(G06, OtherProtocolsStayInsideButForListedGroups) {
  constexpr std::uint16_t kIpx = 0x8137;
  constexpr std::uint16_t kPppoe = 0x8863;
  constexpr std::uint16_t kLlc = 46;
  Scenario& scene = start();
  Guest& a = scene.add_guest();
  Guest& b = scene.add_guest();
  scene.ap().clear_logs();
  std::uint64_t ended = 0;
  for (const std::uint16_t type : {kIpx, kPppoe, kLlc}) {
    const Bytes group = ethernet_frame(MacAddress::broadcast(), a.host.mac(), type, Bytes(46));
    const Bytes unicast = ethernet_frame(b.host.mac(), a.host.mac(), type, Bytes(46));
    a.host.send_frame(group);
    a.host.send_frame(unicast);
    a.host.send_frame(ethernet_frame(kRouterMac, a.host.mac(), type, Bytes(46)));
    pass();
    EXPECT_EQ(heard(b.host, group), 1U);
    EXPECT_EQ(heard(b.host, unicast), 1U);
    ended += 2;
    EXPECT_EQ(scene.drops(Drop::Nonip), ended) << type;
  }
  EXPECT_TRUE(scene.ap().air().empty());
  const Bytes from_lan = ethernet_frame(MacAddress::broadcast(), kRouterMac, kIpx, Bytes(46));
  scene.router().send_frame(from_lan);
  pass();
  EXPECT_EQ(heard(a.host, from_lan), 0U);
  scene.composition().set_translation({.nonip = {kIpx}});
  scene.router().send_frame(from_lan);
  pass();
  EXPECT_EQ(heard(a.host, from_lan), 1U);
}

TEST_F(G07, PaddingAndTrailersAreCarriedUnchanged) {
  Scenario& scene = start();
  Guest& guest = settled_guest(50);
  const auto padded = [](Bytes frame) {
    frame.resize(std::max<std::size_t>(60, frame.size() + 4), std::byte{0xa5});
    return frame;
  };
  const Bytes up =
      padded(udp_frame(kRouterMac, guest.host.mac(), lan_v4(50).address, lan_v4(1).address));
  guest.host.send_frame(up);
  pass();
  EXPECT_EQ(last_up(scene), readdressed(up, kRouterMac, kStaMac));
  const Bytes down = padded(udp_frame(kStaMac, kRouterMac, lan_v4(1).address, lan_v4(50).address));
  scene.router().send_frame(down);
  pass();
  EXPECT_EQ(heard(guest.host, readdressed(down, guest.host.mac(), kRouterMac)), 1U);
  const Bytes nd = padded(solicitation(guest.host.mac(), v6_of(50), v6_of(1)));
  guest.host.send_frame(nd);
  pass();
  const Bytes said = last_up(scene);
  ASSERT_EQ(said.size(), nd.size());
  EXPECT_EQ(nd_of(said)->link_layer(kSourceLinkLayer), kStaMac);  // its checksum is right
  EXPECT_EQ(said.back(), std::byte{0xa5});
}

}  // namespace
}  // namespace laneway::test

// What holds for frames of every protocol on a translated uplink, and IPv4 and IPv6 data.
#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

using wire::EtherType;
using wire::FrameBuilder;
using wire::IpProtocol;

constexpr MacAddress kAll = MacAddress::broadcast();

MacAddress destination(const Outcome& outcome) { return wire::load_mac(outcome.bytes.data()); }

Bytes udp4(wire::MacPair macs, Ipv4Address from, Ipv4Address to, std::size_t payload = 32) {
  Bytes room(14 + 28 + payload + 64);
  const auto frame = FrameBuilder(room)
                         .ethernet(macs)
                         .ipv4({.source = from, .destination = to})
                         .udp({4000, 5000})
                         .zeros(payload)
                         .finish(60);
  return {frame.begin(), frame.end()};
}
Bytes udp6(wire::MacPair macs, const Ipv6Address& from, const Ipv6Address& to) {
  Bytes room(256);
  const auto frame = FrameBuilder(room)
                         .ethernet(macs)
                         .ipv6({.source = from, .destination = to})
                         .udp({4000, 5000})
                         .zeros(32)
                         .finish();
  return {frame.begin(), frame.end()};
}
Bytes other(wire::MacPair macs, std::uint16_t type) {
  Bytes frame(60);
  wire::store_mac(frame.data(), macs.destination);
  wire::store_mac(frame.data() + 6, macs.source);
  wire::store_be16(frame.data() + 12, type);
  return frame;
}
Bytes tagged(const Bytes& frame, std::vector<std::uint16_t> vids) {
  Bytes out(frame.begin(), frame.begin() + 12);
  for (const std::uint16_t vid : vids) {
    for (const unsigned byte : {0x81U, 0U, vid >> 8U | 0xa0U, vid & 0xffU}) {
      out.push_back(std::byte{static_cast<std::uint8_t>(byte)});
    }
  }
  out.insert(out.end(), frame.begin() + 12, frame.end());
  return out;
}
// `frame` with other addresses in its Ethernet header.
Bytes with_macs(Bytes frame, MacAddress to, MacAddress from) {
  wire::store_mac(frame.data(), to);
  wire::store_mac(frame.data() + 6, from);
  return frame;
}

TEST(Out, Inv1_OnlyTheEthernetSourceOfDataChanges) {
  Rig rig;
  const Bytes v4_frame = udp4({kRouter, kA}, kAIp, kRouterIp);
  EXPECT_EQ(rig.out(rig.a, v4_frame).bytes, with_macs(v4_frame, kRouter, kSta));
  const Bytes v6_frame = udp6({kRouter, kA}, kA6, kLan6);
  EXPECT_EQ(rig.out(rig.a, v6_frame).bytes, with_macs(v6_frame, kRouter, kSta));
}

TEST(Out, Sta3_SourceIsTheStationsAddressOfThatMoment) {
  Rig rig;
  rig.network.station = mac("02:00:00:00:01:99");
  const Bytes frame = udp4({kRouter, kA}, kAIp, kRouterIp);
  EXPECT_EQ(rig.out(rig.a, frame).bytes, with_macs(frame, kRouter, rig.network.station));
}

TEST(Out, NothingLeavesBeforeTheStationHasAnAddress) {
  Rig rig;
  rig.network.station = {};
  EXPECT_TRUE(rig.out(rig.a, udp4({kRouter, kA}, kAIp, kRouterIp)).drops(Drop::LinkDown));
}

TEST(Out, PlainUplinkEditsNothing) {
  Rig rig;
  rig.network.translated = false;
  const Bytes frame = other({kAll, kA}, 0x88b5);
  EXPECT_EQ(rig.out(rig.a, frame).bytes, frame);
}

TEST(Out, Out2_G06_OtherProtocolsEnd) {
  Rig rig;
  for (const int type : {0x8137, 0x8863, 0x8864, 0x88cc, 0x88b5, 0x0026}) {
    EXPECT_TRUE(
        rig.out(rig.a, other({kAll, kA}, static_cast<std::uint16_t>(type))).drops(Drop::Nonip))
        << type;
  }
}

TEST(Out, Out4_G01_TaggedFramesEndButForAPriorityTag) {
  Rig rig;
  const Bytes frame = udp4({kRouter, kA}, kAIp, kRouterIp);
  EXPECT_TRUE(rig.out(rig.a, tagged(frame, {5})).drops(Drop::Vlan));
  EXPECT_TRUE(rig.out(rig.a, tagged(frame, {5, 6})).drops(Drop::Vlan));
  EXPECT_TRUE(rig.out(rig.a, tagged(frame, {0, 6})).drops(Drop::Vlan));
  EXPECT_EQ(rig.out(rig.a, tagged(frame, {0})).bytes, with_macs(frame, kRouter, kSta));
}

TEST(In, Out4_G01_TaggedFramesEndButForAPriorityTag) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const Bytes frame = udp4({kSta, kRouter}, kRouterIp, kAIp);
  EXPECT_TRUE(rig.in(tagged(frame, {5})).drops(Drop::Vlan));
  EXPECT_EQ(rig.in(tagged(frame, {0})).bytes, with_macs(frame, kA, kRouter));
}

TEST(Out, Out10_UnsoundIpHeaderEnds) {
  Rig rig;
  Bytes version = udp4({kRouter, kA}, kAIp, kRouterIp);
  version[14] = std::byte{0x55};
  EXPECT_TRUE(rig.out(rig.a, version).drops(Drop::IpBad));
  Bytes length = udp4({kRouter, kA}, kAIp, kRouterIp);
  wire::store_be16(&length[16], static_cast<std::uint16_t>(length.size()));
  EXPECT_TRUE(rig.out(rig.a, length).drops(Drop::IpBad));
  Bytes v6_frame = udp6({kRouter, kA}, kA6, kLan6);
  v6_frame.pop_back();
  EXPECT_TRUE(rig.out(rig.a, v6_frame).drops(Drop::IpBad));
}

TEST(Out, G07_PaddingAndTrailersAreCarriedUnchanged) {
  Rig rig;
  Bytes frame = udp4({kRouter, kA}, kAIp, kRouterIp, 4);
  frame.insert(frame.end(), 9, std::byte{0x77});
  EXPECT_EQ(rig.out(rig.a, frame).bytes, with_macs(frame, kRouter, kSta));
}

TEST(Out, G02_FragmentsPassWithTheirHeaderOnlyChanged) {
  Rig rig;
  for (const std::uint16_t offset : {std::uint16_t{0}, std::uint16_t{1480}}) {
    Bytes room(128);
    const auto frame = FrameBuilder(room)
                           .ethernet({kRouter, kA})
                           .ipv4({.source = kAIp,
                                  .destination = kRouterIp,
                                  .more_fragments = offset == 0,
                                  .fragment_offset = offset})
                           .zeros(64)
                           .finish();
    const Bytes bytes(frame.begin(), frame.end());
    EXPECT_EQ(rig.out(rig.a, bytes).bytes, with_macs(bytes, kRouter, kSta));
  }
}

TEST(Out, G04_ChecksumLeftToOthersMustLieBehindTheIpHeader) {
  Rig rig;
  const Bytes frame = udp4({kRouter, kA}, kAIp, kRouterIp);
  for (std::uint16_t start = 15; start < 48; ++start) {
    const Outcome got = rig.out(
        rig.a, frame, {.needs_checksum = true, .checksum_start = start, .checksum_offset = 6});
    EXPECT_EQ(got.passes(), start >= 34) << start;
    EXPECT_TRUE(got.passes() || got.drops(Drop::BadOffload)) << start;
  }
}

TEST(In, In1_StationAsSourceIsAnEcho) {
  Rig rig;
  EXPECT_TRUE(rig.in(udp4({kAll, kSta}, kAIp, Ipv4Address{0xffffffffU})).drops(Drop::Echo));
  EXPECT_TRUE(rig.in(udp4({kSta, kSta}, kAIp, kBIp)).drops(Drop::Echo));
}

TEST(In, In3_FrameForAnotherStationIsNotOurs) {
  Rig rig;
  EXPECT_TRUE(rig.in(udp4({kLan, kRouter}, kRouterIp, kLanIp)).drops(Drop::NotOurs));
}

TEST(In, In4_GroupPacketThatCameAsUnicastGetsItsDestinationBack) {
  Rig rig;
  const auto rebuilt = [&rig](Ipv4Address to) {
    const Outcome got = rig.in(udp4({kSta, kLan}, kLanIp, to));
    EXPECT_TRUE(got.passes() && !got.scope);
    return destination(got);
  };
  EXPECT_EQ(rebuilt(v4("255.255.255.255")), kAll);
  EXPECT_EQ(rebuilt(v4("192.168.77.255")), kAll);
  EXPECT_EQ(rebuilt(v4("224.0.0.251")), mac("01:00:5e:00:00:fb"));
  EXPECT_EQ(rebuilt(v4("239.129.2.3")), mac("01:00:5e:01:02:03"));
  const Outcome got = rig.in(udp6({kSta, kLan}, kLan6, v6("ff02::fb")));
  EXPECT_EQ(destination(got), mac("33:33:00:00:00:fb"));
}

TEST(In, In5_D03_SecondFormEndsAndTwoOfOneFormPass) {
  Rig rig;
  const Ipv4Address mdns = v4("224.0.0.251");
  const Bytes group = udp4({mdns.multicast_mac(), kLan}, kLanIp, mdns);
  EXPECT_TRUE(rig.in(group).passes());
  EXPECT_TRUE(rig.in(with_macs(group, kSta, kLan)).drops(Drop::Duplicate));
  EXPECT_TRUE(rig.in(group).passes());
  EXPECT_TRUE(rig.in(with_macs(group, kSta, kLan)).drops(Drop::Duplicate));
}

TEST(In, In6_F10_UnicastPacketInAGroupFrameEnds) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  rig.bind(kA6, rig.a);
  EXPECT_TRUE(rig.in(udp4({kAll, kLan}, kLanIp, kAIp)).drops(Drop::GtkUnicast));
  EXPECT_TRUE(rig.in(udp6({mac("33:33:00:00:00:01"), kLan}, kLan6, kA6)).drops(Drop::GtkUnicast));
  rig.ports[rig.uplink].settings.gtk_unicast = true;
  EXPECT_TRUE(rig.in(udp4({kAll, kLan}, kLanIp, kAIp)).passes());
}

TEST(In, In7_UnicastReachesTheOwnerOnly) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  rig.bind(kB6, rig.b);
  const Bytes v4_frame = udp4({kSta, kRouter}, kRouterIp, kAIp);
  const Outcome v4_got = rig.in(v4_frame);
  EXPECT_TRUE(v4_got.only_to(rig.a));
  EXPECT_EQ(v4_got.bytes, with_macs(v4_frame, kA, kRouter));
  const Bytes v6_frame = udp6({kSta, kRouter}, kLan6, kB6);
  const Outcome v6_got = rig.in(v6_frame);
  EXPECT_TRUE(v6_got.only_to(rig.b));
  EXPECT_EQ(v6_got.bytes, with_macs(v6_frame, kB, kRouter));
}

TEST(In, In7_TentativeAndUnverifiedOwnersAreReachedToo) {
  Rig rig;
  rig.probe(kAIp, rig.a);
  rig.neighbors.unverified({kBIp, kB, rig.b}, rig.now);
  EXPECT_TRUE(rig.in(udp4({kSta, kRouter}, kRouterIp, kAIp)).only_to(rig.a));
  EXPECT_TRUE(rig.in(udp4({kSta, kRouter}, kRouterIp, kBIp)).only_to(rig.b));
}

TEST(In, In7_A11_LongestPrefixOfAPortGetsIt) {
  Rig rig;
  rig.ports[rig.a].settings.prefixes = {*IpPrefix::parse("10.0.0.0/8")};
  rig.ports[rig.b].settings.prefixes = {*IpPrefix::parse("10.9.0.0/16")};
  EXPECT_TRUE(rig.in(udp4({kSta, kRouter}, kRouterIp, v4("10.8.0.1"))).only_to(rig.a));
  const Outcome got = rig.in(udp4({kSta, kRouter}, kRouterIp, v4("10.9.0.1")));
  EXPECT_TRUE(got.only_to(rig.b));
  EXPECT_EQ(destination(got), kB);
}

TEST(In, In7_OtherUnicastIsTheHosts) {
  Rig rig;
  EXPECT_TRUE(rig.in(udp4({kSta, kRouter}, kRouterIp, kHostIp)).drops(Drop::ForHost));
  EXPECT_TRUE(rig.in(udp6({kSta, kRouter}, kLan6, kA6)).drops(Drop::ForHost));
}

TEST(In, In8_UnsoundIpIsTheHostsOrAGroupFrame) {
  Rig rig;
  Bytes frame = udp4({kSta, kRouter}, kRouterIp, kAIp);
  frame[14] = std::byte{0x44};
  EXPECT_TRUE(rig.in(frame).drops(Drop::ForHost));
  EXPECT_TRUE(rig.in(with_macs(frame, kAll, kRouter)).passes());
}

TEST(In, In8_G06_OtherProtocolsAreTheHostsAndGroupsOnlyIfListed) {
  Rig rig;
  rig.nat.set_settings({.nonip = {0x88cc}});
  EXPECT_TRUE(rig.in(other({kSta, kLan}, 0x88cc)).drops(Drop::ForHost));
  EXPECT_TRUE(rig.in(other({kAll, kLan}, 0x8137)).drops(Drop::Nonip));
  EXPECT_TRUE(rig.in(other({kAll, kLan}, 0x0026)).drops(Drop::Nonip));  // LLC
  EXPECT_TRUE(rig.in(other({kAll, kLan}, 0x88cc)).passes());
}

TEST(In, PlainUplinkGivesTheHostItsOwnAndEditsNothing) {
  Rig rig;
  rig.network.translated = false;
  EXPECT_TRUE(rig.in(udp4({kSta, kRouter}, kRouterIp, kHostIp)).drops(Drop::ForHost));
  const Bytes frame = udp4({kA, kRouter}, kRouterIp, kAIp);
  const Outcome got = rig.in(frame);
  EXPECT_TRUE(got.passes() && !got.scope);
  EXPECT_EQ(got.bytes, frame);
}

TEST(In, EveryLengthOfAFrameIsJudgedWithoutReadingPastIt) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  for (const Bytes& whole : {udp4({kSta, kRouter}, kRouterIp, kAIp),
                             udp6({kSta, kRouter}, kLan6, kA6), other({kAll, kLan}, 0x8100)}) {
    for (std::size_t length = 14; length <= whole.size(); ++length) {
      rig.in(std::span(whole).first(length));
      rig.out(rig.a, std::span(whole).first(length));
    }
  }
}

}  // namespace
}  // namespace laneway::test

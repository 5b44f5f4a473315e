// ARP over a translated uplink (RFC 826, RFC 5227).
#include "switch/wire/arp.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

using wire::ArpFields;
using wire::ArpOp;

constexpr MacAddress kAll = MacAddress::broadcast();
const Ipv4Address kNobody{};

ArpFields fields_of(const Outcome& outcome) {
  Bytes bytes = outcome.bytes;
  const auto arp = wire::ArpView::parse(std::span(bytes).subspan(14));
  return arp ? arp->fields() : ArpFields{};
}
MacAddress destination(const Outcome& outcome) { return wire::load_mac(outcome.bytes.data()); }
MacAddress source(const Outcome& outcome) { return wire::load_mac(outcome.bytes.data() + 6); }

auto request(MacAddress to, MacAddress sha, Ipv4Address spa, MacAddress tha, Ipv4Address tpa) {
  return wire::build_arp(to, sha, {ArpOp::Request, sha, spa, tha, tpa});
}
auto reply(MacAddress to, MacAddress sha, Ipv4Address spa, MacAddress tha, Ipv4Address tpa) {
  return wire::build_arp(to, sha, {ArpOp::Reply, sha, spa, tha, tpa});
}

TEST(ArpOut, Arp5_StationStandsForTheSender) {
  Rig rig;
  const Outcome got = rig.out(rig.a, request(kAll, kA, kAIp, {}, kRouterIp));
  EXPECT_EQ(source(got), kSta);
  EXPECT_EQ(fields_of(got), (ArpFields{ArpOp::Request, kSta, kAIp, {}, kRouterIp}));
}

TEST(ArpOut, Arp5_B07_AnyLocalPortsTargetMacBecomesTheStations) {
  Rig rig;
  for (const MacAddress local : {kA, kB, kOwn}) {
    const Outcome got = rig.out(rig.a, request(kAll, kA, kAIp, local, kRouterIp));
    EXPECT_EQ(fields_of(got).target_mac, kSta) << to_string(local);
  }
  const Outcome got = rig.out(rig.a, reply(kLan, kA, kAIp, kLan, kLanIp));
  EXPECT_EQ(fields_of(got).target_mac, kLan);
}

TEST(ArpOut, Arp5_StationLearntBehindAPortIsLocalToo) {
  Rig rig;
  const MacAddress nested = mac("52:54:00:00:01:0a");
  rig.macs.learn(nested, VlanId{}, rig.a, 0, rig.now);
  const Outcome got = rig.out(rig.b, request(kAll, kB, kBIp, nested, kRouterIp));
  EXPECT_EQ(fields_of(got).target_mac, kSta);
}

TEST(ArpOut, Inv2_WhatIsSaidByTheSwitchItselfPassesAsItIs) {
  Rig rig;
  const auto said = wire::build_arp_announcement(kSta, kAIp);
  EXPECT_EQ(rig.out(kNoPort, said).bytes, Bytes(said.begin(), said.end()));
}

TEST(ArpOut, Arp1_B09_OtherOperationsEnd) {
  Rig rig;
  for (const ArpOp op : {ArpOp::ReverseRequest, ArpOp::InverseRequest, ArpOp::InverseReply}) {
    const auto frame = wire::build_arp(kAll, kA, {op, kA, kAIp, kA, kAIp});
    EXPECT_TRUE(rig.out(rig.a, frame).drops(Drop::ArpOp));
    EXPECT_TRUE(
        rig.in(wire::build_arp(kAll, kLan, {op, kLan, kLanIp, {}, kAIp})).drops(Drop::ArpOp));
  }
}

TEST(ArpOut, Arp1_B09_RarpAnnouncesTheMigratedGuest) {
  Rig rig;
  const auto frame = wire::build_arp(kAll, kA, {ArpOp::ReverseRequest, kA, {}, kA, {}});
  EXPECT_TRUE(rig.out(rig.a, frame).drops(Drop::ArpOp));
  EXPECT_EQ(rig.noticed.moved, rig.a);
}

TEST(ArpIn, Arp1_B09_WrongTypesSizesAndSendersAreMalformed) {
  Rig rig;
  const auto good = reply(kSta, kLan, kLanIp, kSta, kAIp);
  for (const std::size_t at : {14U, 15U, 16U, 17U, 18U, 19U}) {
    auto bad = good;
    bad[at] ^= std::byte{1};
    EXPECT_TRUE(rig.in(bad).drops(Drop::ArpBad)) << at;
    EXPECT_TRUE(rig.out(rig.a, bad).drops(Drop::ArpBad)) << at;
  }
  EXPECT_TRUE(rig.in(reply(kSta, kAll, kLanIp, kSta, kAIp)).drops(Drop::ArpBad));
  EXPECT_TRUE(rig.in(reply(kSta, {}, kLanIp, kSta, kAIp)).drops(Drop::ArpBad));
}

TEST(ArpIn, Arp2_B08_SenderUnlikeTheFramesSourcePasses) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const auto frame = wire::build_arp(kSta, kRouter, {ArpOp::Reply, kLan, kLanIp, kSta, kAIp});
  EXPECT_TRUE(rig.in(frame).only_to(rig.a));
}

TEST(ArpIn, B06_EveryLengthIsTranslatedOrMalformed) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const auto whole = reply(kSta, kLan, kLanIp, kSta, kAIp);
  for (std::size_t length = 0; length <= 64; ++length) {
    Bytes frame(whole.begin(), whole.begin() + 14);
    for (std::size_t at = 0; at < length; ++at) {
      frame.push_back(at < 28 ? whole[14 + at] : std::byte{0xee});
    }
    const Outcome got = rig.in(frame);
    if (length < 28) {
      EXPECT_TRUE(got.drops(Drop::ArpBad)) << length;
      continue;
    }
    ASSERT_TRUE(got.only_to(rig.a)) << length;
    EXPECT_EQ(fields_of(got).target_mac, kA);
    EXPECT_TRUE(std::equal(frame.begin() + 42, frame.end(), got.bytes.begin() + 42)) << length;
  }
}

TEST(ArpIn, B06_PacketCutByASegmentIsMalformed) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  auto frame = reply(kSta, kLan, kLanIp, kSta, kAIp);
  EXPECT_TRUE(rig.in_segments(frame, 30).drops(Drop::ArpBad));
  Bytes padded(frame.begin(), frame.end());
  padded.resize(60);
  EXPECT_TRUE(rig.in_segments(padded, 42).only_to(rig.a));
}

TEST(ArpIn, Arp7_StationAsSenderIsAnEcho) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const auto echo = wire::build_arp(kAll, kRouter, {ArpOp::Request, kSta, kAIp, {}, kLanIp});
  EXPECT_TRUE(rig.in(echo).drops(Drop::EchoArp));
}

TEST(ArpIn, Arp8_AnnouncementReachesAllGuests) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const Outcome got = rig.in(request(kSta, kLan, kLanIp, {}, kLanIp));
  EXPECT_TRUE(got.passes());
  EXPECT_FALSE(got.scope);
  EXPECT_EQ(destination(got), kAll);
}

TEST(ArpIn, Arp8_RequestReachesTheOwnerOnly) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const Outcome got = rig.in(request(kAll, kLan, kLanIp, {}, kAIp));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(destination(got), kAll);
}

TEST(ArpIn, Arp8_UnicastRequestAndItsTargetGetTheOwnersMac) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const Outcome got = rig.in(request(kSta, kLan, kLanIp, kSta, kAIp));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(destination(got), kA);
  EXPECT_EQ(fields_of(got).target_mac, kA);
}

TEST(ArpIn, Arp8_RequestForTheHostIsTheHosts) {
  Rig rig;
  EXPECT_TRUE(rig.in(request(kAll, kLan, kLanIp, {}, kHostIp)).drops(Drop::ForHost));
}

TEST(ArpIn, Arp8_RequestForAnUnknownAddressReachesAllGuests) {
  Rig rig;
  const Outcome got = rig.in(request(kSta, kLan, kLanIp, {}, kBIp));
  EXPECT_TRUE(got.passes());
  EXPECT_FALSE(got.scope);
  EXPECT_EQ(destination(got), kAll);
}

TEST(ArpIn, Arp9_ConflictReachesTheBindingsPortToo) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  rig.bind(kBIp, rig.b);
  const Outcome got = rig.in(request(kSta, kLan, kAIp, {}, kBIp));
  PortSet both;
  both.add(rig.a);
  both.add(rig.b);
  EXPECT_EQ(got.scope, both);
  EXPECT_EQ(destination(got), kAll);
  EXPECT_EQ(rig.noticed.conflicted, IpAddress(kAIp));
  ASSERT_NE(rig.bound(kAIp), nullptr);
  EXPECT_EQ(rig.bound(kAIp)->mac, kA);
}

TEST(ArpIn, Arp9_ConflictInARequestForTheHostReachesTheGuest) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  EXPECT_TRUE(rig.in(request(kAll, kLan, kAIp, {}, kHostIp)).only_to(rig.a));
  const Outcome got = rig.in(reply(kSta, kLan, kAIp, kSta, kHostIp));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(fields_of(got).target_mac, kA);  // INV-3: not the station's
}

TEST(ArpIn, Arp10_ReplyReachesTheTargetWithItsMac) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  const Outcome got = rig.in(reply(kSta, kRouter, kRouterIp, kSta, kAIp));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(destination(got), kA);
  EXPECT_EQ(fields_of(got).target_mac, kA);
}

TEST(ArpIn, Arp10_AnswerToProbeReachesTheProber) {
  Rig rig;
  rig.probe(kLanIp, rig.b);
  const Outcome got = rig.in(reply(kSta, kLan, kLanIp, kSta, kNobody));
  EXPECT_TRUE(got.only_to(rig.b));
  EXPECT_EQ(destination(got), kB);
  EXPECT_EQ(fields_of(got).target_mac, kB);
}

TEST(ArpIn, Arp10_BroadcastReplyReachesAllGuests) {
  Rig rig;
  rig.probe(kLanIp, rig.b);
  const Outcome got = rig.in(reply(kAll, kLan, kLanIp, kSta, kNobody));
  EXPECT_TRUE(got.passes());
  EXPECT_FALSE(got.scope);
  EXPECT_EQ(fields_of(got).target_mac, kB);
}

TEST(ArpIn, Arp10_OtherRepliesAreTheHosts) {
  Rig rig;
  EXPECT_TRUE(rig.in(reply(kSta, kLan, kLanIp, kSta, kHostIp)).drops(Drop::ForHost));
  EXPECT_TRUE(rig.in(reply(kSta, kLan, kLanIp, kSta, kBIp)).drops(Drop::ForHost));
}

}  // namespace
}  // namespace laneway::test

// Group memberships of guests over a translated uplink (RFC 4541).
#include <array>

#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

using std::chrono::seconds;
using wire::FrameBuilder;
using wire::IpProtocol;

const Ipv4Address kGroup = v4("239.1.2.3");
const Ipv6Address kGroup6 = v6("ff05::1234");

Bytes igmp(MacAddress from, std::uint8_t type, Ipv4Address group = kGroup) {
  std::array<std::byte, 128> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({group.multicast_mac(), from})
                         .ipv4({.source = kAIp, .destination = group, .ttl = 1})
                         .igmp(type, 0)
                         .address(group)
                         .finish(60);
  return {frame.begin(), frame.end()};
}
// A version 3 report with these records, none of which names a source.
Bytes igmp3(MacAddress from, const std::vector<std::pair<std::uint8_t, Ipv4Address>>& records) {
  std::array<std::byte, 128> room;
  FrameBuilder builder(room);
  builder.ethernet({v4("224.0.0.22").multicast_mac(), from});
  builder.ipv4({.source = kAIp, .destination = v4("224.0.0.22"), .ttl = 1});
  builder.igmp(0x22, 0).be16(0).be16(static_cast<std::uint16_t>(records.size()));
  for (const auto& [type, group] : records) builder.be8(type).be8(0).be16(0).address(group);
  const auto frame = builder.finish();
  return {frame.begin(), frame.end()};
}
Bytes mld(MacAddress from, std::uint8_t type) {
  std::array<std::byte, 128> room;
  const std::array<std::byte, 7> alert{std::byte{0}, std::byte{5}, std::byte{2}};
  const auto frame =
      FrameBuilder(room)
          .ethernet({kGroup6.multicast_mac(), from})
          .ipv6({.source = Ipv6Address::link_local(from), .destination = kGroup6, .hop_limit = 1})
          .extension(IpProtocol::HopByHop, alert)
          .icmpv6(type, 0)
          .be32(0)
          .address(kGroup6)
          .finish();
  return {frame.begin(), frame.end()};
}

TEST(Multicast, Mc1_ReportsLeaveEditedInTheirSourceOnly) {
  Rig rig;
  for (const Bytes& report : {igmp(kA, 0x16), mld(kA, 131), igmp3(kA, {{4, kGroup}})}) {
    Bytes expected = report;
    wire::store_mac(&expected[6], kSta);
    EXPECT_EQ(rig.out(rig.a, report).bytes, expected);
  }
}

TEST(Multicast, Mc3_A15_LeaveStaysHereWhileAnotherGuestListens) {
  Rig rig;
  rig.out(rig.a, igmp(kA, 0x16));
  rig.out(rig.b, igmp(kB, 0x16));
  EXPECT_TRUE(rig.out(rig.a, igmp(kA, 0x17)).drops(Drop::Suppressed));
  EXPECT_TRUE(rig.out(rig.b, igmp(kB, 0x17)).passes());
}

TEST(Multicast, Mc3_A15_DoneStaysHereWhileAnotherGuestListens) {
  Rig rig;
  rig.out(rig.a, mld(kA, 131));
  rig.out(rig.b, mld(kB, 131));
  EXPECT_TRUE(rig.out(rig.a, mld(kA, 132)).drops(Drop::Suppressed));
  EXPECT_TRUE(rig.out(rig.b, mld(kB, 132)).passes());
}

TEST(Multicast, Mc3_MembershipOfTheHostCounts) {
  Rig rig;
  const IpAddress group = kGroup;
  rig.nat.set_host_groups(std::span(&group, 1));
  EXPECT_TRUE(rig.out(rig.a, igmp(kA, 0x17)).drops(Drop::Suppressed));
}

TEST(Multicast, Mc3_MembershipEndsAfter260Seconds) {
  Rig rig;
  rig.out(rig.b, igmp(kB, 0x16));
  rig.now += seconds{260};
  EXPECT_TRUE(rig.out(rig.a, igmp(kA, 0x17)).drops(Drop::Suppressed));
  rig.now += Nanos{1};
  EXPECT_TRUE(rig.out(rig.a, igmp(kA, 0x17)).passes());
}

TEST(Multicast, Mc3_ReportThatOnlyLeavesCountsAsALeave) {
  Rig rig;
  rig.out(rig.b, igmp3(kB, {{4, kGroup}}));
  EXPECT_TRUE(rig.out(rig.a, igmp3(kA, {{3, kGroup}})).drops(Drop::Suppressed));
  EXPECT_TRUE(rig.out(rig.a, igmp3(kA, {{3, kGroup}, {4, v4("239.9.9.9")}})).passes());
}

TEST(Multicast, Mc3_GuestThatIsGoneListensNoMore) {
  Rig rig;
  rig.out(rig.b, igmp(kB, 0x16));
  rig.nat.forget_port(rig.b);
  EXPECT_TRUE(rig.out(rig.a, igmp(kA, 0x17)).passes());
}

TEST(Multicast, Mc2_GroupFramesReachAllGuests) {
  Rig rig;
  Bytes frame = igmp(kLan, 0x11);
  const Outcome got = rig.in(frame);
  EXPECT_TRUE(got.passes() && !got.scope);
  EXPECT_EQ(got.bytes, frame);
}

}  // namespace
}  // namespace laneway::test

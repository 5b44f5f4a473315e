#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "switch/wire/igmp.h"
#include "switch/wire/mld.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

// Router alert in the IPv4 header; leaves 239.1.2.3.
const auto kV2Leave =
    octets("4600 0020 0000 0000 0102 7d23 c0a8 070a e000 0002 9404 0000 1700 f7fa ef01 0203 ");
// Leaves 239.1.2.3, blocks a source of 239.1.2.4 (with auxiliary data), joins 239.1.2.5.
const auto kV3Report = octets(
    "4600 0040 0000 0000 0102 7cef c0a8 070a e000 0016 9404 0000 2200 f9d9 0000 0003 "
    "0300 0000 ef01 0203 0601 0001 ef01 0204 c633 6401 6175 7864 0400 0000 ef01 0205 ");
// A hop-by-hop header before each; done with ff05::1:3.
const auto kDone = octets(
    "6000 0000 0020 0001 fe80 0000 0000 0000 0000 00ff fe00 0001 ff02 0000 0000 0000 "
    "0000 0000 0000 0002 3a00 0502 0000 0100 8400 801c 0000 0000 ff05 0000 0000 0000 "
    "0000 0000 0001 0003 ");
// Leaves ff05::1:3, listens to one source of ff05::1:4.
const auto kMldv2Report = octets(
    "6000 0000 004c 0001 fe80 0000 0000 0000 0000 00ff fe00 0001 ff02 0000 0000 0000 "
    "0000 0000 0000 0016 3a00 0502 0000 0100 8f00 6a39 0000 0002 0300 0000 ff05 0000 "
    "0000 0000 0000 0000 0001 0003 0101 0001 ff05 0000 0000 0000 0000 0000 0001 0004 "
    "2001 0db8 0000 0000 0000 0000 0000 0001 6175 7864 ");
const auto kMldQuery = octets(
    "6000 0000 0020 0001 fe80 0000 0000 0000 0000 00ff fe00 00fe ff02 0000 0000 0000 "
    "0000 0000 0000 0001 3a00 0502 0000 0100 8200 591a 2710 0000 0000 0000 0000 0000 "
    "0000 0000 0000 0000 ");

using Changes = std::vector<std::pair<std::string, GroupChange>>;

template <class View>
Changes changes_of(const View& view) {
  Changes changes;
  view.for_each_group([&](const auto& group, GroupChange change) {
    changes.emplace_back(to_string(group), change);
  });
  return changes;
}

std::optional<IgmpView> parse_igmp(std::span<std::byte> packet) {
  return IgmpView::parse(*Ipv4View::parse(packet));
}

std::optional<MldView> parse_mld(std::span<std::byte> packet) {
  const auto ip = Ipv6View::parse(packet);
  return MldView::parse(*Icmpv6View::parse(*ip, ip->walk()));
}

TEST(Igmp, Parses) {
  ExactCopy leave(kV2Leave);
  EXPECT_TRUE(parse_igmp(leave.bytes()));
  ExactCopy report(kV3Report);
  EXPECT_TRUE(parse_igmp(report.bytes()));
}

TEST(Igmp, Mc3_ReadsALeave) {
  ExactCopy copy(kV2Leave);
  const auto leave = parse_igmp(copy.bytes());
  EXPECT_EQ(leave->kind(), MembershipKind::Leave);
  EXPECT_EQ(changes_of(*leave), (Changes{{"239.1.2.3", GroupChange::Leaves}}));
}

TEST(Igmp, Mc3_ReadsEveryRecordOfAVersion3Report) {
  ExactCopy copy(kV3Report);
  const auto report = parse_igmp(copy.bytes());
  EXPECT_EQ(report->kind(), MembershipKind::Report);
  EXPECT_EQ(changes_of(*report), (Changes{{"239.1.2.3", GroupChange::Leaves},
                                          {"239.1.2.4", GroupChange::Other},
                                          {"239.1.2.5", GroupChange::Joins}}));
}

TEST(Igmp, BuildsAReport) {
  std::array<std::byte, 64> room;
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kGuest})
                         .ipv4({.source = kGuest4, .destination = {0xe0000002}, .ttl = 1})
                         .igmp(0x17, 0)
                         .address(Ipv4Address{0xef010203})
                         .finish();
  EXPECT_EQ(vector_of(frame.subspan(kEthernetBytes + Ipv4View::kMinSize)),
            vector_of(std::span(kV2Leave).subspan(24)));
}

TEST(Igmp, RoundTripOfEveryOldType) {
  for (const unsigned type : {0x11U, 0x12U, 0x16U, 0x17U}) {
    std::array<std::byte, 64> room;
    const auto frame = FrameBuilder(room)
                           .ethernet({kRouter, kGuest})
                           .ipv4({.source = kGuest4, .destination = {0xe0000001}})
                           .igmp(static_cast<std::uint8_t>(type), 0)
                           .be32(0xef010203)
                           .finish();
    const auto igmp = parse_igmp(frame.subspan(kEthernetBytes));
    ASSERT_TRUE(igmp);
    EXPECT_EQ(igmp->kind() == MembershipKind::Query, type == 0x11);
    EXPECT_EQ(changes_of(*igmp).size(), type == 0x11 ? 0U : 1U);
  }
}

TEST(Igmp, TruncatedIsNeverReadPastItsEnd) {
  for (const auto* packet : {&kV2Leave, &kV3Report}) {
    for_every_length(*packet, [packet](std::span<std::byte> bytes) {
      if (bytes.size() < 24) return;
      store_be16(&bytes[Ipv4View::kTotalLength], static_cast<std::uint16_t>(bytes.size()));
      const auto igmp = parse_igmp(bytes);
      EXPECT_EQ(igmp.has_value(), bytes.size() == packet->size());
      if (igmp) {
        EXPECT_FALSE(changes_of(*igmp).empty());
      }
    });
  }
}

TEST(Igmp, OtherTypesAndFragmentsAreRefused) {
  ExactCopy other(kV2Leave);
  other.bytes()[24] = std::byte{0x13};
  EXPECT_FALSE(parse_igmp(other.bytes()));
  ExactCopy fragment(kV2Leave);
  store_be16(&fragment.bytes()[Ipv4View::kFragment], 0x2000);
  EXPECT_FALSE(parse_igmp(fragment.bytes()));
}

TEST(Mld, Parses) {
  for (const auto* packet : {&kDone, &kMldv2Report, &kMldQuery}) {
    ExactCopy copy(*packet);
    EXPECT_TRUE(parse_mld(copy.bytes()));
  }
}

TEST(Mld, Mc3_ReadsADone) {
  ExactCopy copy(kDone);
  const auto done = parse_mld(copy.bytes());
  EXPECT_EQ(done->kind(), MembershipKind::Leave);
  EXPECT_EQ(changes_of(*done), (Changes{{"ff05::1:3", GroupChange::Leaves}}));
}

TEST(Mld, Mc3_ReadsEveryRecordOfAVersion2Report) {
  ExactCopy copy(kMldv2Report);
  const auto report = parse_mld(copy.bytes());
  EXPECT_EQ(report->kind(), MembershipKind::Report);
  EXPECT_EQ(changes_of(*report),
            (Changes{{"ff05::1:3", GroupChange::Leaves}, {"ff05::1:4", GroupChange::Joins}}));
}

TEST(Mld, Nd9_QueryIsToldApart) {
  ExactCopy copy(kMldQuery);
  const auto query = parse_mld(copy.bytes());
  EXPECT_EQ(query->kind(), MembershipKind::Query);
  EXPECT_TRUE(changes_of(*query).empty());
}

std::span<std::byte> build_mld(std::span<std::byte> room, Icmpv6Type type) {
  return FrameBuilder(room)
      .ethernet({kRouter, kGuest})
      .ipv6({.source = kGuestLocal, .destination = Ipv6Address::all_routers(), .hop_limit = 1})
      .extension(IpProtocol::HopByHop, octets("00 0502 0000 0100"))
      .icmpv6(number(type), 0)
      .be32(0)
      .address(*Ipv6Address::parse("ff05::1:3"))
      .finish();
}

TEST(Mld, BuildsADone) {
  std::array<std::byte, 128> room;
  const auto frame = build_mld(room, Icmpv6Type::MldDone);
  EXPECT_EQ(vector_of(frame.subspan(kEthernetBytes)), kDone);
}

TEST(Mld, RoundTripOfAReport) {
  std::array<std::byte, 128> room;
  const auto frame = build_mld(room, Icmpv6Type::MldReport);
  EXPECT_EQ(changes_of(*parse_mld(frame.subspan(kEthernetBytes))),
            (Changes{{"ff05::1:3", GroupChange::Joins}}));
}

TEST(Mld, TruncatedIsNeverReadPastItsEnd) {
  for (const auto* packet : {&kDone, &kMldv2Report, &kMldQuery}) {
    for_every_length(*packet, [packet](std::span<std::byte> bytes) {
      if (bytes.size() < 52) return;
      store_be16(&bytes[Ipv6View::kPayloadLength], static_cast<std::uint16_t>(bytes.size() - 40));
      const auto mld = parse_mld(bytes);
      EXPECT_EQ(mld.has_value(), bytes.size() == packet->size());
      if (mld) {
        changes_of(*mld);
      }
    });
  }
}

TEST(Membership, Mc3_RecordTypesMeanJoiningOrLeaving) {
  EXPECT_EQ(group_change(1, 0), GroupChange::Other);
  EXPECT_EQ(group_change(1, 1), GroupChange::Joins);
  EXPECT_EQ(group_change(2, 0), GroupChange::Joins);
  EXPECT_EQ(group_change(3, 0), GroupChange::Leaves);
  EXPECT_EQ(group_change(3, 1), GroupChange::Joins);
  EXPECT_EQ(group_change(4, 0), GroupChange::Joins);
  EXPECT_EQ(group_change(5, 1), GroupChange::Joins);
  EXPECT_EQ(group_change(6, 1), GroupChange::Other);
  EXPECT_EQ(group_change(7, 0), GroupChange::Other);
}

}  // namespace
}  // namespace laneway::wire

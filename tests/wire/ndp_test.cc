#include "switch/wire/ndp.h"

#include <gtest/gtest.h>

#include "tests/wire/ndp_frames.h"

namespace laneway::wire {
namespace {

const auto kNonce = octets("0102 0304 0506");
using Room = std::array<std::byte, kNdFrameBytes>;

// Parses a copy; the view lives as long as this.
struct Parsed {
  explicit Parsed(std::span<const std::byte> frame) : copy(frame), nd(parse(copy.bytes())) {}
  static NdParse parse(std::span<std::byte> frame) {
    return NdParse::of(*Ipv6View::parse(frame.subspan(kEthernetBytes)));
  }
  const NdView& view() const { return *nd.view; }
  ExactCopy copy;
  NdParse nd;
};

TEST(Ndp, ParsesEveryMessage) {
  for (const auto* frame : kNdFrames) {
    EXPECT_EQ(Parsed(*frame).nd.kind, NdParse::Kind::Valid);
  }
}

TEST(Ndp, ReadsASolicitation) {
  const Parsed ns(kNs);
  ASSERT_TRUE(ns.nd.view);
  EXPECT_TRUE(ns.view().is(Icmpv6Type::NeighborSolicitation));
  EXPECT_FALSE(ns.view().is_dad_solicitation());
  EXPECT_EQ(ns.view().source(), kGuestLocal);
  EXPECT_EQ(ns.view().target(), kGuest6);
  EXPECT_EQ(ns.view().link_layer(NdOptionType::SourceLinkLayer), kGuest);
  EXPECT_EQ(ns.view().link_layer(NdOptionType::TargetLinkLayer), std::nullopt);
  EXPECT_EQ(vector_of(ns.view().find(NdOptionType::Nonce)->body()), kNonce);
  EXPECT_FALSE(ns.view().is_signed());
  EXPECT_TRUE(ns.view().checksum_valid());
}

TEST(Ndp, ReadsADadSolicitation) {
  const Parsed dad(kDad);
  ASSERT_TRUE(dad.nd.view);
  EXPECT_TRUE(dad.view().is_dad_solicitation());
  EXPECT_EQ(vector_of(dad.view().find(NdOptionType::Nonce)->body()), kNonce);
}

TEST(Ndp, ReadsAnAdvertisement) {
  const Parsed na(kNa);
  ASSERT_TRUE(na.nd.view);
  EXPECT_EQ(na.view().target(), kGuest6);
  EXPECT_TRUE(na.view().is_router() && na.view().is_solicited());
  EXPECT_FALSE(na.view().is_override());
  EXPECT_EQ(na.view().link_layer(NdOptionType::TargetLinkLayer), kGuest);
}

TEST(Ndp, ReadsARouterAdvertisement) {
  const Parsed ra(kRa);
  ASSERT_TRUE(ra.nd.view);
  EXPECT_EQ(ra.view().router_lifetime_s(), 1800);
  EXPECT_TRUE(ra.view().is_proxied());
  EXPECT_EQ(ra.view().link_layer(NdOptionType::SourceLinkLayer), kRouter);
  const auto prefix = PrefixInformation::parse(*ra.view().find(NdOptionType::PrefixInformation));
  ASSERT_TRUE(prefix);
  EXPECT_EQ(to_string(prefix->prefix), "2001:db8:7::/64");
  EXPECT_TRUE(prefix->on_link && prefix->autonomous);
  EXPECT_EQ(prefix->valid_lifetime_s, 86400U);
  EXPECT_EQ(prefix->preferred_lifetime_s, 14400U);
}

TEST(Ndp, ReadsARedirect) {
  const Parsed redirect(kRedirect);
  ASSERT_TRUE(redirect.nd.view);
  EXPECT_EQ(redirect.view().target(), *Ipv6Address::parse("fe80::9"));
  EXPECT_EQ(redirect.view().redirected(), kFar6);
  EXPECT_EQ(to_string(*redirect.view().link_layer(NdOptionType::TargetLinkLayer)),
            "02:00:00:00:00:09");
}

TEST(Ndp, BuildsEveryMessage) {
  Room room;
  const auto group = kGuest6.solicited_node();
  EXPECT_EQ(vector_of(build_ns(room, {group.multicast_mac(), kGuest},
                               {kGuestLocal, group, kGuest6, kNonce})),
            kNs);
  EXPECT_EQ(vector_of(build_dad_ns(room, kGuest, kGuest6, kNonce)), kDad);
  EXPECT_EQ(vector_of(build_na(room, {kRouter, kGuest},
                               {.source = kGuest6,
                                .destination = kRouterLocal,
                                .target = kGuest6,
                                .link_layer = kGuest,
                                .router = true,
                                .solicited = true})),
            kNa);
  EXPECT_EQ(vector_of(build_unsolicited_na(room, kGuest, kGuest6, false)), kUnsolicitedNa);
  EXPECT_EQ(
      vector_of(build_rs(room, {Ipv6Address::all_routers().multicast_mac(), kGuest}, kGuestLocal)),
      kRs);
}

TEST(Ndp, BuildsARoutersMessages) {
  Room room;
  const PrefixInformation prefix{.prefix = *IpPrefix::parse("2001:db8:7::/64"),
                                 .valid_lifetime_s = 86400,
                                 .preferred_lifetime_s = 14400};
  EXPECT_EQ(vector_of(build_ra(
                room, {Ipv6Address::all_nodes().multicast_mac(), kRouter},
                {.source = kRouterLocal, .flags = 0x44, .link_layer = kRouter, .prefix = prefix})),
            kRa);
  EXPECT_EQ(vector_of(build_redirect(room, {kGuest, kRouter},
                                     {.source = kRouterLocal,
                                      .destination = kGuest6,
                                      .target = *Ipv6Address::parse("fe80::9"),
                                      .redirected = kFar6,
                                      .link_layer = MacAddress::parse("02:00:00:00:00:09")})),
            kRedirect);
}

TEST(Ndp, RoundTripKeepsTheFlags) {
  for (unsigned flags = 0; flags < 8; ++flags) {
    Room room;
    const auto frame = build_na(room, {kRouter, kGuest},
                                {.source = kGuest6,
                                 .destination = kRouterLocal,
                                 .target = kGuest6,
                                 .link_layer = kStation,
                                 .router = (flags & 4U) != 0,
                                 .solicited = (flags & 2U) != 0,
                                 .override_cache = (flags & 1U) != 0});
    const Parsed na(frame);
    ASSERT_TRUE(na.nd.view);
    EXPECT_EQ(na.view().is_router(), (flags & 4U) != 0);
    EXPECT_EQ(na.view().is_solicited(), (flags & 2U) != 0);
    EXPECT_EQ(na.view().is_override(), (flags & 1U) != 0);
    EXPECT_TRUE(na.view().checksum_valid());
  }
}

// The longest message that the builders make fits their room exactly.
TEST(Ndp, RoomIsEnoughAndNothingIsWrittenPastIt) {
  std::array<std::byte, 93> room;
  EXPECT_TRUE(
      build_ns(room, {kRouter, kGuest}, {kGuestLocal, kRouterLocal, kRouterLocal, kNonce}).empty());
  EXPECT_LE(kRa.size(), kNdFrameBytes);
  EXPECT_LE(kRedirect.size(), kNdFrameBytes);
}

TEST(Ndp, TruncatedIsNeverReadPastItsEnd) {
  for (const auto* frame : kNdFrames) {
    for_every_length(*frame, [frame](std::span<std::byte> bytes) {
      if (bytes.size() < kEthernetBytes + Ipv6View::kSize) return;
      // Once as a chain's first segment, once as a packet that ends here.
      const auto cut = Ipv6View::parse(bytes.subspan(kEthernetBytes), frame->size());
      const bool is_all = bytes.size() == frame->size();
      EXPECT_EQ(NdParse::of(*cut).kind == NdParse::Kind::Valid, is_all);
      const auto payload = bytes.size() - kEthernetBytes - Ipv6View::kSize;
      store_be16(&bytes[kEthernetBytes + Ipv6View::kPayloadLength],
                 static_cast<std::uint16_t>(payload));
      const auto nd = Parsed::parse(bytes);
      if (nd.view) {
        EXPECT_EQ(nd.view->checksum_valid(), is_all);
      }
    });
  }
}

TEST(Ndp, Inv6_RewrittenOptionKeepsTheChecksumRight) {
  for (const auto* frame : {&kNs, &kNa, &kRa, &kRs, &kRedirect}) {
    Parsed nd(*frame);
    for (const NdOption option : nd.view().options()) {
      if (option.is_link_layer()) {
        nd.nd.view->set_link_layer(option, kStation, ChecksumEdit::Update);
      }
    }
    EXPECT_TRUE(nd.view().checksum_valid());
    const bool is_source = nd.view().find(NdOptionType::SourceLinkLayer).has_value();
    EXPECT_EQ(nd.view().link_layer(is_source ? NdOptionType::SourceLinkLayer
                                             : NdOptionType::TargetLinkLayer),
              kStation);
  }
}

TEST(Ndp, Edit2_ZeroIsAnOrdinaryIcmpv6Checksum) {
  Parsed nd(kNs);
  NdView& view = *nd.nd.view;
  const NdOption option = *view.find(NdOptionType::SourceLinkLayer);
  int zeros = 0;
  MacAddress mac = kStation;
  for (unsigned low = 0; low <= 0xffff; ++low) {
    mac.octets[4] = static_cast<std::uint8_t>(low >> 8U);
    mac.octets[5] = static_cast<std::uint8_t>(low & 0xffU);
    view.set_link_layer(option, mac, ChecksumEdit::Update);
    ASSERT_TRUE(view.checksum_valid());
    zeros += view.checksum() == 0 ? 1 : 0;
  }
  EXPECT_GE(zeros, 1);
}

TEST(Ndp, Edit3_ChecksumLeftToOthersIsNotTouched) {
  Parsed nd(kNa);
  const auto before = nd.view().checksum();
  nd.nd.view->set_link_layer(*nd.view().find(NdOptionType::TargetLinkLayer), kStation,
                             ChecksumEdit::Leave);
  EXPECT_EQ(nd.view().checksum(), before);
  EXPECT_EQ(nd.view().link_layer(NdOptionType::TargetLinkLayer), kStation);
}

}  // namespace
}  // namespace laneway::wire

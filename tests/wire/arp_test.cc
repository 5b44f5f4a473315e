#include "switch/wire/arp.h"

#include <gtest/gtest.h>

#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

const auto kFrame = octets(
    "ffff ffff ffff 0200 0000 0001 0806 0001 0800 0604 0001 0200 0000 0001 c0a8 070a "
    "0000 0000 0000 c0a8 0701");
const auto kPacket = std::vector<std::byte>(kFrame.begin() + kEthernetBytes, kFrame.end());
const ArpFields kRequest{.op = ArpOp::Request,
                         .sender_mac = kGuest,
                         .sender_ip = kGuest4,
                         .target_mac = {},
                         .target_ip = kRouter4};

bool parses(std::span<const std::byte> bytes) {
  ExactCopy copy(bytes);
  return ArpView::parse(copy.bytes()).has_value();
}

// The packet with one byte changed still parses.
bool parses_with(std::size_t at, std::uint8_t value) {
  auto bytes = kPacket;
  bytes[at] = std::byte{value};
  return parses(bytes);
}

TEST(Arp, ParsesWithPaddingBehind) {
  EXPECT_TRUE(parses(kPacket));
  auto padded = kPacket;
  padded.resize(46);
  EXPECT_TRUE(parses(padded));
}

TEST(Arp, ReadsEveryField) {
  ExactCopy copy(kPacket);
  const auto arp = ArpView::parse(copy.bytes());
  ASSERT_TRUE(arp);
  EXPECT_TRUE(arp->is(ArpOp::Request));
  EXPECT_EQ(arp->sender_mac(), kGuest);
  EXPECT_EQ(arp->sender_ip(), kGuest4);
  EXPECT_TRUE(arp->target_mac().is_zero());
  EXPECT_EQ(arp->target_ip(), kRouter4);
}

TEST(Arp, BuildsTheFrame) {
  EXPECT_EQ(vector_of(build_arp_request(kGuest, kGuest4, kRouter4)), kFrame);
}

TEST(Arp, RoundTripKeepsTheFields) {
  for (const ArpOp op :
       {ArpOp::Request, ArpOp::Reply, ArpOp::ReverseRequest, ArpOp::InverseReply}) {
    const ArpFields fields{op, kRouter, kRouter4, kGuest, kGuest4};
    auto frame = build_arp(kGuest, kRouter, fields);
    const auto arp = ArpView::parse(std::span(frame).subspan(kEthernetBytes));
    ASSERT_TRUE(arp);
    EXPECT_EQ(arp->fields(), fields);
  }
}

TEST(Arp, TruncatedNeverParses) {
  for_every_length(kPacket, [](std::span<std::byte> bytes) {
    const auto arp = ArpView::parse(bytes);
    EXPECT_EQ(arp.has_value(), bytes.size() == ArpView::kSize);
    if (arp) {
      EXPECT_EQ(arp->fields(), kRequest);
    }
  });
}

TEST(Arp, Arp1_OtherTypesAndSizesAreRefused) {
  EXPECT_FALSE(parses_with(ArpView::kHrd + 1, 6));  // IEEE 802
  EXPECT_FALSE(parses_with(ArpView::kPro, 0x86));
  EXPECT_FALSE(parses_with(ArpView::kHln, 8));
  EXPECT_FALSE(parses_with(ArpView::kPln, 16));
}

TEST(Arp, Arp1_ReverseAndInverseAreToldApartByOperation) {
  auto rarp =
      build_arp(MacAddress::broadcast(), kGuest, {ArpOp::ReverseRequest, kGuest, {}, kGuest, {}});
  EXPECT_TRUE(EthernetView::parse(rarp)->is(EtherType::Rarp));
  const auto view = ArpView::parse(std::span(rarp).subspan(kEthernetBytes));
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->is(ArpOp::Request) || view->is(ArpOp::Reply));
  EXPECT_FALSE(view->is_probe());
}

TEST(Arp, ProbeHasNoSenderAddress) {
  auto frame = build_arp_probe(kGuest, kGuest4);
  const auto arp = ArpView::parse(std::span(frame).subspan(kEthernetBytes));
  ASSERT_TRUE(arp);
  EXPECT_TRUE(arp->is_probe());
  EXPECT_FALSE(arp->is_announcement());
}

TEST(Arp, AnnouncementIsRequestOrReplyAboutItself) {
  auto request = build_arp_announcement(kGuest, kGuest4);
  auto reply = build_arp_reply(kGuest, kGuest4, kRouter, kGuest4);
  for (auto* frame : {&request, &reply}) {
    const auto arp = ArpView::parse(std::span(*frame).subspan(kEthernetBytes));
    ASSERT_TRUE(arp);
    EXPECT_TRUE(arp->is_announcement());
    EXPECT_FALSE(arp->is_probe());
  }
}

TEST(Arp, ProbeForNothingIsNoAnnouncement) {
  auto frame = build_arp_request(kGuest, {}, {});
  EXPECT_FALSE(ArpView::parse(std::span(frame).subspan(kEthernetBytes))->is_announcement());
}

TEST(Arp, RequestBecomesItsOwnReply) {
  ExactCopy copy(kPacket);
  auto arp = ArpView::parse(copy.bytes());
  ASSERT_TRUE(arp);
  arp->make_reply(kStation);
  EXPECT_EQ(arp->fields(), (ArpFields{ArpOp::Reply, kStation, kRouter4, kGuest, kGuest4}));
}

TEST(Arp, SettersTouchTheirFieldAlone) {
  ExactCopy copy(kPacket);
  auto arp = ArpView::parse(copy.bytes());
  ASSERT_TRUE(arp);
  arp->set_sender_mac(kStation);
  arp->set_target_mac(kRouter);
  EXPECT_EQ(arp->fields(), (ArpFields{ArpOp::Request, kStation, kGuest4, kRouter, kRouter4}));
}

}  // namespace
}  // namespace laneway::wire

#include "switch/wire/ethernet.h"

#include <gtest/gtest.h>

#include "switch/wire/vlan.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

const auto kHeader = octets("0200 0000 00fe 0200 0000 0001 88cc");
const auto kTagged = octets("0200 0000 00fe 0200 0000 0001 88a8 b00a 0800");
const VlanTag kTag{
    .protocol = EtherType::QinQ, .vlan = VlanId{10}, .priority = 5, .drop_eligible = true};

TEST(Ethernet, Parses) {
  ExactCopy copy(kHeader);
  EXPECT_TRUE(EthernetView::parse(copy.bytes()));
}

TEST(Ethernet, ReadsEveryField) {
  ExactCopy copy(kHeader);
  const auto ethernet = EthernetView::parse(copy.bytes());
  ASSERT_TRUE(ethernet);
  EXPECT_EQ(ethernet->destination(), kRouter);
  EXPECT_EQ(ethernet->source(), kGuest);
  EXPECT_TRUE(ethernet->is(EtherType::Lldp));
  EXPECT_TRUE(ethernet->payload().empty());
}

TEST(Ethernet, BuildsTheHeader) {
  std::vector<std::byte> out(kEthernetBytes);
  write_ethernet(out, kRouter, kGuest, EtherType::Lldp);
  EXPECT_EQ(out, kHeader);
}

TEST(Ethernet, RoundTripOfTheSetters) {
  std::vector<std::byte> out(kEthernetBytes);
  auto ethernet = EthernetView::parse(out);
  ASSERT_TRUE(ethernet);
  ethernet->set_destination(kRouter);
  ethernet->set_source(kGuest);
  ethernet->set_type(EtherType::Lldp);
  EXPECT_EQ(out, kHeader);
}

TEST(Ethernet, TruncatedNeverParses) {
  for_every_length(kHeader, [](std::span<std::byte> bytes) {
    const auto ethernet = EthernetView::parse(bytes);
    EXPECT_EQ(ethernet.has_value(), bytes.size() == kEthernetBytes);
    if (ethernet) {
      EXPECT_EQ(ethernet->type(), 0x88cc);
    }
  });
}

TEST(Vlan, Parses) {
  ExactCopy copy(kTagged);
  EXPECT_TRUE(VlanView::parse(copy.bytes()));
}

TEST(Vlan, ReadsEveryField) {
  ExactCopy copy(kTagged);
  const auto vlan = VlanView::parse(copy.bytes());
  ASSERT_TRUE(vlan);
  EXPECT_EQ(vlan->tag(), kTag);
  EXPECT_EQ(vlan->inner_type(), 0x0800);
}

TEST(Vlan, BuildsTheTag) {
  auto out = kTagged;
  write_vlan_tag(std::span(out).subspan(VlanView::kTpid), kTag);
  EXPECT_EQ(out, kTagged);
}

TEST(Vlan, RoundTripKeepsTheTag) {
  for (const unsigned id : {0U, 1U, 4094U, 4095U}) {
    const VlanTag tag{.vlan = VlanId{static_cast<std::uint16_t>(id)}, .priority = 7};
    auto out = kTagged;
    VlanView::parse(out)->set_tag(tag);
    EXPECT_EQ(VlanView::parse(out)->tag(), tag);
  }
}

TEST(Vlan, TruncatedNeverParses) {
  for_every_length(kTagged, [](std::span<std::byte> bytes) {
    const auto vlan = VlanView::parse(bytes);
    EXPECT_EQ(vlan.has_value(), bytes.size() == kTagged.size());
    if (vlan) {
      EXPECT_EQ(vlan->inner_type(), 0x0800);
    }
  });
}

TEST(Vlan, UntaggedFrameHasNone) {
  auto frame = kTagged;
  frame[12] = std::byte{0x08};
  EXPECT_FALSE(VlanView::parse(frame));
}

}  // namespace
}  // namespace laneway::wire

// ND-1 and ND-2: what is not viewed, message by message.
#include <gtest/gtest.h>

#include "switch/wire/ndp.h"
#include "tests/wire/ndp_frames.h"

namespace laneway::wire {
namespace {

using Kind = NdParse::Kind;

constexpr std::size_t kIp = kEthernetBytes;
constexpr std::size_t kIcmp = kIp + Ipv6View::kSize;

Kind kind_of(std::span<const std::byte> frame) {
  ExactCopy copy(frame.subspan(kIp));
  return NdParse::of(*Ipv6View::parse(copy.bytes())).kind;
}

// `frame` with `value` put at `at`.
Kind kind_with(std::vector<std::byte> frame, std::size_t at, std::uint8_t value) {
  frame[at] = std::byte{value};
  return kind_of(frame);
}

Kind kind_with(std::vector<std::byte> frame, std::size_t at, const Ipv6Address& address) {
  store_ipv6(&frame[at], address);
  return kind_of(frame);
}

// `frame` with `tail` behind its message, or, for a negative `cut`, with so many bytes less.
std::vector<std::byte> resized(std::vector<std::byte> frame, int cut, std::string_view tail = {}) {
  frame.resize(frame.size() - static_cast<std::size_t>(-cut));
  const auto more = octets(tail);
  frame.insert(frame.end(), more.begin(), more.end());
  store_be16(&frame[kIp + Ipv6View::kPayloadLength],
             static_cast<std::uint16_t>(frame.size() - kIcmp));
  return frame;
}

// A destination options header, or whichever `kind`, put before the message.
std::vector<std::byte> behind(IpProtocol kind, std::string_view rest,
                              std::vector<std::byte> frame) {
  auto header = octets(rest);
  header.insert(header.begin(), frame[kIp + Ipv6View::kNextHeader]);
  frame.insert(frame.begin() + kIcmp, header.begin(), header.end());
  frame[kIp + Ipv6View::kNextHeader] = std::byte{number(kind)};
  return resized(frame, 0);
}

TEST(NdpValidity, Nd1_HopLimitIs255) {
  for (const auto* frame : kNdFrames) {
    EXPECT_EQ(kind_with(*frame, kIp + Ipv6View::kHopLimit, 254), Kind::Malformed);
  }
}

TEST(NdpValidity, Nd1_CodeIs0) {
  for (const auto* frame : kNdFrames) {
    EXPECT_EQ(kind_with(*frame, kIcmp + 1, 1), Kind::Malformed);
  }
}

TEST(NdpValidity, Nd1_FixedPartsAreThere) {
  const struct {
    const std::vector<std::byte>& frame;
    std::size_t fixed;
  } cases[] = {{kRs, 8}, {kRa, 16}, {kNs, 24}, {kNa, 24}, {kRedirect, 40}};
  for (const auto& [frame, fixed] : cases) {
    const int excess = static_cast<int>(frame.size() - kIcmp - fixed);
    EXPECT_EQ(kind_of(resized(frame, -excess)), Kind::Valid) << fixed;
    EXPECT_EQ(kind_of(resized(frame, -excess - 1)), Kind::Malformed) << fixed;
  }
}

TEST(NdpValidity, Nd1_TargetIsNoGroup) {
  const auto group = *Ipv6Address::parse("ff02::1");
  EXPECT_EQ(kind_with(kNs, kIcmp + NdView::kTarget, group), Kind::Malformed);
  EXPECT_EQ(kind_with(kNa, kIcmp + NdView::kTarget, group), Kind::Malformed);
  EXPECT_EQ(kind_with(kRedirect, kIcmp + NdView::kDestination, group), Kind::Malformed);
}

TEST(NdpValidity, Nd1_DadGoesToASolicitedNodeGroup) {
  EXPECT_EQ(kind_with(kDad, kIp + Ipv6View::kDestination, Ipv6Address::all_nodes()),
            Kind::Malformed);
  EXPECT_EQ(kind_with(kDad, kIp + Ipv6View::kDestination, kGuest6), Kind::Malformed);
}

TEST(NdpValidity, Nd1_UnspecifiedSourceHasNoLinkLayerOption) {
  EXPECT_EQ(kind_with(kNs, kIp + Ipv6View::kSource, Ipv6Address{}), Kind::Malformed);
  EXPECT_EQ(kind_with(kRs, kIp + Ipv6View::kSource, Ipv6Address{}), Kind::Malformed);
  EXPECT_EQ(kind_of(resized(kDad, 0, "0101 0200 0000 0001")), Kind::Malformed);
}

TEST(NdpValidity, Nd1_AdvertisementToAGroupIsUnsolicited) {
  EXPECT_EQ(kind_with(kUnsolicitedNa, kIcmp + NdView::kFlags, 0x60), Kind::Malformed);
}

TEST(NdpValidity, Nd1_RoutersSpeakFromLinkLocalAddresses) {
  EXPECT_EQ(kind_with(kRa, kIp + Ipv6View::kSource, kRouter6), Kind::Malformed);
  EXPECT_EQ(kind_with(kRedirect, kIp + Ipv6View::kSource, kRouter6), Kind::Malformed);
}

TEST(NdpValidity, Nd1_RedirectIsToARouterOrToTheDestinationItself) {
  EXPECT_EQ(kind_with(kRedirect, kIcmp + NdView::kTarget, kRouter6), Kind::Malformed);
  EXPECT_EQ(kind_with(kRedirect, kIcmp + NdView::kTarget, kFar6), Kind::Valid);
}

TEST(NdpValidity, Nd1_OptionOfNoLengthIsRefused) {
  for (const auto* frame : kNdFrames) {
    EXPECT_EQ(kind_of(resized(*frame, 0, "1900 0000 0000 0000")), Kind::Malformed);
  }
}

TEST(NdpValidity, Nd1_OptionPastTheEndIsRefused) {
  EXPECT_EQ(kind_of(resized(kNs, 0, "1902 0000 0000 0000")), Kind::Malformed);
  EXPECT_EQ(kind_of(resized(kNs, 0, "19")), Kind::Malformed);
  EXPECT_EQ(kind_of(resized(kNs, 0, "1901 0000 0000 00")), Kind::Malformed);
  EXPECT_EQ(kind_of(resized(kNs, 0, "1901 0000 0000 0000")), Kind::Valid);
}

// A second, longer one may hide an address where no edit finds it.
TEST(NdpValidity, Nd1_LinkLayerOptionsHaveOneUnit) {
  EXPECT_EQ(kind_of(resized(kNa, 0, "0202 0200 0000 0001 0000 0000 0000 0000")), Kind::Malformed);
  EXPECT_EQ(kind_of(resized(kNa, 0, "0102 0200 0000 0001 0000 0000 0000 0000")), Kind::Malformed);
}

TEST(NdpValidity, Nd1_ExtensionHeadersBeforeTheMessageAreWalked) {
  auto frame = kNa;
  for (int headers = 1; headers <= 4; ++headers) {
    frame = behind(IpProtocol::Destination, "00 0104 0000 0000", frame);
    EXPECT_EQ(kind_of(frame), Kind::Valid) << headers;
  }
  EXPECT_EQ(kind_of(behind(IpProtocol::Destination, "00 0104 0000 0000", frame)),
            Kind::HeaderChain);
}

TEST(NdpValidity, Nd2_FragmentHeaderEndsIt) {
  EXPECT_EQ(kind_of(behind(IpProtocol::Fragment, "00 0001 0000 0001", kNa)), Kind::Fragmented);
  EXPECT_EQ(kind_of(behind(IpProtocol::Fragment, "00 0000 0000 0001", kNa)), Kind::Fragmented);
  EXPECT_EQ(kind_of(behind(IpProtocol::Fragment, "00 0009 0000 0001", kNa)), Kind::Other);
}

TEST(NdpValidity, Nd2_FirstFragmentWithoutItsChainIsRefused) {
  const auto frame = behind(IpProtocol::Fragment, "00 0001 0000 0001", kNa);
  EXPECT_EQ(kind_of(resized(frame, -31)), Kind::HeaderChain);  // one byte of ICMPv6 left
  EXPECT_EQ(kind_of(resized(frame, -28)), Kind::Fragmented);   // type, code, checksum
}

TEST(NdpValidity, EchoWithAnyHopLimitIsNotNeighborDiscovery) {
  auto frame = kNa;
  frame[kIcmp] = std::byte{128};
  frame[kIp + Ipv6View::kHopLimit] = std::byte{64};
  EXPECT_EQ(kind_of(frame), Kind::Other);
}

TEST(NdpValidity, Nd8_SignedMessageIsToldApart) {
  for (const std::string_view option : {"0b01 0000 0000 0000", "0c01 0000 0000 0000"}) {
    const auto frame = resized(kNs, 0, option);
    ExactCopy copy{std::span(frame).subspan(kIp)};
    const auto nd = NdParse::of(*Ipv6View::parse(copy.bytes()));
    ASSERT_TRUE(nd.view);
    EXPECT_TRUE(nd.view->is_signed());
  }
}

TEST(NdpValidity, PrefixOfMoreThan128BitsIsNotRead) {
  auto frame = kRa;
  frame[kIcmp + 16 + 8 + 2] = std::byte{129};
  ExactCopy copy{std::span(frame).subspan(kIp)};
  const auto nd = NdParse::of(*Ipv6View::parse(copy.bytes()));
  ASSERT_TRUE(nd.view);
  EXPECT_FALSE(PrefixInformation::parse(*nd.view->find(NdOptionType::PrefixInformation)));
}

}  // namespace
}  // namespace laneway::wire

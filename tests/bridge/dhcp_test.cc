// DHCPv4 over a translated uplink (RFC 2131, RFC 1542).
#include "switch/wire/dhcp.h"

#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "bridge/rewrite.h"
#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

using wire::BootpOp;
using wire::DhcpFields;
using wire::DhcpType;

constexpr MacAddress kAll = MacAddress::broadcast();
constexpr Ipv4Address kAllHosts{0xffffffffU};
constexpr std::uint32_t kXid = 0x11223344;

DhcpFields discover() { return {.type = DhcpType::Discover, .xid = kXid, .chaddr = kA}; }
DhcpFields ack() {
  return {.op = BootpOp::Reply,
          .type = DhcpType::Ack,
          .xid = kXid,
          .yiaddr = kAIp,
          .chaddr = kA,
          .server_id = kRouterIp,
          .subnet_mask = v4("255.255.255.0"),
          .router = kRouterIp,
          .lease_time_s = 600};
}
Bytes built(wire::MacPair macs, Ipv4Address from, Ipv4Address to, const DhcpFields& fields) {
  std::array<std::byte, wire::kDhcpFrameBytes> room;
  const auto frame = wire::build_dhcp(room, macs, {.source = from, .destination = to}, fields);
  return {frame.begin(), frame.end()};
}
Bytes sent(const DhcpFields& fields) { return built({kAll, kA}, {}, kAllHosts, fields); }
Bytes answer(const DhcpFields& fields, MacAddress to = kAll, Ipv4Address ip = kAllHosts) {
  return built({to, kRouter}, kRouterIp, ip, fields);
}

// What a message says, and whether its checksums hold.
struct Read {
  explicit Read(Bytes frame) : bytes(std::move(frame)) {
    ip = wire::Ipv4View::parse(std::span(bytes).subspan(14));
    if (ip) udp = wire::UdpView::parse(*ip);
    if (udp) dhcp = wire::DhcpView::parse(*udp);
  }
  bool sums_hold() const { return ip->checksum_valid() && udp->checksum_valid(*ip); }
  Bytes bytes;
  std::optional<wire::Ipv4View> ip;
  std::optional<wire::UdpView> udp;
  std::optional<wire::DhcpView> dhcp;
};

constexpr std::size_t kUdpSum = 14 + 20 + 6;
constexpr std::size_t kFlags = 14 + 28 + 10;

TEST(DhcpOut, Dhcp1_FlagIsSetAndTheChecksumStaysTrue) {
  Rig rig;
  const Read got(rig.out(rig.a, sent(discover())).bytes);
  EXPECT_TRUE(got.dhcp->is_broadcast());
  EXPECT_TRUE(got.sums_hold());
  EXPECT_EQ(got.dhcp->chaddr(), kA);
}

TEST(DhcpOut, Edit1_A02_EveryChecksumValueStaysTrue) {
  const Bytes frame = sent(discover());
  std::size_t all_ones = 0;
  for (std::uint32_t n = 0; n < 0x10000; ++n) {
    Read message(frame);
    wire::store_be16(&message.bytes[14 + 28 + 6], static_cast<std::uint16_t>(n));  // of the xid
    message.udp->set_checksum(0);
    const auto sum =
        message.ip->pseudo_header(message.udp->length()).add(message.ip->payload()).checksum();
    message.udp->set_checksum(wire::udp_field(sum));
    set_broadcast_flag({*message.ip, *message.udp, *message.dhcp}, wire::ChecksumEdit::Update);
    ASSERT_TRUE(message.dhcp->is_broadcast() && message.sums_hold()) << n;
    ASSERT_NE(message.udp->checksum(), 0) << n;
    all_ones += message.udp->checksum() == 0xffff ? 1U : 0U;
  }
  EXPECT_EQ(all_ones, 1U);  // the value of EDIT-2
}

TEST(DhcpOut, Edit2_A04_FieldOfZeroStaysZero) {
  Rig rig;
  Bytes frame = sent(discover());
  wire::store_be16(&frame[kUdpSum], 0);
  const Read got(rig.out(rig.a, frame).bytes);
  EXPECT_EQ(got.udp->checksum(), 0);
  EXPECT_TRUE(got.dhcp->is_broadcast());
}

TEST(DhcpOut, Edit3_A04_ChecksumLeftToOthersIsLeftAlone) {
  Rig rig;
  Bytes frame = sent(discover());
  const Read before(frame);
  wire::store_be16(&frame[kUdpSum], before.ip->pseudo_header(before.udp->length()).folded());
  const Outcome got =
      rig.out(rig.a, frame, {.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6});
  ASSERT_TRUE(got.passes());
  EXPECT_EQ(wire::load_be16(&got.bytes[kUdpSum]), wire::load_be16(&frame[kUdpSum]));
  EXPECT_EQ(wire::load_be16(&got.bytes[kFlags]), 0x8000);
}

TEST(DhcpOut, Edit3_G04_ChecksumOfAnotherFieldIsBadOffload) {
  Rig rig;
  for (std::uint16_t start = 35; start < 60; ++start) {
    EXPECT_TRUE(rig.out(rig.a, sent(discover()),
                        {.needs_checksum = true, .checksum_start = start, .checksum_offset = 6})
                    .drops(Drop::BadOffload))
        << start;
  }
}

TEST(DhcpOut, Edit4_G04_SegmentationOfDhcpIsBadOffload) {
  Rig rig;
  EXPECT_TRUE(rig.out(rig.a, sent(discover()),
                      {.needs_checksum = true,
                       .checksum_start = 34,
                       .checksum_offset = 6,
                       .gso = Offload::Gso::Udp,
                       .segment_bytes = 100,
                       .header_bytes = 42})
                  .drops(Drop::BadOffload));
}

TEST(DhcpOut, Dhcp1_A04_FirstFragmentIsEnoughAndItsChecksumStaysTrue) {
  Rig rig;
  Bytes frame = sent(discover());
  const std::uint16_t before = wire::load_be16(&frame[kUdpSum]);
  wire::store_be16(&frame[20], 0x2000);       // more fragments
  wire::store_be16(&frame[16], 20 + 8 + 48);  // of 48 bytes of BOOTP here
  frame.resize(14 + 76);
  const Outcome got = rig.out(rig.a, frame);
  EXPECT_EQ(wire::load_be16(&got.bytes[kFlags]), 0x8000);
  EXPECT_EQ(wire::load_be16(&got.bytes[kUdpSum]), wire::update_checksum(before, 0, 0x8000));
}

TEST(DhcpOut, Dhcp1_A05_RenewalsAreLeftAlone) {
  Rig rig;
  DhcpFields renew = discover();
  renew.type = DhcpType::Request;
  renew.ciaddr = kAIp;
  const Bytes frame = built({kRouter, kA}, kAIp, kRouterIp, renew);
  Bytes expected = frame;
  wire::store_mac(&expected[6], kSta);
  EXPECT_EQ(rig.out(rig.a, frame).bytes, expected);
}

TEST(DhcpOut, Dhcp8_A06_BootpWithoutCookieGetsTheFlag) {
  Rig rig;
  DhcpFields bootp = discover();
  bootp.type.reset();
  EXPECT_TRUE(Read(rig.out(rig.a, sent(bootp)).bytes).dhcp->is_broadcast());
}

TEST(DhcpOut, D07_ThirdTryGoesByTheRelay) {
  Rig rig;
  rig.out(rig.a, sent(discover()));
  rig.out(rig.a, sent(discover()));
  const Read got(rig.out(rig.a, sent(discover())).bytes);
  EXPECT_FALSE(got.dhcp->is_broadcast());
  EXPECT_EQ(got.dhcp->giaddr(), kHostIp);
  EXPECT_EQ(got.ip->source(), kHostIp);
  EXPECT_EQ(got.udp->ports(), (wire::UdpPorts{67, 67}));
  EXPECT_EQ(got.dhcp->chaddr(), kA);
  EXPECT_TRUE(got.sums_hold());
}

TEST(DhcpOut, D06_AnswerWithAWrongChecksumIsNone) {
  Rig rig;
  DhcpFields fields = ack();
  fields.type = DhcpType::Offer;
  const Bytes right = answer(fields, kSta);
  Bytes wrong = right;
  wrong[kUdpSum] ^= std::byte{1};
  const auto third_is_relayed = [&](const Bytes& reply) {
    rig.in(reply);  // the count starts anew, or it does not
    rig.out(rig.a, sent(discover()));
    rig.in(wrong);
    return !Read(rig.out(rig.a, sent(discover())).bytes).dhcp->giaddr().is_unspecified();
  };
  rig.out(rig.a, sent(discover()));
  EXPECT_TRUE(third_is_relayed(wrong));
  EXPECT_FALSE(third_is_relayed(right));
}

TEST(DhcpOut, D07_RelayedRequestWithAChecksumLeftToOthersHoldsTheNewPseudoHeader) {
  Rig rig;
  Bytes frame = sent(discover());
  const Read before(frame);
  wire::store_be16(&frame[kUdpSum], before.ip->pseudo_header(before.udp->length()).folded());
  const Offload offload{.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6};
  rig.out(rig.a, frame, offload);
  rig.out(rig.a, frame, offload);
  const Read got(rig.out(rig.a, frame, offload).bytes);
  const std::uint16_t want = got.ip->pseudo_header(got.udp->length()).folded();
  EXPECT_EQ(got.udp->checksum() % 0xffff, want % 0xffff);
}

TEST(DhcpIn, D07_AnswerToTheRelayIsGivenToTheGuest) {
  Rig rig;
  rig.dhcp.remember(rig.a, kXid, kA, rig.now);
  DhcpFields fields = ack();
  fields.giaddr = kHostIp;
  Bytes frame = answer(fields, kSta, kHostIp);
  wire::store_be16(&frame[36], 67);
  wire::store_be16(&frame[kUdpSum],
                   wire::update_checksum(wire::load_be16(&frame[kUdpSum]), 68, 67));
  ASSERT_TRUE(Read(frame).sums_hold());
  const Outcome outcome = rig.in(frame);
  ASSERT_TRUE(outcome.only_to(rig.a));
  const Read got(outcome.bytes);
  EXPECT_EQ(wire::load_mac(got.bytes.data()), kA);
  EXPECT_EQ(got.ip->destination(), kAllHosts);
  EXPECT_EQ(got.udp->ports(), (wire::UdpPorts{67, 68}));
  EXPECT_TRUE(got.sums_hold());
  EXPECT_TRUE(rig.noticed.relayed);
  rig.dhcp.forget(rig.a);
  EXPECT_TRUE(rig.in(frame).drops(Drop::ForHost));  // nobody here asked
}

TEST(DhcpIn, Dhcp5_ReplyReachesThePortThatPinsTheHardwareAddress) {
  Rig rig;
  const Outcome got = rig.in(answer(ack()));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(wire::load_mac(got.bytes.data()), kAll);
}

TEST(DhcpIn, Dhcp5_A03_UnicastFormsReachTheGuestThatHasNoAddressYet) {
  Rig rig;
  EXPECT_TRUE(rig.in(answer(ack(), kSta, kAllHosts)).only_to(rig.a));
  const Outcome got = rig.in(answer(ack(), kSta, kAIp));
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(wire::load_mac(got.bytes.data()), kA);
  EXPECT_TRUE(rig.in(answer(ack(), kAll, kAIp)).only_to(rig.a));  // F10
}

TEST(DhcpIn, Dhcp5_A04_UnknownHardwareAddressGoesByTransactionAndElseToAll) {
  Rig rig;
  DhcpFields fields = ack();
  fields.chaddr = kLan;
  const Outcome all = rig.in(answer(fields));
  EXPECT_TRUE(all.passes() && !all.scope);
  rig.dhcp.remember(rig.b, kXid, kLan, rig.now);
  EXPECT_TRUE(rig.in(answer(fields)).only_to(rig.b));
  fields.chaddr = kSta;
  EXPECT_TRUE(rig.in(answer(fields)).drops(Drop::ForHost));
}

TEST(DhcpIn, Dhcp6_AckBindsTheLeaseAndItsRouterIsAGateway) {
  Rig rig;
  rig.dhcp.remember(rig.a, kXid, kA, rig.now);
  rig.in(answer(ack()));
  const Neighbor* bound = rig.bound(kAIp);
  ASSERT_NE(bound, nullptr);
  EXPECT_EQ(bound->port, rig.a);
  EXPECT_EQ(bound->state, NeighborState::Valid);
  EXPECT_EQ(bound->lease_until, rig.now + std::chrono::seconds{600});
  EXPECT_TRUE(rig.heard.is_gateway(kRouterIp, rig.now));
  EXPECT_EQ(rig.noticed.lease, IpAddress(kAIp));
  EXPECT_FALSE(rig.noticed.relayed);
}

TEST(DhcpIn, Dhcp6_LeaseTakesAnAddressThatIsTentativeElsewhere) {
  Rig rig;
  rig.dhcp.remember(rig.a, kXid, kA, rig.now);
  rig.probe(kAIp, rig.b);
  rig.in(answer(ack()));
  EXPECT_EQ(rig.bound(kAIp)->port, rig.a);
}

TEST(DhcpIn, Dhcp6_P02_WhatIsNotAWholeTrueAnswerBindsNothing) {
  const auto binds = [](const std::function<void(Rig&, Bytes&)>& spoil, DhcpFields fields = ack()) {
    Rig rig;
    rig.dhcp.remember(rig.a, kXid, kA, rig.now);
    Bytes frame = answer(fields);
    spoil(rig, frame);
    EXPECT_TRUE(rig.in(frame).passes());
    const Neighbor* bound = rig.bound(fields.yiaddr);
    return (bound != nullptr && bound->origin == NeighborOrigin::Dhcp) ||
           rig.heard.gateways().size() > 0;
  };
  const auto nothing = [](Rig&, Bytes&) {};
  EXPECT_TRUE(binds(nothing));
  EXPECT_TRUE(binds([](Rig&, Bytes& f) { wire::store_be16(&f[kUdpSum], 0); }));
  EXPECT_FALSE(binds([](Rig&, Bytes& f) { f[kUdpSum] ^= std::byte{1}; }));
  EXPECT_FALSE(binds([](Rig& rig, Bytes&) { rig.dhcp.forget(rig.a); }));
  EXPECT_FALSE(binds([](Rig& rig, Bytes&) { rig.bind(kAIp, rig.b); }));
  EXPECT_FALSE(binds([](Rig& rig, Bytes&) { rig.network.gateways = {{kAIp, kRouter, {}}}; }));
  EXPECT_FALSE(
      binds([](Rig& rig, Bytes&) { rig.network.closed = {*IpPrefix::parse("10.0.0.0/8")}; },
            [] {
              DhcpFields f = ack();
              f.yiaddr = v4("10.0.0.1");
              return f;
            }()));
  for (const char* yiaddr : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255",
                             "192.168.77.255", "192.168.77.2", "0.1.2.3"}) {
    DhcpFields fields = ack();
    fields.yiaddr = v4(yiaddr);
    EXPECT_FALSE(binds(nothing, fields)) << yiaddr;
  }
  DhcpFields mask = ack();
  mask.subnet_mask = Ipv4Address{};
  EXPECT_FALSE(binds(nothing, mask));
  DhcpFields offer = ack();
  offer.type = DhcpType::Offer;
  EXPECT_FALSE(binds(nothing, offer));
  DhcpFields bootp = ack();
  bootp.type.reset();
  EXPECT_FALSE(binds(nothing, bootp));
}

TEST(DhcpIn, Dhcp6_SecondLeaseOfOneMacIsAdded) {
  Rig rig;
  rig.dhcp.remember(rig.a, kXid, kA, rig.now);
  rig.in(answer(ack()));
  DhcpFields second = ack();
  second.yiaddr = kBIp;
  rig.in(answer(second));
  EXPECT_NE(rig.bound(kAIp), nullptr);
  EXPECT_NE(rig.bound(kBIp), nullptr);
}

TEST(DhcpIn, Dhcp6_LeaseIsLearntOnAPlainUplinkToo) {
  Rig rig;
  rig.network.translated = false;
  rig.dhcp.remember(rig.a, kXid, kA, rig.now);
  const Bytes frame = answer(ack());
  EXPECT_EQ(rig.in(frame).bytes, frame);
  EXPECT_NE(rig.bound(kAIp), nullptr);
}

TEST(DhcpIn, Dhcp7_F12_ForgedNakEndsNoBinding) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  DhcpFields nak = ack();
  nak.type = DhcpType::Nak;
  EXPECT_TRUE(rig.in(answer(nak)).only_to(rig.a));
  EXPECT_NE(rig.bound(kAIp), nullptr);
}

}  // namespace
}  // namespace laneway::test

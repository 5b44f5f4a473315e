// Packets longer than the uplink's MTU (RFC 1191, RFC 4443).
#include <gtest/gtest.h>

#include "switch/wire/frame_builder.h"
#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"
#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

using wire::FrameBuilder;
using wire::IpProtocol;

Bytes v4_packet(std::size_t total, wire::Ipv4Fields ip = {.source = kAIp, .destination = kLanIp},
                MacAddress to = kRouter) {
  Bytes room(14 + total);
  const auto frame =
      FrameBuilder(room).ethernet({to, kA}).ipv4(ip).udp({1, 2}).zeros(total - 28).finish();
  return {frame.begin(), frame.end()};
}
Bytes v6_packet(std::size_t total, const Ipv6Address& to = kLan6, MacAddress to_mac = kRouter) {
  Bytes room(14 + total);
  const auto frame = FrameBuilder(room)
                         .ethernet({to_mac, kA})
                         .ipv6({.source = kA6, .destination = to})
                         .udp({1, 2})
                         .zeros(total - 48)
                         .finish();
  return {frame.begin(), frame.end()};
}

TEST(Mtu, Out9_G05_LongestThatFitsPasses) {
  Rig rig;
  EXPECT_TRUE(rig.out(rig.a, v4_packet(1500)).passes());
  EXPECT_TRUE(rig.out(rig.a, v6_packet(1500)).passes());
  EXPECT_TRUE(rig.said().empty());
}

TEST(Mtu, Out9_G05_SenderIsToldWithAndWithoutDontFragment) {
  for (const bool dont_fragment : {true, false}) {
    Rig rig;
    EXPECT_TRUE(rig.out(rig.a, v4_packet(1501, {.source = kAIp,
                                                .destination = kLanIp,
                                                .dont_fragment = dont_fragment}))
                    .drops(Drop::Mtu));
    auto said = rig.said();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].port, rig.a);
    EXPECT_EQ(wire::load_mac(said[0].bytes.data()), kA);
    EXPECT_EQ(wire::load_mac(said[0].bytes.data() + 6), kRouter);
    const auto ip = wire::Ipv4View::parse(std::span(said[0].bytes).subspan(14));
    const auto icmp = wire::Icmpv4View::parse(*ip);
    ASSERT_TRUE(icmp);
    EXPECT_EQ(ip->source(), kLanIp);
    EXPECT_EQ(ip->destination(), kAIp);
    EXPECT_EQ(icmp->type(), 3);
    EXPECT_EQ(icmp->code(), 4);
    EXPECT_EQ(icmp->next_hop_mtu(), 1500);
    EXPECT_TRUE(ip->checksum_valid() && icmp->checksum_valid());
  }
}

TEST(Mtu, Out9_G05_PacketTooBigFromTheDestinationOrForAGroupFromOwn) {
  Rig rig;
  EXPECT_TRUE(rig.out(rig.a, v6_packet(9018)).drops(Drop::Mtu));
  const Ipv6Address group = v6("ff02::fb");
  EXPECT_TRUE(rig.out(rig.a, v6_packet(1501, group, group.multicast_mac())).drops(Drop::Mtu));
  auto said = rig.said();
  ASSERT_EQ(said.size(), 2U);
  const Ipv6Address tellers[] = {kLan6, rig.network.own_link_local()};
  const MacAddress macs[] = {kRouter, kOwn};
  for (std::size_t n = 0; n < 2; ++n) {
    const auto ip = wire::Ipv6View::parse(std::span(said[n].bytes).subspan(14));
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->source(), tellers[n]);
    EXPECT_EQ(wire::load_mac(said[n].bytes.data() + 6), macs[n]);
    const auto icmp = wire::Icmpv6View::parse(*ip, ip->walk());
    ASSERT_TRUE(icmp);
    EXPECT_TRUE(icmp->is(wire::Icmpv6Type::PacketTooBig));
    EXPECT_EQ(wire::load_be32(&icmp->message()[wire::Icmpv6View::kMtu]), 1500U);
    EXPECT_TRUE(icmp->checksum_valid(*ip));
  }
}

TEST(Mtu, Out9_NobodyIsToldOfGroupsLaterFragmentsAndErrors) {
  Rig rig;
  const Ipv4Address group = v4("224.0.0.251");
  const auto silent = [&rig](const Bytes& frame) {
    return rig.out(rig.a, frame).drops(Drop::Mtu) && rig.said().empty();
  };
  EXPECT_TRUE(
      silent(v4_packet(1501, {.source = kAIp, .destination = group}, group.multicast_mac())));
  EXPECT_TRUE(
      silent(v4_packet(1501, {.source = kAIp, .destination = kLanIp, .fragment_offset = 1480})));
  Bytes room(14 + 1501);
  const auto error = FrameBuilder(room)
                         .ethernet({kRouter, kA})
                         .ipv4({.source = kAIp, .destination = kLanIp})
                         .icmpv4(3, 1)
                         .zeros(1477)
                         .finish();
  EXPECT_TRUE(silent({error.begin(), error.end()}));
}

TEST(Mtu, Out9_TenErrorsASecondAPort) {
  Rig rig;
  std::size_t told = 0;
  for (int n = 0; n < 100; ++n) {
    EXPECT_TRUE(rig.out(rig.a, v4_packet(1501)).drops(Drop::Mtu));
    told += rig.said().size();
  }
  EXPECT_EQ(told, 10U);
  EXPECT_TRUE(rig.out(rig.b, v4_packet(1501)).drops(Drop::Mtu));
  EXPECT_EQ(rig.said().size(), 1U);
}

TEST(Mtu, Out9_G05_OfASegmentedFrameTheSegmentCounts) {
  Rig rig;
  Bytes room(14 + 20 + 20 + 4000);
  const auto frame = FrameBuilder(room)
                         .ethernet({kRouter, kA})
                         .ipv4({.source = kAIp, .destination = kLanIp, .protocol = IpProtocol::Tcp})
                         .zeros(4020)
                         .finish();
  const auto sent = [&](std::uint16_t segment) {
    return rig.out(rig.a, frame,
                   {.needs_checksum = true,
                    .checksum_start = 34,
                    .checksum_offset = 16,
                    .gso = Offload::Gso::Tcp4,
                    .segment_bytes = segment,
                    .header_bytes = 54});
  };
  EXPECT_TRUE(sent(1460).passes());
  EXPECT_TRUE(sent(1461).drops(Drop::Mtu));
}

}  // namespace
}  // namespace laneway::test

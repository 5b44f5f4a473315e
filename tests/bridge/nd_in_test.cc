// Neighbor Discovery from the uplink (RFC 4861, RFC 4862).
#include <gtest/gtest.h>

#include "tests/bridge/nd_message.h"

namespace laneway::test {
namespace {

TEST(NdIn, Nd10_C12_StationAsLinkLayerAddressIsAnEcho) {
  Rig rig;
  rig.bind(kA6, rig.a);
  Room room;
  EXPECT_TRUE(rig.in(bytes_of(wire::build_na(room, {kSta, kRouter},
                                             {.source = kB6,
                                              .destination = kA6,
                                              .target = kB6,
                                              .link_layer = kSta,
                                              .solicited = true})))
                  .drops(Drop::Echo));
  EXPECT_TRUE(rig.in(bytes_of(wire::build_ra(room, {kAllNodesMac, kRouter},
                                             {.source = kRouter6, .link_layer = kSta})))
                  .drops(Drop::Echo));
}

TEST(NdIn, Nd11_C04_RedirectNamesTheGuestByItsOwnMac) {
  Rig rig;
  rig.bind(kA6, rig.a);
  rig.bind(kB6, rig.b);
  Room room;
  const Bytes frame =
      bytes_of(wire::build_redirect(room, {kSta, kRouter}, {kRouter6, kA6, kB6, kB6, kSta}));
  const Outcome got = rig.in(frame);
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(seen(got.bytes).lladdrs.at(0), kB);
  EXPECT_TRUE(seen(got.bytes).checksum_valid);
  rig.neighbors.remove(kB6);
  EXPECT_TRUE(rig.in(frame).drops(Drop::Echo));
}

TEST(NdIn, Nd12_OwnProbeUnderAnotherSourceIsAnEcho) {
  Rig rig;
  rig.probe(kA6, rig.a, nonce_hash(kNonce));
  Room room;
  const Bytes echo = bytes_of(wire::build_dad_ns(room, kRouter, kA6, kNonce));
  EXPECT_TRUE(rig.in(echo).drops(Drop::EchoDad));
  const Bytes ours = bytes_of(wire::build_dad_ns(room, kRouter, kB6, rig.network.own_nonce()));
  EXPECT_TRUE(rig.in(ours).drops(Drop::EchoDad));
  const Bytes rival = bytes_of(wire::build_dad_ns(room, kRouter, kA6));
  EXPECT_TRUE(rig.in(rival).only_to(rig.a));
}

TEST(NdIn, Nd13_UnicastSolicitationForAnUnknownTargetReachesAllGuests) {
  Rig rig;
  Message message;
  message.ip.destination = kB6;
  message.body = solicitation(kB6);
  const Outcome got = rig.in(message.build());
  EXPECT_TRUE(got.passes() && !got.scope);
  EXPECT_EQ(destination(got), kB6.solicited_node().multicast_mac());
}

TEST(NdIn, Nd13_UnicastReachesTheOwnerAndElseTheHost) {
  Rig rig;
  rig.bind(kA6, rig.a);
  Message message;
  message.body = solicitation(kA6);
  const Outcome got = rig.in(message.build());
  EXPECT_TRUE(got.only_to(rig.a));
  EXPECT_EQ(destination(got), kA);
  message.ip.destination = v6("2001:db8::2");
  message.body = solicitation(v6("2001:db8::2"));
  EXPECT_TRUE(rig.in(message.build()).drops(Drop::ForHost));
}

TEST(NdIn, Nd13_SolicitedNodeGroupReachesPortsWithThese24Bits) {
  Rig rig;
  rig.bind(kA6, rig.a);
  Message message;
  message.macs.destination = kA6.solicited_node().multicast_mac();
  message.ip.destination = kA6.solicited_node();
  message.body = solicitation(kA6);
  EXPECT_TRUE(rig.in(message.build()).only_to(rig.a));
  message.macs.destination = kB6.solicited_node().multicast_mac();
  message.ip.destination = kB6.solicited_node();
  message.body = solicitation(kB6);
  const Outcome got = rig.in(message.build());
  EXPECT_TRUE(got.passes() && !got.scope);
}

TEST(NdIn, Nd13_F01_AnswerToDadReachesTheProber) {
  Rig rig;
  rig.probe(kLan6, rig.b);
  Room room;
  const Outcome got = rig.in(bytes_of(wire::build_unsolicited_na(room, kLan, kLan6, false)));
  EXPECT_TRUE(got.passes() && !got.scope);
  EXPECT_EQ(destination(got), kAllNodesMac);
}

TEST(NdIn, Nd14_DadForABoundAddressReachesItsOwnerWhoKeepsIt) {
  Rig rig;
  rig.bind(kA6, rig.a);
  Room room;
  EXPECT_TRUE(rig.in(bytes_of(wire::build_dad_ns(room, kLan, kA6))).only_to(rig.a));
  EXPECT_EQ(rig.noticed.conflicted, IpAddress(kA6));
  EXPECT_EQ(rig.bound(kA6)->mac, kA);
}

TEST(NdIn, Nd14_ConflictingAdvertisementToAnotherGuestReachesTheOwnerToo) {
  Rig rig;
  rig.bind(kA6, rig.a);
  rig.bind(kB6, rig.b);
  Room room;
  const Outcome got = rig.in(bytes_of(wire::build_na(room, {kSta, kLan},
                                                     {.source = kLan6,
                                                      .destination = kB6,
                                                      .target = kA6,
                                                      .link_layer = kLan,
                                                      .solicited = true})));
  PortSet both;
  both.add(rig.a);
  both.add(rig.b);
  EXPECT_EQ(got.scope, both);
  EXPECT_EQ(destination(got), kAllNodesMac);
}

TEST(NdIn, Nd15_C12_RouterAdvertisementIsBitExactAndPIsNoticed) {
  Rig rig;
  Room room;
  const Bytes frame = bytes_of(wire::build_ra(
      room, {kAllNodesMac, kRouter},
      {.source = kRouter6,
       .lifetime_s = 600,
       .flags = 0x04,
       .link_layer = kRouter,
       .prefix = wire::PrefixInformation{.prefix = *IpPrefix::parse("2001:db8:5::/64"),
                                         .valid_lifetime_s = 300}}));
  const Outcome got = rig.in(frame);
  EXPECT_TRUE(got.passes() && !got.scope);
  EXPECT_EQ(got.bytes, frame);
  EXPECT_EQ(rig.noticed.proxied, kRouter6);
  EXPECT_TRUE(rig.heard.is_gateway(kRouter6, rig.now));
  EXPECT_TRUE(rig.heard.is_on_link(v6("2001:db8:5::1"), rig.now));
}

TEST(NdIn, Nd3_RouterAdvertisementWithAWrongChecksumTeachesNothing) {
  Rig rig;
  Room room;
  Bytes frame = bytes_of(wire::build_ra(room, {kAllNodesMac, kRouter}, {.source = kRouter6}));
  frame[56] ^= std::byte{1};
  EXPECT_TRUE(rig.in(frame).passes());
  EXPECT_FALSE(rig.heard.is_gateway(kRouter6, rig.now));
}

TEST(NdIn, BoundAddressAndSixteenthGatewayAreTheLimitOfG) {
  Rig rig;
  rig.bind(kRouter6, rig.a);
  Room room;
  rig.in(bytes_of(wire::build_ra(room, {kAllNodesMac, kRouter}, {.source = kRouter6})));
  EXPECT_TRUE(rig.heard.gateways().empty());
  rig.network.gateways.resize(3);
  for (std::uint8_t n = 0; n < 100; ++n) {
    Ipv6Address source = v6("fe80::77:0");
    source.octets[15] = n;
    rig.in(bytes_of(wire::build_ra(room, {kAllNodesMac, kRouter}, {.source = source})));
  }
  EXPECT_EQ(rig.heard.gateways().size(), 13U);
}

}  // namespace
}  // namespace laneway::test

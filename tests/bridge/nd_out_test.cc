// Neighbor Discovery of guests on its way out, and what is invalid both ways (RFC 4861, RFC 6980).
#include <gtest/gtest.h>

#include "tests/bridge/nd_message.h"

namespace laneway::test {
namespace {

// What an NS of guest a with these options is on the wire.
Message from_a() {
  Message message;
  message.macs = {Ipv6Address(kLan6).solicited_node().multicast_mac(), kA};
  message.ip.source = kA6;
  message.ip.destination = Ipv6Address(kLan6).solicited_node();
  message.body = solicitation(kLan6);
  return message;
}

TEST(NdOut, Nd4_C01_EveryLinkLayerOptionOfTheGuestBecomesTheStations) {
  Rig rig;
  Message message = from_a();
  add_lladdr(message.body, 1, kA);
  add_lladdr(message.body, 2, kA);
  add_lladdr(message.body, 1, kA);
  const Seen got = seen(rig.out(rig.a, message.build()).bytes);
  EXPECT_EQ(got.lladdrs, (std::vector<MacAddress>{kSta, kSta, kSta}));
  EXPECT_TRUE(got.checksum_valid);
}

TEST(NdOut, Inv6_WrongChecksumStaysWrong) {
  Rig rig;
  Message message = from_a();
  add_lladdr(message.body, 1, kA);
  Bytes frame = message.build();
  frame[56] ^= std::byte{1};
  const Seen got = seen(rig.out(rig.a, frame).bytes);
  ASSERT_EQ(got.lladdrs.size(), 1U);
  EXPECT_FALSE(got.checksum_valid);
}

TEST(NdOut, Nd4_C09_OptionThatNamesSomebodyElseEndsTheFrame) {
  Rig rig;
  for (const MacAddress foreign : {kB, kLan, kOwn, kAllNodesMac, MacAddress{}}) {
    Message message = from_a();
    add_lladdr(message.body, 1, foreign);
    EXPECT_TRUE(rig.out(rig.a, message.build()).drops(Drop::NdForeignLladdr)) << to_string(foreign);
  }
}

TEST(NdOut, Nd4_C01_RedirectOfAGuestNamesLocalPortsByTheStationAndLanRoutersAsTheyAre) {
  Rig rig;
  const auto redirect = [&](MacAddress target) {
    Room room;
    return rig.out(
        rig.a, bytes_of(wire::build_redirect(
                   room, {kRouter, kA}, {Ipv6Address::link_local(kA), kLan6, kB6, kB6, target})));
  };
  EXPECT_EQ(seen(redirect(kB).bytes).lladdrs.at(0), kSta);
  EXPECT_TRUE(seen(redirect(kB).bytes).checksum_valid);
  EXPECT_EQ(seen(redirect(kRouter).bytes).lladdrs.at(0), kRouter);
  EXPECT_TRUE(redirect(kAllNodesMac).drops(Drop::NdForeignLladdr));
}

TEST(NdOut, Nd5_FlagsOfTheOwnersAdvertisementStay) {
  Rig rig;
  Room room;
  const Bytes frame = bytes_of(wire::build_na(room, {kLan, kA},
                                              {.source = kA6,
                                               .destination = kLan6,
                                               .target = kA6,
                                               .link_layer = kA,
                                               .router = true,
                                               .solicited = true,
                                               .override_cache = true}));
  const Outcome got = rig.out(rig.a, frame);
  EXPECT_EQ(got.bytes[58], frame[58]);
  EXPECT_EQ(seen(got.bytes).lladdrs.at(0), kSta);
}

TEST(NdOut, Nd8_C08_SignedMessageThatNeedsAnEditEnds) {
  Rig rig;
  Message message = from_a();
  add_lladdr(message.body, 1, kA);
  message.body.insert(message.body.end(), {12, 1, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(rig.out(rig.a, message.build()).drops(Drop::NdSend));
  rig.nat.set_settings({.pass_send = true, .nonip = {}});
  EXPECT_EQ(seen(rig.out(rig.a, message.build()).bytes).lladdrs.at(0), kSta);
}

TEST(NdOut, Nd8_SignedMessageWithoutAnEditPasses) {
  Rig rig;
  Message message = from_a();
  message.body.insert(message.body.end(), {11, 1, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(rig.out(rig.a, message.build()).passes());
}

TEST(NdBothWays, Nd1_C06_InvalidMessagesEnd) {
  Rig rig;
  const auto ends = [&rig](const Message& wrong) {
    Message inward = wrong;
    inward.macs = {wrong.ip.destination.multicast_mac(), kRouter};
    const Bytes frame = wrong.build();
    return rig.out(rig.a, frame).drops(Drop::NdBad) && rig.in(inward.build()).drops(Drop::NdBad);
  };
  Message hop_limit = from_a();
  hop_limit.ip.hop_limit = 254;
  EXPECT_TRUE(ends(hop_limit));
  Message code = from_a();
  code.code = 1;
  EXPECT_TRUE(ends(code));
  Message cut = from_a();
  cut.body.resize(19);
  EXPECT_TRUE(ends(cut));
  Message sllao = from_a();
  sllao.ip.source = {};
  add_lladdr(sllao.body, 1, kA);
  EXPECT_TRUE(ends(sllao));
  Message target = from_a();
  target.body = solicitation(kAllNodes);
  EXPECT_TRUE(ends(target));
}

TEST(NdBothWays, Nd1_C06_UnknownOptionAndReservedBitsPass) {
  Rig rig;
  Message message = from_a();
  message.body.insert(message.body.end(), {0x70, 1, 1, 2, 3, 4, 5, 6});
  message.body[0] = 0xff;
  EXPECT_TRUE(rig.out(rig.a, message.build()).passes());
}

TEST(NdBothWays, Nd1_C05_BrokenOptionsEnd) {
  Rig rig;
  const std::vector<std::vector<std::uint8_t>> broken{
      {1, 0, 0, 0, 0, 0, 0, 0},                          // no length
      {5, 2, 0, 0, 0, 0, 0, 0},                          // past the end
      {5, 255, 0, 0, 0, 0, 0, 0},                        // far past it
      {1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},  // an address of two units
      {14}};                                             // half an option
  for (const auto& option : broken) {
    Message message = from_a();
    message.body.insert(message.body.end(), option.begin(), option.end());
    EXPECT_TRUE(rig.out(rig.a, message.build()).drops(Drop::NdBad));
  }
}

// Guest a's NS with SLLAO behind `headers` extension headers of 8 bytes.
Bytes behind(int headers, IpProtocol last = IpProtocol::Destination) {
  Room room;
  std::array<std::byte, 7> rest{};
  wire::FrameBuilder builder(room);
  builder.ethernet({Ipv6Address(kLan6).solicited_node().multicast_mac(), kA});
  builder.ipv6(
      {.source = kA6, .destination = Ipv6Address(kLan6).solicited_node(), .hop_limit = 255});
  for (int n = 1; n < headers; ++n) builder.extension(IpProtocol::Destination, rest);
  if (headers > 0) builder.extension(last, rest);
  builder.icmpv6(135, 0).be32(0).address(kLan6);
  return bytes_of(builder.be8(1).be8(1).mac(kA).finish());
}

TEST(NdBothWays, Nd1_C07_UpToFourExtensionHeadersAreWalked) {
  Rig rig;
  for (int headers = 0; headers <= 4; ++headers) {
    const Seen got = seen(rig.out(rig.a, behind(headers)).bytes);
    ASSERT_EQ(got.lladdrs.size(), 1U) << headers;
    EXPECT_EQ(got.lladdrs[0], kSta);
    EXPECT_TRUE(got.checksum_valid);
  }
  EXPECT_TRUE(rig.out(rig.a, behind(5)).drops(Drop::HeaderChain));
}

TEST(NdBothWays, Nd2_C07_NdWithAFragmentHeaderEnds) {
  Rig rig;
  EXPECT_TRUE(rig.out(rig.a, behind(1, IpProtocol::Fragment)).drops(Drop::NdFrag));  // atomic
}

TEST(NdBothWays, Nd2_C07_ChainCutInTheFirstFragmentEndsAndAFragmentedEchoPasses) {
  Rig rig;
  const auto fragment = [&](std::uint16_t offset_flags, std::size_t bytes) {
    Room room;
    std::array<std::byte, 7> rest{};
    wire::store_be16(&rest[1], offset_flags);
    return rig.out(rig.a, bytes_of(wire::FrameBuilder(room)
                                       .ethernet({kRouter, kA})
                                       .ipv6({.source = kA6, .destination = kLan6})
                                       .extension(IpProtocol::Fragment, rest)
                                       .icmpv6(128, 0)
                                       .zeros(bytes)
                                       .finish()));
  };
  EXPECT_TRUE(fragment(1, 96).passes());
  EXPECT_TRUE(fragment(1280 | 1, 96).passes());
  Bytes cut = behind(1, IpProtocol::Fragment);
  wire::store_be16(&cut[56], 1);      // more fragments follow
  wire::store_be16(&cut[18], 8 + 2);  // two bytes of ICMPv6
  cut.resize(14 + 40 + 10);
  EXPECT_TRUE(rig.out(rig.a, cut).drops(Drop::HeaderChain));
}

}  // namespace
}  // namespace laneway::test

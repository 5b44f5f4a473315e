// Edits of random messages, compared with a full sum: right stays right, and length stays.
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "bridge/rewrite.h"
#include "tests/bridge/nd_message.h"

namespace laneway::test {
namespace {

#ifdef NDEBUG
constexpr int kEdits = 1'000'000;
#else
constexpr int kEdits = 2'000;
#endif

Ipv6Address random_address(std::mt19937& random) {
  Ipv6Address address = v6("2001:db8::");
  for (std::size_t at = 8; at < 16; ++at) address.octets[at] = static_cast<std::uint8_t>(random());
  return address;
}

// A solicitation of guest a with up to four options, some of them with its address.
Bytes random_solicitation(std::mt19937& random) {
  const Ipv6Address target = random_address(random);
  Message message;
  message.macs = {target.solicited_node().multicast_mac(), kA};
  message.ip.source = random_address(random);
  message.ip.destination = target.solicited_node();
  message.body = solicitation(target);
  for (auto left = random() % 5; left > 0; --left) {
    if (random() % 2 == 0) {
      add_lladdr(message.body, random() % 2 == 0 ? 1 : 2, kA);
      continue;
    }
    message.body.insert(message.body.end(), {0x70, 1});
    for (int n = 0; n < 6; ++n) message.body.push_back(static_cast<std::uint8_t>(random()));
  }
  return message.build();
}

TEST(RandomEdits, G09_NeighborDiscoveryKeepsTheTruthOfItsChecksum) {
  Rig rig;
  std::mt19937 random(9);
  for (int n = 0; n < kEdits; ++n) {
    Bytes frame = random_solicitation(random);
    const bool spoilt = random() % 8 == 0;
    if (spoilt) frame[57] ^= std::byte{0x10};
    rig.network.station = MacAddress::from_number(0x020000000000U | (random() & 0xffffffU));
    const Outcome got = rig.out(rig.a, frame);
    ASSERT_TRUE(got.passes()) << n;
    ASSERT_EQ(got.bytes.size(), frame.size()) << n;
    const Seen result = seen(got.bytes);
    ASSERT_EQ(result.checksum_valid, !spoilt) << n;
    for (const MacAddress lladdr : result.lladdrs) ASSERT_EQ(lladdr, rig.network.station) << n;
  }
}

TEST(RandomEdits, G09_RelayedDhcpKeepsItsChecksums) {
  std::mt19937 random(10);
  for (int n = 0; n < kEdits; ++n) {
    std::array<std::byte, 300> payload;
    for (std::byte& byte : payload) byte = std::byte{static_cast<std::uint8_t>(random())};
    Bytes room(400);
    auto frame = wire::FrameBuilder(room)
                     .ethernet({kRouter, kA})
                     .ipv4({.source = Ipv4Address{static_cast<std::uint32_t>(random())},
                            .destination = Ipv4Address{static_cast<std::uint32_t>(random())}})
                     .udp({68, 67})
                     .bytes(payload)
                     .finish();
    const auto ip = wire::Ipv4View::parse(frame.subspan(14));
    const auto packet = DhcpPacket::parse(*ip, {68, 67});
    ASSERT_TRUE(packet);
    switch (random() % 3) {
      case 0:
        set_broadcast_flag(*packet, wire::ChecksumEdit::Update);
        break;
      case 1:
        relay_outward(*packet, wire::ChecksumEdit::Update,
                      Ipv4Address{static_cast<std::uint32_t>(random())});
        break;
      default:
        relay_inward(*packet, wire::ChecksumEdit::Update);
    }
    ASSERT_TRUE(ip->checksum_valid()) << n;
    ASSERT_TRUE(packet->udp.checksum() != 0 && packet->udp.checksum_valid(*ip)) << n;
  }
}

// Frames that start sound and lose some bytes to chance, both ways; every state of the bindings is
// there. What must not happen: a read past the frame, a leak, another length.
TEST(RandomEdits, G04_MutatedFramesNeverLeak) {
  Rig rig;
  rig.bind(kAIp, rig.a);
  rig.bind(kA6, rig.a);
  rig.probe(kB6, rig.b);
  std::mt19937 random(11);
  for (int n = 0; n < kEdits; ++n) {
    Bytes frame = random_solicitation(random);
    for (auto left = random() % 4; left > 0; --left) {
      frame[12 + random() % (frame.size() - 12)] = std::byte{static_cast<std::uint8_t>(random())};
    }
    frame.resize(14 + random() % (frame.size() - 13));
    const Outcome got = rig.out(rig.a, frame);
    ASSERT_FALSE(got.drops(Drop::Leak)) << n;
    if (got.passes()) {
      ASSERT_EQ(wire::load_mac(&got.bytes[6]), kSta) << n;
    }
    wire::store_mac(frame.data(), kSta);
    wire::store_mac(frame.data() + 6, kLan);
    rig.in(frame);
    rig.now += Nanos{1000};
  }
}

}  // namespace
}  // namespace laneway::test

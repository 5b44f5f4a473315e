// Law 2 at run time: what the translation would have missed is seen by the last look.
#include "bridge/leak.h"

#include <gtest/gtest.h>

#include "switch/wire/arp.h"
#include "tests/bridge/nd_message.h"

namespace laneway::test {
namespace {

class Leak : public testing::Test {
 protected:
  bool leaks(std::span<const std::byte> bytes) {
    Frame frame = frame_of(make_buffer(rig.pool, bytes), rig.a);
    classify(frame);
    const bool found = laneway::leaks(translation, frame, rig.now);
    free_buffer(frame.buffer);
    return found;
  }
  // From the station, with `lladdr` in an option 1.
  bool leaks_nd(MacAddress source, MacAddress lladdr) {
    Message message;
    message.macs = {kRouter, source};
    message.body = solicitation(kRouter6);
    add_lladdr(message.body, 1, lladdr);
    return leaks(message.build());
  }
  bool leaks_arp(MacAddress source, MacAddress sender, MacAddress target) {
    return leaks(
        wire::build_arp(kRouter, source, {wire::ArpOp::Request, sender, kAIp, target, kRouterIp}));
  }

  Rig rig;
  MacNatObserver nobody;
  Translation translation{
      {rig.ports, rig.macs, rig.neighbors, rig.dhcp, rig.network, rig.heard, rig.outbox},
      {},
      &nobody,
      {},
      {}};
};

TEST_F(Leak, Inv1_AnotherSourceThanTheStations) {
  EXPECT_TRUE(leaks_arp(kA, kSta, {}));
  EXPECT_TRUE(leaks_arp(kLan, kSta, {}));
  EXPECT_TRUE(leaks_nd(kA, kSta));
}

TEST_F(Leak, Inv2_AddressOfALocalPortInArpOrNd) {
  for (const MacAddress local : {kA, kB, kOwn}) {
    EXPECT_TRUE(leaks_arp(kSta, local, {}));
    EXPECT_TRUE(leaks_arp(kSta, kSta, local));
    EXPECT_TRUE(leaks_nd(kSta, local));
  }
}

TEST_F(Leak, TheStationsOwnWordsDoNot) {
  EXPECT_FALSE(leaks_arp(kSta, kSta, {}));
  EXPECT_FALSE(leaks_arp(kSta, kSta, kRouter));
  EXPECT_FALSE(leaks_nd(kSta, kSta));
}

}  // namespace
}  // namespace laneway::test

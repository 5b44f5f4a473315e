// What happens to the station and its network, and to the machine, while guests go on.
#include "tests/scenarios/world.h"

namespace laneway::test {
namespace {

using E05 = World;
using E08 = World;
using H07 = World;

TEST_F(E05, GuestsThatComeAndGoCostTheMachineNoPing) {
  constexpr int kTimes = 20;
  Scenario& scene = start();
  const PingId witness = scene.machine().ping(kRouterV4, kTimes * 20, milliseconds{100});
  for (int i = 0; i < kTimes; ++i) {
    Guest& guest = leased_guest();
    scene.run_for(seconds{1});
    scene.remove_guest(guest);
    EXPECT_EQ(scene.composition().neighbors().size(), 0U);
  }
  scene.run_for(seconds{kTimes * 2 + 1});
  EXPECT_EQ(scene.machine().result(witness).answered, kTimes * 20);
}

TEST_F(E08, BadRadioLeavesTheTablesRight) {
  const Channel bad{.delay = milliseconds{200},
                    .jitter = milliseconds{50},
                    .loss = 0.05,
                    .duplicate = 0.05,
                    .reorder = 0.1};
  Scenario& scene = start({.ap = {.up = bad, .down = bad, .seed = 3}});
  std::vector<Guest*> guests;
  for (int i = 0; i < 4; ++i) {
    Guest& guest = scene.add_guest();
    guests.push_back(&guest);
    EXPECT_TRUE(lease(guest, seconds{60}));
  }
  scene.run_for(seconds{60});
  for (Guest* guest : guests) {
    const Neighbor* bound = scene.binding(*guest->dhcp.lease());
    ASSERT_NE(bound, nullptr);
    EXPECT_EQ(bound->port, guest->plug.id);
    const PingId id = guest->host.ping(kRouterV4, 20, milliseconds{200});
    scene.run_for(seconds{10});
    EXPECT_GT(guest->host.result(id).answered, 10);
  }
  EXPECT_EQ(scene.composition().neighbors().size(), guests.size());
}

TEST_F(H07, MachinesOwnBroadcastIsNotTakenForTheLans) {
  Scenario& scene = start();
  Guest& guest = leased_guest();
  scene.run_for(seconds{5});
  guest.host.clear_received();
  const std::uint64_t before = scene.drops(Drop::Echo);
  scene.machine().announce(kMachineV4);
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.drops(Drop::Echo), before + 1);
  EXPECT_TRUE(guest.host.received().empty());
  EXPECT_EQ(scene.composition().sw().macs().learnt(scene.uplink().id), 1U);  // the router
}

}  // namespace
}  // namespace laneway::test

// A plain uplink: what a medium that takes any source, Ethernet or a station with four-address
// frames, makes of the same exchanges. What fails here is not the translation's fault.
#include "tests/scenarios/world.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

class PlainUplink : public World {
 protected:
  Scenario& start_plain(bool host_port = true) {
    return start({.translated = false,
                  .wifi = false,
                  .host_port = host_port,
                  .ap = {.four_address = true, .isolate = true}});
  }
};

TEST_F(PlainUplink, GuestsReachEachOtherWithoutTheUplink) {
  Scenario& scene = start_plain();
  Guest& a = scene.add_guest();
  Guest& b = scene.add_guest();
  a.host.add_address_unasked(lan_v4(21));
  b.host.add_address_unasked(lan_v4(22));
  EXPECT_EQ(ping(a.host, lan_v4(22).address), 3);
  EXPECT_EQ(count(scene.ap().air(),
                  [](const auto& frame) { return !destination_of(frame.bytes).is_group(); }),
            0U);
}

TEST_F(PlainUplink, FramesLeaveWithTheGuestsOwnAddress) {
  Scenario& scene = start_plain();
  Guest& guest = scene.add_guest();
  guest.dhcp.start();
  scene.run_for(seconds{1});
  ASSERT_FALSE(scene.dhcp().heard().empty());
  EXPECT_FALSE(scene.dhcp().heard().front().broadcast);
  EXPECT_EQ(source_of(scene.ap().air().front().bytes), guest.host.mac());
}

TEST_F(PlainUplink, RemovedGuestLeavesNothingBehind) {
  Scenario& scene = start_plain();
  Guest& guest = scene.add_guest();
  guest.dhcp.start();
  scene.run_for(seconds{1});
  scene.remove_guest(guest);
  scene.run_for(seconds{1});
  EXPECT_EQ(scene.composition().sw().macs().pinned(guest.host.mac()), kNoPort);
}

TEST_F(PlainUplink, StrictAccessPointRefusesAllOfIt) {
  Scenario& scene = start({.translated = false});
  Guest& guest = scene.add_guest();
  EXPECT_FALSE(lease(guest, seconds{30}));
  EXPECT_EQ(scene.ap().counters().refused(), static_cast<std::uint64_t>(guest.dhcp.sent()));
  EXPECT_EQ(scene.ap().deauthentications().front().address, guest.host.mac());
}

}  // namespace
}  // namespace laneway::test

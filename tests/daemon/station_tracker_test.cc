#include "daemon/station_tracker.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Events = std::vector<StationEvent>;

constexpr MacAddress kGateway{{0x02, 0, 0, 0, 0, 0x99}};

StationView home() {
  StationView view;
  view.linked = true;
  view.ssid = "home";
  view.bssid = MacAddress{{0x02, 0, 0, 0xaa, 0, 1}};
  view.station = MacAddress{{0x02, 0, 0, 0, 0, 0x55}};
  view.prefixes = {*IpPrefix::parse("192.168.1.0/24")};
  view.gateways = {{*IpAddress::parse("192.168.1.1"), kGateway, {}}};
  return view;
}

StationView lost() {
  StationView view = home();
  view.linked = false;
  view.bssid.reset();
  view.ssid.reset();
  return view;
}

bool has(const Events& events, StationEvent event) {
  return std::find(events.begin(), events.end(), event) != events.end();
}

TEST(StationTracker, FirstAssociationIsToldAndIsNoOtherNetwork) {
  StationTracker tracker;
  EXPECT_EQ(tracker.update(home(), seconds{0}), Events{StationEvent::Associated});
}

TEST(StationTracker, Sta1_BackInTheSameNetworkKeepsItsBindings) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  tracker.update(lost(), seconds{20});
  const Events events = tracker.update(home(), seconds{30});
  EXPECT_EQ(events, (Events{StationEvent::Associated, StationEvent::SameNetwork}));
}

TEST(StationTracker, Sta1_RoamWithinTheNetworkIsTold) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  StationView other = home();
  other.bssid = MacAddress{{0x02, 0, 0, 0xaa, 0, 2}};
  EXPECT_EQ(tracker.update(other, seconds{20}),
            (Events{StationEvent::Roamed, StationEvent::SameNetwork}));
  EXPECT_EQ(tracker.update(other, seconds{24}), Events{});
}

TEST(StationTracker, Sta2_LossIsToldOnce) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  EXPECT_EQ(tracker.update(lost(), seconds{1}), Events{StationEvent::Lost});
  EXPECT_EQ(tracker.update(lost(), seconds{2}), Events{});
}

TEST(StationTracker, Sta3_NewAddressOfTheStationIsTold) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  StationView changed = home();
  changed.station = MacAddress{{0x02, 0, 0, 0, 0, 0x56}};
  EXPECT_TRUE(has(tracker.update(changed, seconds{10}), StationEvent::MacChanged));
}

TEST(StationTracker, Sta4_AnotherSsidIsAnotherNetworkAtOnce) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  tracker.update(lost(), seconds{20});
  StationView cafe = home();
  cafe.ssid = "cafe";
  cafe.prefixes.clear();
  cafe.gateways.clear();
  EXPECT_TRUE(has(tracker.update(cafe, seconds{21}), StationEvent::OtherNetwork));
}

TEST(StationTracker, Sta4_AnotherPrefixWithinThreeSecondsIsAnotherNetwork) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  tracker.update(lost(), seconds{20});
  EXPECT_TRUE(has(tracker.update(home(), seconds{21}), StationEvent::SameNetwork))
      << "the host still has its old address";
  StationView moved = home();
  moved.prefixes = {*IpPrefix::parse("10.0.0.0/24")};
  moved.gateways = {{*IpAddress::parse("10.0.0.1"), {}, {}}};
  EXPECT_TRUE(has(tracker.update(moved, seconds{24}), StationEvent::OtherNetwork));
}

TEST(StationTracker, Sta4_ChangeAfterThreeSecondsIsTheHostsOwnBusiness) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{3});
  StationView moved = home();
  moved.prefixes = {*IpPrefix::parse("10.0.0.0/24")};
  EXPECT_EQ(tracker.update(moved, seconds{10}), Events{});
}

TEST(StationTracker, Sta4_SameAddressOfAnotherGatewayIsAnotherNetwork) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  tracker.update(lost(), seconds{20});
  StationView other = home();
  other.gateways[0].mac = MacAddress{{0x02, 0, 0, 0, 0, 0x98}};
  EXPECT_TRUE(has(tracker.update(other, seconds{21}), StationEvent::OtherNetwork));
}

TEST(StationTracker, Sta1_HostWithoutAddressIsJudgedAfterThreeSeconds) {
  StationTracker tracker;
  tracker.update(home(), seconds{0});
  tracker.update(home(), seconds{10});
  tracker.update(lost(), seconds{20});
  StationView bare = home();
  bare.prefixes.clear();
  bare.gateways.clear();
  EXPECT_EQ(tracker.update(bare, seconds{21}), Events{StationEvent::Associated});
  EXPECT_EQ(tracker.update(bare, seconds{24} - milliseconds{1}), Events{});
  EXPECT_EQ(tracker.update(bare, seconds{24}), Events{StationEvent::SameNetwork});
}

}  // namespace
}  // namespace laneway

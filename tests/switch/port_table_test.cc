#include "switch/port_table.h"

#include <gtest/gtest.h>

#include "ports/memory_port.h"
#include "switch/error.h"
#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using test::station;

class PortTables : public testing::Test {
 protected:
  PortId add(const PortSettings& settings) { return table_.add("p", port_, settings, counters_); }
  PortId add_isolated() {
    PortSettings settings;
    settings.isolated = true;
    return add(settings);
  }

  HeapBuffers pool_;
  MemoryPort port_{pool_};
  PortCounters counters_;
  PortTable table_;
};

TEST_F(PortTables, SlotsAreUsedAgainLowestFirst) {
  EXPECT_EQ(add({}), PortId{0});
  EXPECT_EQ(add({}), PortId{1});
  table_.remove(PortId{0});
  EXPECT_FALSE(table_.present().has(PortId{0}));
  EXPECT_EQ(add({}), PortId{0});
}

TEST_F(PortTables, OneMoreThanItHoldsIsRefused) {
  for (std::size_t n = 0; n < kMaxPorts; ++n) add({});
  EXPECT_THROW(add({}), Error);
}

TEST_F(PortTables, RolesAreFound) {
  const PortId uplink = add(PortSettings::for_uplink(true, 4096));
  const PortId host = add(PortSettings::for_host(station(5)));
  const PortId guest = add({});
  EXPECT_EQ(table_.uplink(), uplink);
  EXPECT_EQ(table_.host(), host);
  EXPECT_TRUE(table_.guests().has(guest));
  EXPECT_EQ(table_.guests().size(), 1U);
  EXPECT_EQ(table_.pinned(station(5)), host);
  EXPECT_EQ(table_.pinned(station(6)), kNoPort);
  table_.remove(uplink);
  EXPECT_EQ(table_.uplink(), kNoPort);
}

TEST_F(PortTables, In9_UplinkAndHostDoNotReachEachOther) {
  const PortId uplink = add(PortSettings::for_uplink(true, 4096));
  const PortId host = add(PortSettings::for_host(station(5)));
  const PortId guest = add({});
  EXPECT_FALSE(table_.reach(uplink).has(host));
  EXPECT_FALSE(table_.reach(host).has(uplink));
  EXPECT_TRUE(table_.reach(guest).has(uplink));
  EXPECT_TRUE(table_.reach(guest).has(host));
  EXPECT_FALSE(table_.reach(guest).has(guest));
}

TEST_F(PortTables, AnIsolatedGuestReachesNoGuest) {
  const PortId uplink = add(PortSettings::for_uplink(true, 4096));
  const PortId one = add_isolated();
  const PortId two = add_isolated();
  const PortId open = add({});
  EXPECT_FALSE(table_.reach(one).has(two));
  EXPECT_FALSE(table_.reach(one).has(open));
  EXPECT_FALSE(table_.reach(open).has(one));
  EXPECT_TRUE(table_.reach(one).has(uplink));
  EXPECT_TRUE(table_.reach(uplink).has(one));
  table_.change_settings(one, {});
  EXPECT_TRUE(table_.reach(one).has(open));
}

TEST_F(PortTables, StormLimitIsASecondDeepAndFollowsTheSettings) {
  PortSettings settings;
  settings.storm_limit = 3;
  const PortId id = add(settings);
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(table_[id].may_flood({}));
  EXPECT_FALSE(table_[id].may_flood({}));
  EXPECT_TRUE(table_[id].may_flood(std::chrono::milliseconds{334}));
  settings.storm_limit = 0;
  table_.change_settings(id, settings);
  for (int n = 0; n < 100; ++n) EXPECT_TRUE(table_[id].may_flood({}));
}

}  // namespace
}  // namespace laneway

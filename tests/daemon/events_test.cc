#include "daemon/events.h"

#include <vector>

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::seconds;

std::vector<std::string> names(const EventLog& log, std::uint64_t since = 0) {
  std::vector<std::string> told;
  log.replay(since, [&](const EventLog::Event& event) { told.push_back(event.name); });
  return told;
}

TEST(Events, SequenceRisesByOne) {
  EventLog log;
  log.add("switch_created", "office", {}, nullptr, seconds{0});
  log.add("port_added", "office", "vm1", nullptr, seconds{0});
  EXPECT_EQ(log.last(), 2U);
  std::uint64_t expected = 1;
  log.replay(0, [&](const EventLog::Event& event) { EXPECT_EQ(event.object["seq"], expected++); });
}

TEST(Events, ObjectHasTheContractsFields) {
  EventLog log;
  log.add("mac_moved", "office", "vm2", {{"mac", "52:54:00:00:00:09"}, {"from", "vm3"}},
          seconds{0});
  log.replay(0, [](const EventLog::Event& event) {
    EXPECT_EQ(event.object["schema"], 1);
    EXPECT_EQ(event.object["event"], "mac_moved");
    EXPECT_EQ(event.object["switch"], "office");
    EXPECT_EQ(event.object["port"], "vm2");
    EXPECT_EQ(event.object["detail"]["from"], "vm3");
    EXPECT_TRUE(event.object["time"].get<std::string>().ends_with("Z"));
  });
}

TEST(Events, ResumesAfterASequence) {
  EventLog log;
  for (int i = 0; i < 3; ++i) log.add("switch_created", "s", {}, nullptr, seconds{0});
  EXPECT_EQ(names(log, 2).size(), 1U);
  EXPECT_TRUE(names(log, 3).empty());
}

TEST(Events, TellsWhatIsTooOldToResume) {
  EventLog log;
  for (std::size_t i = 0; i < EventLog::kKept + 5; ++i)
    log.add("switch_created", "s", {}, nullptr, seconds{0});
  log.replay(2, [first = true](const EventLog::Event& event) mutable {
    if (first) {
      EXPECT_EQ(event.name, "lost");
      EXPECT_EQ(event.object["detail"]["count"], 3);
    }
    first = false;
  });
  EXPECT_EQ(names(log, 2).size(), EventLog::kKept + 1);
  EXPECT_EQ(names(log, 5).size(), EventLog::kKept);
}

TEST(Events, GuestsCanProvokeTenOfAKindAMinuteAndTheRestIsCounted) {
  EventLog log;
  for (int i = 0; i < 25; ++i) log.add("mac_refused", "s", "vm1", nullptr, seconds{0});
  EXPECT_EQ(names(log).size(), 10U);
  log.add("guard_hit", "s", "vm1", nullptr, seconds{0});
  EXPECT_EQ(names(log).size(), 11U) << "another kind has its own ten";
  log.tick(seconds{59});
  EXPECT_EQ(names(log).back(), "guard_hit");
  log.tick(seconds{60});
  EXPECT_EQ(names(log).back(), "lost");
  log.replay(11,
             [](const EventLog::Event& event) { EXPECT_EQ(event.object["detail"]["count"], 15); });
  log.add("mac_refused", "s", "vm1", nullptr, seconds{60});
  EXPECT_EQ(names(log).back(), "mac_refused");
}

TEST(Events, ListenerMayUnsubscribeItself) {
  EventLog log;
  std::uint64_t subscription = 0;
  int heard = 0;
  subscription = log.subscribe([&](const EventLog::Event&) {
    ++heard;
    log.unsubscribe(subscription);
  });
  log.add("switch_created", "s", {}, nullptr, seconds{0});
  log.add("switch_created", "s", {}, nullptr, seconds{0});
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace laneway

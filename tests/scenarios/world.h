// tests/scenarios/world.h: what every scenario shares: a world to start, the usual errands in it,
// and the laws at the end.
#pragma once

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace laneway::test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// How often a case is done: in full, or a hundredth of it, 10 at least, where sanitizers are slow.
constexpr int in_full(int times) {
#ifdef NDEBUG
  return times;
#else
  return times < 1000 ? 10 : times / 100;
#endif
}

class World : public testing::Test {
 protected:
  // Begins anew; the scenario before must have kept the laws.
  Scenario& start(const ScenarioOptions& options = {}) {
    TearDown();
    scenario_ = std::make_unique<Scenario>(options);
    return *scenario_;
  }

  void TearDown() override {
    if (scenario_ == nullptr) return;
    scenario_->run_for(Nanos{0});
    for (const std::string& law : scenario_->broken_laws()) ADD_FAILURE() << law;
    scenario_.reset();
  }

  // The guest asks for a lease; whether it has one within `limit`.
  bool lease(Guest& guest, Nanos limit = seconds{2}) {
    guest.dhcp.start();
    return scenario_->run_until([&] { return guest.dhcp.lease().has_value(); }, limit);
  }

  // How many of `count` pings, 100 ms apart, are answered.
  int ping(Host& from, const IpAddress& to, int count = 3) {
    const PingId id = from.ping(to, count, milliseconds{100});
    scenario_->run_until([&] { return from.result(id).answered == count; },
                         milliseconds{100} * count + seconds{4});
    EXPECT_EQ(from.result(id).repeated, 0) << "answered twice: " << to_string(to);
    return from.result(id).answered;
  }

  // A guest with a lease.
  Guest& leased_guest() {
    Guest& guest = scenario_->add_guest();
    EXPECT_TRUE(lease(guest));
    return guest;
  }

  Scenario& scenario() { return *scenario_; }

 private:
  std::unique_ptr<Scenario> scenario_;
};

// Frames of `log` for which `matches` holds.
template <class Matches>
std::size_t count(const FrameLog& log, Matches&& matches) {
  std::size_t found = 0;
  for (const LoggedFrame& frame : log) found += matches(frame) ? 1U : 0U;
  return found;
}

}  // namespace laneway::test

#include "switch/rate_limit.h"

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimit, BurstThenOneAnInterval) {
  RateLimit limit(seconds{10}, 4);
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(limit.allow(seconds{100}));
  EXPECT_FALSE(limit.allow(seconds{110} - Nanos{1}));
  EXPECT_TRUE(limit.allow(seconds{110}));
  EXPECT_FALSE(limit.allow(seconds{110}));
}

TEST(RateLimit, RefusedOnesCostNothing) {
  RateLimit limit(seconds{1}, 1);
  EXPECT_TRUE(limit.allow(seconds{0}));
  for (int n = 1; n < 1000; ++n) EXPECT_FALSE(limit.allow(milliseconds{n}));
  EXPECT_TRUE(limit.allow(seconds{1}));
}

TEST(RateLimit, QuietTimeGivesNoMoreThanABurst) {
  RateLimit limit = RateLimit::per_second(10);
  int allowed = 0;
  for (int n = 0; n < 100; ++n) allowed += limit.allow(seconds{1000}) ? 1 : 0;
  EXPECT_EQ(allowed, 10);
}

TEST(RateLimit, HoldsTheRateOverTime) {
  RateLimit limit = RateLimit::per_second(20);
  int allowed = 0;
  for (int ms = 0; ms < 10000; ++ms) allowed += limit.allow(milliseconds{ms}) ? 1 : 0;
  EXPECT_EQ(allowed, 20 + 199);  // the burst, then one every 50 ms
}

}  // namespace
}  // namespace laneway

// The parts of a replay: reading, pace, lateness, what is shown meanwhile.
#include <cstring>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/lateness.h"
#include "cli/merged_captures.h"
#include "cli/replay_pace.h"
#include "cli/replay_progress.h"
#include "ports/capture_writer.h"
#include "switch/error.h"
#include "tests/support/temporary_folder.h"

namespace laneway::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Captures : public testing::Test {
 protected:
  // A file of 60-byte frames from 02:00:00:00:00:01, at these times in ms; byte 20 is its number.
  std::string capture(const std::string& name, const std::vector<int>& times) const {
    const std::string path = (folder_.path() / name).string();
    CaptureWriter writer(path);
    std::vector<std::byte> frame(60, std::byte{0xff});
    const MacAddress source{{0x02, 0, 0, 0, 0, 0x01}};
    std::memcpy(frame.data() + 6, source.octets.data(), 6);
    for (std::size_t at = 0; at < times.size(); ++at) {
      frame[20] = static_cast<std::byte>(at);
      writer.write(milliseconds{times[at]}, frame);
    }
    writer.flush();
    return path;
  }
  test::TemporaryFolder folder_;
};

TEST_F(Captures, AreMergedByTimeAndTiesKeepTheFilesOrder) {
  MergedCaptures captures({{capture("a", {10, 30}), capture("b", {10, 20})}, "", {}});
  std::vector<std::pair<std::size_t, int>> seen;
  while (const auto frame = captures.next()) {
    seen.emplace_back(frame->file, std::chrono::duration_cast<milliseconds>(frame->time).count());
  }
  EXPECT_EQ(seen, (std::vector<std::pair<std::size_t, int>>{{0, 10}, {1, 10}, {1, 20}, {0, 30}}));
  EXPECT_EQ(captures.tally().frames, 4U);
  EXPECT_EQ(captures.tally().files[1].bytes, 120U);
}

TEST_F(Captures, TimeThatGoesBackIsHeldAndCounted) {
  MergedCaptures captures({{capture("a", {20, 10, 30})}, "", {}});
  captures.next();
  EXPECT_EQ(captures.next()->time, milliseconds{20});
  captures.next();
  EXPECT_EQ(captures.tally().time_backwards, 1U);
  EXPECT_EQ(captures.tally().last, milliseconds{30});
}

TEST_F(Captures, AddressesAreReplacedOnBothSides) {
  const MacAddress old{{0x02, 0, 0, 0, 0, 0x01}};
  const MacAddress fresh{{0x02, 0, 0, 0, 0, 0x02}};
  const MacAddress all{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  MergedCaptures captures({{capture("a", {1})}, "", {{old, fresh}, {all, old}}});
  const auto frame = captures.next();
  EXPECT_EQ(std::memcmp(frame->bytes.data(), old.octets.data(), 6), 0);
  EXPECT_EQ(std::memcmp(frame->bytes.data() + 6, fresh.octets.data(), 6), 0);
}

TEST(ReplayPace, DeadlinesAreReckonedFromTheStart) {
  const ReplayPace::Before before{3'000'000'001, 1'250'000, seconds{10}};
  EXPECT_EQ(ReplayPace::frames_per_second(3).due(before), Nanos{1'000'000'000'333'333'333});
  EXPECT_EQ(ReplayPace::bits_per_second(1e6).due(before), seconds{10});
  EXPECT_EQ(ReplayPace::as_captured(1).due(before), seconds{10});
  EXPECT_EQ(ReplayPace::as_captured(4).due(before), milliseconds{2500});
  EXPECT_EQ(ReplayPace::top_speed().due(before), Nanos{0});
}

TEST(Lateness, PercentilesAreExactBelow64AndWithinA64thAbove) {
  Lateness lateness;
  for (std::uint64_t n = 1; n <= 100; ++n) lateness.add(Nanos{n < 99 ? 7 : 1'000'000}, n);
  EXPECT_EQ(lateness.percentile(0.5), 7U);
  EXPECT_EQ(lateness.percentile(0.98), 7U);
  EXPECT_NEAR(static_cast<double>(lateness.percentile(0.99)), 1e6, 1e6 / 64);
  EXPECT_EQ(lateness.max_ns(), 1'000'000U);
  EXPECT_EQ(lateness.max_frame(), 99U);
}

TEST(Lateness, EveryPowerOfTwoHasItsPlace) {
  for (int bit = 0; bit < 63; ++bit) {
    Lateness lateness;
    const Nanos late{Nanos::rep{1} << bit};
    lateness.add(late, 1);
    lateness.add(Nanos::max(), 2);
    const auto got = static_cast<double>(lateness.percentile(0.5));
    EXPECT_GE(got, static_cast<double>(late.count()));
    EXPECT_LE(got, static_cast<double>(late.count()) * (1 + 1.0 / 64)) << bit;
  }
}

TEST(Lateness, EarlyIsInTimeAndNothingIsZero) {
  Lateness lateness;
  EXPECT_EQ(lateness.percentile(0.99), 0U);
  lateness.add(Nanos{-5}, 1);
  EXPECT_EQ(lateness.max_ns(), 0U);
  EXPECT_EQ(lateness.max_frame(), 1U);
}

TEST(ReplayProgress, LineSaysHowFarAndHowLong) {
  LiveProgress live;
  live.loop = 2;
  live.frames = 50;
  live.all_frames = 200;
  live.bytes = 1250;
  EXPECT_EQ(replay_line(live, 3, 10, false), "loop 2/3  25 %  50/200 frames  1 kb/s  30 s left");
  EXPECT_NE(replay_line(live, 3, 10, true).find("███████▌  "), std::string::npos);
}

}  // namespace
}  // namespace laneway::cli

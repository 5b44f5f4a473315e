// A live replay to ports in memory: what is sent, when, and what the report says.
#include "cli/replay_live.h"

#include <fstream>

#include <gtest/gtest.h>

#include "cli/json.h"
#include "ports/capture_writer.h"
#include "ports/memory_port.h"
#include "switch/error.h"
#include "tests/cli/run_cli.h"
#include "tests/support/temporary_folder.h"

namespace laneway::cli {
namespace {

using std::chrono::milliseconds;
using test::run_cli;

class LiveReplay : public testing::Test {
 protected:
  // Frames of these lengths, 2 ms apart.
  std::string capture(const std::string& name, const std::vector<std::size_t>& lengths) const {
    const std::string path = (folder_.path() / name).string();
    CaptureWriter writer(path);
    std::vector<std::byte> frame(2000, std::byte{0x02});
    for (std::size_t at = 0; at < lengths.size(); ++at) {
      writer.write(std::chrono::seconds{100} + static_cast<int>(at) * milliseconds{2},
                   std::span(frame).first(lengths[at]));
    }
    writer.flush();
    return path;
  }
  MemoryPort& add_port(const std::string& name, std::size_t queue = 1024) {
    auto port = std::make_unique<MemoryPort>(pool_, queue, 1514);
    MemoryPort& far = *port;
    ports_.push_back({name, std::move(port)});
    return far;
  }
  ReplayReport replay() { return replay_live(options_, ports_, pool_, progress_); }

  test::TemporaryFolder folder_;
  HeapBuffers pool_;
  std::vector<LivePort> ports_;
  LiveOptions options_;
  LiveProgress progress_;
};

TEST_F(LiveReplay, CountersAddUp) {
  MemoryPort& far = add_port("p");
  options_.captures.paths = {capture("a", {60, 4, 1600, 100})};
  options_.pace = ReplayPace::top_speed();
  options_.loops = 3;
  const ReplayReport report = replay();
  EXPECT_EQ(report.frames_read, 12U);
  EXPECT_EQ(report.frames_out, 6U);
  EXPECT_EQ(report.drops[index(Drop::Short)], 3U);
  EXPECT_EQ(report.drops[index(Drop::TooLong)], 3U);
  EXPECT_EQ(report.live->sent_frames + report.live->failed_frames, report.frames_read);
  EXPECT_EQ(report.files[0].frames, 4U);  // loops do not inflate what a file holds
  EXPECT_EQ(report.bytes_out, 3 * 160U);
  EXPECT_EQ(far.waiting_outside(), 6U);
  while (Buffer* frame = far.take()) free_buffer(frame);
  EXPECT_EQ(pool_.in_use(), 0U);
}

TEST_F(LiveReplay, FilesGoToTheirPorts) {
  MemoryPort& left = add_port("left");
  MemoryPort& right = add_port("right");
  options_.captures.paths = {capture("a", {60, 60}), capture("b", {80})};
  const ReplayReport report = replay();
  EXPECT_EQ(left.waiting_outside(), 2U);
  EXPECT_EQ(right.waiting_outside(), 1U);
  EXPECT_EQ(report.ports[1].tx_frames, 1U);
}

// 50 loops of 2 frames 2 ms apart, a mean gap of 2 ms between loops: never less than 198 ms.
TEST_F(LiveReplay, LoopsFollowEachOtherAtTheMeanGap) {
  add_port("p");
  options_.captures.paths = {capture("a", {60, 60})};
  options_.loops = 50;
  const ReplayReport report = replay();
  EXPECT_GE(report.wall_seconds, 0.198);
  EXPECT_EQ(report.live->loops, 50U);
  EXPECT_EQ(report.live->multiplier, 1.0);
}

TEST_F(LiveReplay, NothingIsSentBeforeItsTime) {
  add_port("p");
  options_.captures.paths = {capture("a", std::vector<std::size_t>(100, 60))};
  options_.pace = ReplayPace::frames_per_second(1000);
  const ReplayReport report = replay();
  EXPECT_GE(report.wall_seconds, 0.099);
  EXPECT_LE(report.live->got_pps, 1000.5);
  EXPECT_GE(report.live->late_max_ns, report.live->late_p50_ns);
}

TEST_F(LiveReplay, LimitDurationAndStopEndIt) {
  add_port("p");
  options_.captures.paths = {capture("a", {60, 60})};
  options_.loops = 0;
  options_.limit = 5;
  EXPECT_EQ(replay().frames_read, 5U);
  options_.limit = 0;
  options_.seconds = 0.05;
  EXPECT_GE(replay().wall_seconds, 0.04);
  const std::atomic<bool> stop{true};
  options_.stop = &stop;
  const ReplayReport report = replay();
  EXPECT_TRUE(report.live->interrupted);
  EXPECT_EQ(report.frames_read, 0U);
}

TEST_F(LiveReplay, DamagedFileIsRefusedBeforeAnythingIsSent) {
  MemoryPort& far = add_port("p");
  const std::string path = capture("a", {60, 60});
  std::ofstream(path, std::ios::app) << "cut";
  options_.captures.paths = {path};
  try {
    replay();
    FAIL() << "the file was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadCapture);
  }
  EXPECT_EQ(far.waiting_outside(), 0U);
}

TEST_F(LiveReplay, EmptyCaptureSendsNothing) {
  add_port("p");
  options_.captures.paths = {capture("a", {})};
  options_.loops = 0;
  const ReplayReport report = replay();
  EXPECT_EQ(report.frames_read, 0U);
  EXPECT_FALSE(report.first);
}

TEST_F(LiveReplay, PreloadedIsTheSame) {
  MemoryPort& far = add_port("p");
  options_.captures.paths = {capture("a", {60, 90})};
  options_.preload = true;
  options_.loops = 2;
  EXPECT_EQ(replay().bytes_out, 300U);
  EXPECT_EQ(far.take_bytes()->size(), 60U);
  EXPECT_EQ(far.take_bytes()->size(), 90U);
}

TEST_F(LiveReplay, WhatComesBackIsComparedWithWhatWasExpected) {
  options_.captures.paths = {capture("a", {60})};
  options_.expect = folder_.path() / "expected";
  std::filesystem::create_directory(*options_.expect);
  capture("expected/p.pcap", {70});
  MemoryPort& far = add_port("p");
  const std::vector<std::byte> answer(70, std::byte{0x02});
  far.send_from_outside(answer);
  EXPECT_FALSE(replay().is_different());
  EXPECT_TRUE(replay().is_different());  // nothing came back this time
}

TEST_F(LiveReplay, WrongArgumentsAreOneError) {
  const std::string file = capture("a", {60});
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "replay: one of --offline, --into SWITCH/PORT, --to SPEC is needed"},
      {{"--to", "packet:nosuch0"}, "no network interface 'nosuch0'"},
      {{"--to", "memory:x"}, "memory:x: there is nobody behind it"},
      {{"--to", "pakket:x"}, "unknown kind 'pakket'"},
      {{"--to", "packet:lo", "--into", "a/b"}, "replay: --to and --into exclude each other"},
      {{"--to", "packet:lo", "--offline"}, "replay: --offline and --to exclude each other"},
      {{"--to", "packet:lo", "--pps", "5", "--mbps", "5"},
       "replay: --pps and --mbps exclude each other"},
      {{"--to", "packet:lo", "--age", "5"}, "replay: --age: of --offline only"},
      {{"--offline", "--topspeed"}, "replay: --topspeed: of a live replay only"},
      {{"--to", "stream:/x,mode=connect", "--to", "stream:/y,mode=connect"},
       "replay: 2 ports for 1 files"},
      {{"--to", "packet:lo", "--pps", "0"}, "expected a number above 0"},
  };
  for (const auto& [words, message] : cases) {
    std::vector<std::string> all{"replay", file};
    all.insert(all.end(), words.begin(), words.end());
    const auto ran = run_cli(all);
    EXPECT_NE(ran.status, 0) << message;
    EXPECT_EQ(ran.out, "") << message;
    EXPECT_NE(ran.err.find(message), std::string::npos) << ran.err;
  }
}

}  // namespace
}  // namespace laneway::cli

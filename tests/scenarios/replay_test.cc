#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/replay_offline.h"
#include "ports/capture_reader.h"
#include "ports/capture_writer.h"
#include "switch/error.h"
#include "tests/support/memory_switch.h"
#include "tests/support/temporary_folder.h"

namespace laneway::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Bytes;
using test::ethernet;
using test::station;

constexpr Nanos kStart{1772395243112884000};

class Replay : public testing::Test {
 protected:
  struct Timed {
    Nanos after;
    Bytes frame;
  };
  std::string capture(const std::string& name, const std::vector<Timed>& frames) {
    CaptureWriter writer(folder_.file(name));
    for (const Timed& one : frames) writer.write(kStart + one.after, one.frame);
    return folder_.file(name);
  }
  static std::vector<Bytes> read(const std::string& path) {
    CaptureReader reader(path);
    std::vector<Bytes> frames;
    while (const auto record = reader.next())
      frames.emplace_back(record->bytes.begin(), record->bytes.end());
    return frames;
  }
  static Bytes from_to(std::uint32_t from, std::uint32_t to, std::uint16_t type = 0x88b5) {
    return ethernet(station(to), station(from), type);
  }

  test::TemporaryFolder folder_;
  ReplayOptions options_;
};

TEST_F(Replay, AnEmptyCaptureIsReadToItsEnd) {
  options_.files = {{capture("a.pcap", {}), ""}};
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.frames_read, 0U);
  EXPECT_FALSE(report.first);
  ASSERT_EQ(report.ports.size(), 2U);
  EXPECT_EQ(report.ports[0].name, "in");
  EXPECT_EQ(report.ports[1].name, "out");
}

TEST_F(Replay, FramesLeaveUnchangedAndAreCounted) {
  Bytes tagged = from_to(3, 4, 0x8100);
  Bytes broken_ip = from_to(5, 6, 0x0800);
  options_.files = {{capture("a.pcap", {{seconds{0}, from_to(1, 2)},
                                        {seconds{1}, from_to(2, 1)},
                                        {seconds{2}, Bytes(9)},
                                        {seconds{3}, tagged},
                                        {seconds{4}, broken_ip}}),
                     "in"}};
  options_.out = folder_.path() / "out";
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.frames_read, 5U);
  EXPECT_EQ(report.bytes_read, 4 * 60U + 9);
  EXPECT_EQ(report.frames_out, 3U);
  EXPECT_EQ(report.bytes_out, 180U);
  EXPECT_EQ(report.frames_short, 1U);
  EXPECT_EQ(report.drops[index(Drop::SamePort)], 1U);
  EXPECT_EQ(report.macs_learnt, 4U);
  EXPECT_EQ(report.first, kStart);
  EXPECT_EQ(report.last, kStart + seconds{4});
  EXPECT_EQ(report.files[0].format, "pcap");
  EXPECT_EQ(report.ports[0].rx_frames, 5U);
  EXPECT_EQ(report.ports[1].tx_frames, 3U);
  EXPECT_EQ(read(folder_.file("out/out.pcap")),
            (std::vector<Bytes>{from_to(1, 2), tagged, broken_ip}));
  EXPECT_TRUE(read(folder_.file("out/in.pcap")).empty());
}

TEST_F(Replay, TheSwitchForgetsByTheCapturesOwnTime) {
  options_.files = {{capture("a.pcap", {{seconds{0}, from_to(1, 9)},
                                        {seconds{300}, from_to(2, 1)},
                                        {seconds{301}, from_to(2, 1)},
                                        {hours{24 * 3650}, from_to(3, 4)}}),
                     ""}};
  options_.age = seconds{300};
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.drops[index(Drop::SamePort)], 1U);
  EXPECT_EQ(report.frames_out, 3U);
  EXPECT_EQ(report.macs_learnt, 1U);
}

TEST_F(Replay, AnEarlierTimeIsHandledAtTheLastOne) {
  options_.files = {{capture("a.pcap", {{seconds{10}, from_to(1, 2)},
                                        {seconds{5}, from_to(1, 2)},
                                        {seconds{11}, from_to(1, 2)}}),
                     ""}};
  options_.out = folder_.path();
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.time_backwards, 1U);
  CaptureReader out(folder_.file("out.pcap"));
  out.next();
  EXPECT_EQ(out.next()->time, kStart + seconds{10});
}

TEST_F(Replay, FilesAreMergedByTimeAndTiesInTheirOrder) {
  options_.files = {
      {capture("a.pcap", {{seconds{1}, from_to(1, 100)}, {seconds{3}, from_to(3, 100)}}), "in"},
      {capture("b.pcap", {{seconds{1}, from_to(2, 100)}, {seconds{2}, from_to(4, 100)}}), "in"}};
  options_.out = folder_.path() / "out";
  replay_offline(options_);
  EXPECT_EQ(
      read(folder_.file("out/out.pcap")),
      (std::vector<Bytes>{from_to(1, 100), from_to(2, 100), from_to(4, 100), from_to(3, 100)}));
}

TEST_F(Replay, ChoosesLimitsAndRewrites) {
  options_.files = {{capture("a.pcap", {{seconds{0}, from_to(1, 2, 0x0800)},
                                        {seconds{1}, from_to(1, 2, 0x0806)},
                                        {seconds{2}, from_to(2, 3, 0x0806)},
                                        {seconds{3}, from_to(1, 2, 0x0806)}}),
                     ""}};
  options_.filter = "arp";
  options_.limit = 2;
  options_.map_macs = {{station(2), station(22)}};
  options_.out = folder_.path() / "out";
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.frames_read, 2U);
  EXPECT_EQ(read(folder_.file("out/out.pcap")),
            (std::vector<Bytes>{from_to(1, 22, 0x0806), from_to(22, 3, 0x0806)}));
}

TEST_F(Replay, WhatIsExpectedIsComparedFrameByFrame) {
  options_.files = {
      {capture("a.pcap", {{seconds{0}, from_to(1, 2)}, {seconds{1}, from_to(3, 4)}}), ""}};
  options_.out = folder_.path() / "expected";
  replay_offline(options_);
  options_.out.reset();
  options_.expect = folder_.path() / "expected";
  ReplayReport report = replay_offline(options_);
  EXPECT_FALSE(report.is_different());
  EXPECT_EQ(report.expect->frames, 2U);

  Bytes other = from_to(3, 4);
  other[6] = std::byte{0xfe};
  capture("expected/out.pcap",
          {{seconds{0}, from_to(1, 2)}, {seconds{1}, other}, {seconds{2}, other}});
  report = replay_offline(options_);
  EXPECT_TRUE(report.is_different());
  EXPECT_EQ(report.expect->frames, 3U);
  EXPECT_EQ(report.expect->different, 2U);
  EXPECT_EQ(report.expect->first->port, "out");
  EXPECT_EQ(report.expect->first->frame, 2U);
  EXPECT_EQ(report.expect->first->byte, 6U);
  EXPECT_EQ(report.expect->first->text,
            "expected 60 bytes, fe:00:00:00:00:03 > 02:00:00:00:00:04, type 0x88b5, "
            "got 60 bytes, 02:00:00:00:00:03 > 02:00:00:00:00:04, type 0x88b5");

  capture("expected/out.pcap", {{seconds{0}, from_to(1, 2)}});
  report = replay_offline(options_);
  EXPECT_EQ(report.expect->different, 1U);
  EXPECT_EQ(report.expect->first->frame, 2U);
}

TEST_F(Replay, DamageEndsItAndWhatWasWrittenStaysACapture) {
  const std::string path = capture("a.pcap", {{seconds{0}, from_to(1, 2)}});
  std::ofstream(path, std::ios::app | std::ios::binary) << "half";
  options_.files = {{path, ""}};
  options_.out = folder_.path() / "out";
  try {
    replay_offline(options_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadCapture);
    EXPECT_EQ(std::string(error.what()).find(path + ": byte 100, record 2: "), 0U) << error.what();
  }
  EXPECT_EQ(read(folder_.file("out/out.pcap")).size(), 1U);
}

TEST_F(Replay, ATopologyHasPortsOfItsOwn) {
  options_.topology = folder_.write("t.toml", R"([[switch]]
name = "lab"
mac_table = { limit = 64, age = "60s" }
[[switch.port]]
name = "left"
spec = "memory:left"
policy = "trunk"
[[switch.port]]
name = "right"
spec = "memory:right"
policy = "trunk"
[[switch.port]]
name = "up"
spec = "memory:up"
policy = "trunk"
)");
  options_.files = {{capture("a.pcap", {{seconds{0}, from_to(1, 2)}}), "left"},
                    {capture("b.pcap", {{seconds{1}, from_to(2, 1)}}), "right"}};
  const ReplayReport report = replay_offline(options_);
  EXPECT_EQ(report.frames_copied, 1U);
  EXPECT_EQ(report.frames_out, 3U);
  ASSERT_EQ(report.ports.size(), 3U);
  EXPECT_EQ(report.ports[0].tx_frames, 1U);
  EXPECT_EQ(report.ports[2].tx_frames, 1U);
}

TEST_F(Replay, UnknownPortsAndOtherKindsAreRefused) {
  options_.files = {{capture("a.pcap", {}), "outt"}};
  try {
    replay_offline(options_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NoPort);
    EXPECT_EQ(error.fix(), "did you mean out?");
  }
  options_.topology = folder_.write(
      "t.toml", "[[switch]]\nname = \"lab\"\n[[switch.port]]\nname = \"a\"\nspec = \"tap:lw-a\"\n");
  EXPECT_THROW(replay_offline(options_), Error);
}

}  // namespace
}  // namespace laneway::cli

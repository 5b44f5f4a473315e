// Commands that need no daemon: demo and replay, as they are seen from outside.
#include <fstream>

#include <gtest/gtest.h>

#include "cli/json.h"
#include "tests/cli/run_cli.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

namespace fs = std::filesystem;
using test::Ran;
using test::run_cli;

TEST(Demo, PlainLosesAndTranslatedPassesAsExpected) {
  const test::TemporaryFolder folder;
  const Ran ran = run_cli({"demo", "--out", folder.path().string(), "--json"});
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  const auto demo = cli::Value::parse(ran.out)["demo"];
  EXPECT_EQ(demo["result"].text(), "ok");
  EXPECT_GE(demo["steps"].size(), 18U);
  for (const cli::Value& name : demo["captures"].items()) {
    EXPECT_GT(fs::file_size(folder.path() / name.text()), 24U) << name.text();
  }
}

TEST(Demo, TextHasBothRunsSideBySide) {
  const test::TemporaryFolder folder;
  const Ran ran = run_cli({"demo", "--out", folder.path().string()});
  EXPECT_EQ(ran.out.rfind("STEP", 0), 0U);
  EXPECT_NE(ran.out.find("\nresult "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("demo-air.pcap: open both in Wireshark"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("NOT as expected"), std::string::npos) << ran.out;
}

TEST(Demo, FolderThatCannotBeWrittenIsOneError) {
  const Ran ran = run_cli({"demo", "--out", "/nonexistent"});
  EXPECT_NE(ran.status, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err.rfind("laneway: ", 0), 0U) << ran.err;
}

class Replay : public ::testing::Test {
 protected:
  // A capture of one broadcast and a runt of 4 bytes, microseconds, little-endian.
  std::string capture() const {
    const fs::path path = folder_.path() / "a.pcap";
    std::string bytes(
        "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x04\x00\x01\x00\x00\x00",
        24);
    bytes += std::string("\x01\x00\x00\x00\x02\x00\x00\x00\x3c\x00\x00\x00\x3c\x00\x00\x00", 16);
    bytes +=
        std::string(6, '\xff') + std::string("\x02\x00\x00\x00\x00\x01", 6) + std::string(48, '\0');
    bytes += std::string("\x02\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00", 16);
    bytes += "abcd";
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  test::TemporaryFolder folder_;
};

TEST_F(Replay, ReportHasEveryFieldOfTheContract) {
  const Ran ran = run_cli({"replay", "--offline", "--json", capture()});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto report = cli::Value::parse(ran.out);
  EXPECT_EQ(report["frames_read"].count(), 2U);
  EXPECT_EQ(report["frames_out"].count(), 1U);
  EXPECT_EQ(report["frames_short"].count(), 1U);
  EXPECT_EQ(report["drops"]["short"].count(), 1U);
  EXPECT_EQ(report["first"].text(), "1970-01-01T00:00:01.000002000Z");
  EXPECT_DOUBLE_EQ(report["capture_seconds"].number(), 0.999998);
  EXPECT_EQ(report["ports"].size(), 2U);
  for (const char* key : {"schema", "report", "mode", "result", "clock", "wall_seconds", "files",
                          "time_backwards", "bytes_read", "frames_copied", "bytes_out",
                          "frames_replied", "frames_truncated", "macs_learnt"}) {
    EXPECT_FALSE(report[key].is_null()) << key;
  }
  EXPECT_TRUE(report["expect"].is_null());
  EXPECT_TRUE(report["live"].is_null());
}

TEST_F(Replay, TextAndCsvSayTheSame) {
  EXPECT_EQ(run_cli({"replay", "--offline", capture()}).out,
            "read      2 frames, 64 bytes; 1 short, 0 truncated\n"
            "switch    out 1  copied 0  replied 0  dropped 1 (short 1)\n"
            "learnt    1 addresses\n");
  EXPECT_EQ(run_cli({"replay", "--offline", "--report", "csv", capture()}).out,
            "frames_read,bytes_read,frames_copied,frames_out,bytes_out,frames_replied,frames_short,"
            "frames_truncated,macs_learnt,time_backwards,drop_short\n"
            "2,64,0,1,60,0,1,0,1,0,1\n");
}

TEST_F(Replay, DifferenceFromWhatWasExpectedIsExitStatus7) {
  const std::string out = (folder_.path() / "out").string();
  fs::create_directory(out);
  ASSERT_EQ(run_cli({"replay", "--offline", "--out", out, capture()}).status, 0);
  EXPECT_EQ(run_cli({"replay", "--offline", "--expect", out, capture()}).status, 0);
  const Ran ran = run_cli({"replay", "--offline", "--json", "--expect", out, "--limit", "0",
                           "--map-mac", "02:00:00:00:00:01=02:00:00:00:00:02", capture()});
  EXPECT_EQ(ran.status, 7) << ran.err;
  const auto report = cli::Value::parse(ran.out);
  EXPECT_EQ(report["result"].text(), "different");
  EXPECT_EQ(report["expect"]["first_difference"]["port"].text(), "out");
}

TEST_F(Replay, MissingAndDamagedFilesAreOneLine) {
  const Ran missing = run_cli({"replay", "--offline", "/nonexistent.pcap"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.err,
            "laneway: /nonexistent.pcap: cannot be opened: No such file or directory\n");
  const fs::path path = folder_.path() / "bad.pcap";
  std::ofstream(path) << "this is no capture at all";
  const Ran damaged = run_cli({"replay", "--offline", path.string()});
  EXPECT_EQ(damaged.status, 1);
  EXPECT_EQ(damaged.out, "");
  EXPECT_EQ(damaged.err.rfind("laneway: " + path.string() + ": byte 0", 0), 0U) << damaged.err;
}

TEST_F(Replay, OptionsAreCheckedFirst) {
  EXPECT_EQ(run_cli({"replay", capture()}).status, 2);
  EXPECT_EQ(run_cli({"replay", "--offline", "--age", "soon", capture()}).status, 2);
  EXPECT_EQ(run_cli({"replay", "--offline", "--map-mac", "x=y", capture()}).status, 2);
  EXPECT_EQ(run_cli({"replay", "--offline", "--into", "in", "--into", "out", capture()}).status, 2);
}

}  // namespace
}  // namespace laneway

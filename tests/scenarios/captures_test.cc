// Each capture of the folder goes through `replay --offline` and gives what its manifest says: the
// figures of the Linux bridge, reserved group addresses strictly kept back.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/replay_offline.h"
#include "switch/error.h"

namespace laneway::cli {
namespace {

using Row = std::map<std::string, std::string>;  // by column name

std::filesystem::path folder() {
  const char* set = std::getenv("LANEWAY_PCAPS");
  return set != nullptr ? std::filesystem::path(set)
                        : std::filesystem::path(LANEWAY_SOURCE_DIR) / "../shared/pcaps";
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; std::getline(in, word, '\t');) words.push_back(word);
  return words;
}

std::vector<Row> manifest() {
  std::ifstream in(folder() / "manifest.tsv");
  std::string line;
  std::getline(in, line);
  const auto columns = split(line);
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    const auto words = split(line);
    Row row;
    for (std::size_t i = 0; i < columns.size() && i < words.size(); ++i) row[columns[i]] = words[i];
    rows.push_back(row);
  }
  return rows;
}

std::string sha256_of(const std::filesystem::path& file) {
  const std::string command = "sha256sum '" + file.string() + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::array<char, 65> sum{};
  return pipe != nullptr && std::fgets(sum.data(), sum.size(), pipe.get()) != nullptr ? sum.data()
                                                                                      : "";
}

std::uint64_t count(const Row& row, const std::string& column) {
  return std::stoull(row.at(column));
}

ReplayReport replay(const Row& row) {
  ReplayOptions options;
  options.files = {{(folder() / row.at("file")).string(), ""}};
  return replay_offline(options);
}

std::uint64_t drops(const ReplayReport& report, Drop reason) { return report.drops[index(reason)]; }

TEST(CaptureFolder, IsThere) {
  if (manifest().empty()) {
    GTEST_SKIP() << "no captures in " << folder() << "; set LANEWAY_PCAPS to their folder";
  }
  EXPECT_EQ(manifest().size(), 40U);
}

class Captures : public testing::TestWithParam<Row> {};

TEST_P(Captures, GiveTheFiguresOfTheManifest) {
  const Row& row = GetParam();
  ASSERT_EQ(sha256_of(folder() / row.at("file")), row.at("sha256"));
  if (row.at("libpcap_accepts") != "yes") {
    try {
      replay(row);
      FAIL() << "it was not refused";
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_EQ(error.code(), ErrorCode::BadCapture);
      EXPECT_NE(text.find(row.at("file") + ": byte "), std::string::npos) << text;
      EXPECT_NE(text.find(", record "), std::string::npos) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
    return;
  }

  const ReplayReport report = replay(row);
  EXPECT_EQ(report.frames_read, count(row, "frames"));
  EXPECT_EQ(drops(report, Drop::Short), count(row, "frames") - count(row, "frames_ge14"));
  EXPECT_EQ(report.frames_short, drops(report, Drop::Short));
  EXPECT_EQ(drops(report, Drop::SourceGroup), count(row, "src_multicast"));
  EXPECT_EQ(drops(report, Drop::SourceZero), count(row, "src_zero"));
  EXPECT_EQ(drops(report, Drop::Reserved), count(row, "to_reserved_group"));
  EXPECT_EQ(report.frames_out, count(row, "out_strict"));
  EXPECT_EQ(report.macs_learnt, count(row, "learnt_strict"));

  std::uint64_t dropped = 0;
  for (const std::uint64_t frames : report.drops) dropped += frames;
  EXPECT_EQ(report.frames_read + report.frames_copied,
            report.frames_out + report.frames_replied + dropped);
  EXPECT_EQ(drops(report, Drop::SamePort),
            report.frames_read - report.frames_out - count(row, "src_multicast") -
                count(row, "src_zero") - count(row, "to_reserved_group") - report.frames_short);
  EXPECT_EQ(report.frames_copied, 0U);
}

std::string name_of_row(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.at("file");
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Captures);
INSTANTIATE_TEST_SUITE_P(All, Captures, testing::ValuesIn(manifest()), name_of_row);

}  // namespace
}  // namespace laneway::cli

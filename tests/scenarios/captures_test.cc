// Each capture of the folder goes through `replay --offline` and gives what its manifest says: the
// figures of the Linux bridge, reserved group addresses strictly kept back.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/replay_offline.h"
#include "ports/capture_reader.h"
#include "ports/capture_writer.h"
#include "switch/error.h"
#include "switch/wire/bytes.h"
#include "tests/support/temporary_folder.h"

namespace laneway::cli {
namespace {

// By column name.
struct Row : std::map<std::string, std::string> {};
void PrintTo(const Row& row, std::ostream* out) { *out << row.at("file"); }

std::filesystem::path folder_of_captures() {
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
  std::ifstream in(folder_of_captures() / "manifest.tsv");
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
  options.files = {{(folder_of_captures() / row.at("file")).string(), ""}};
  return replay_offline(options);
}

std::uint64_t drops(const ReplayReport& report, Drop reason) { return report.drops[index(reason)]; }

TEST(CaptureFolder, IsThere) {
  if (manifest().empty()) {
    GTEST_SKIP() << "no captures in " << folder_of_captures()
                 << "; set LANEWAY_PCAPS to their folder";
  }
  EXPECT_EQ(manifest().size(), 40U);
}

class Captures : public testing::TestWithParam<Row> {};

TEST_P(Captures, GiveTheFiguresOfTheManifest) {
  const Row& row = GetParam();
  ASSERT_EQ(sha256_of(folder_of_captures() / row.at("file")), row.at("sha256"));
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

// A translated uplink, and one guest; what the capture's stations say, the guest says.
constexpr const char* kTranslated = R"([[switch]]
name = "air"
uplink = "memory:up"
translate = "on"
[[switch.port]]
name = "guest"
spec = "memory:guest"
mac = "52:54:00:0a:0b:0c"
)";
constexpr MacAddress kGuest{{0x52, 0x54, 0x00, 0x0a, 0x0b, 0x0c}};

// Writes the capture to `to` with the guest as source of every frame that has one.
void as_guest(const std::string& from, const std::string& to) {
  CaptureReader reader(from);
  CaptureWriter writer(to);
  while (const auto record = reader.next()) {
    std::vector<std::byte> frame(record->bytes.begin(), record->bytes.end());
    if (frame.size() >= 14) wire::store_mac(frame.data() + 6, kGuest);
    writer.write(record->time, frame);
  }
}

// Whether the guest's address stands anywhere behind the Ethernet header of an ARP or an ICMPv6
// frame.
bool tells_of_guest(std::span<const std::byte> frame) {
  const std::uint16_t type = wire::load_be16(frame.data() + 12);
  if (type != 0x0806 && type != 0x86dd) return false;
  const auto payload = frame.subspan(14);
  if (type == 0x86dd && (payload.size() < 40 || wire::load_u8(payload.data() + 6) != 58)) {
    return false;
  }
  const auto guest = std::as_bytes(std::span(kGuest.octets));
  return std::search(payload.begin(), payload.end(), guest.begin(), guest.end()) != payload.end();
}

TEST_P(Captures, S11_FromAGuestLeaveNoFrameWithAnotherSourceThanTheStations) {
  const Row& row = GetParam();
  if (row.at("libpcap_accepts") != "yes") GTEST_SKIP() << "libpcap does not read it";
  const test::TemporaryFolder folder;
  as_guest((folder_of_captures() / row.at("file")).string(), folder.file("guest.pcap"));
  ReplayOptions options;
  options.files = {{folder.file("guest.pcap"), "guest"}};
  options.topology = folder.write("air.toml", kTranslated);
  options.out = folder.path() / "out";
  const ReplayReport report = replay_offline(options);
  EXPECT_EQ(drops(report, Drop::Leak), 0U);

  std::set<std::string> sources;
  CaptureReader uplink(folder.file("out/uplink.pcap"));
  while (const auto record = uplink.next()) {
    sources.insert(to_string(wire::load_mac(record->bytes.data() + 6)));
    EXPECT_FALSE(tells_of_guest(record->bytes));
  }
  EXPECT_LE(sources.size(), 1U);
  EXPECT_EQ(sources.count(to_string(kGuest)), 0U);
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

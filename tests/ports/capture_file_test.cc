#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ports/capture_reader.h"
#include "ports/capture_writer.h"
#include "switch/error.h"
#include "tests/support/memory_switch.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

using test::Bytes;
using test::ethernet;
using test::station;
using test::TemporaryFolder;

std::string number(std::uint32_t value, int bytes = 4) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xffU);
  return text;
}

// The header of a pcap with microseconds, of this link type (1: Ethernet), and a record.
std::string header(std::uint32_t link = 1) {
  return number(0xa1b2c3d4) + number(2, 2) + number(4, 2) + number(0) + number(0) + number(65535) +
         number(link);
}
std::string record(std::uint32_t seconds, std::uint32_t length, std::size_t there,
                   std::uint32_t original) {
  return number(seconds) + number(5) + number(length) + number(original) + std::string(there, 'x');
}

std::string error_of(const std::string& path) {
  try {
    CaptureReader reader(path);
    while (reader.next()) {
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadCapture);
    return std::string(error.what()).substr(path.size());
  }
  return "no error";
}

TEST(CaptureFile, FramesAndTimesComeBackAsTheyWereWritten) {
  const TemporaryFolder folder;
  const Nanos time{1772395243112884001};
  const std::vector<Bytes> frames{ethernet(station(1), station(2)), Bytes(3), Bytes(65535),
                                  Bytes(100000)};
  {
    CaptureWriter writer(folder.file("a.pcap"));
    for (const Bytes& frame : frames) writer.write(time, frame);
    writer.write(time, Bytes(60), 1500);
    EXPECT_TRUE(writer.flush());
  }
  CaptureReader reader(folder.file("a.pcap"));
  EXPECT_STREQ(reader.format(), "pcap");
  for (const Bytes& frame : frames) {
    const auto read = reader.next();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->time, time);
    EXPECT_TRUE(std::equal(read->bytes.begin(), read->bytes.end(), frame.begin(), frame.end()));
  }
  EXPECT_EQ(reader.next()->original_length, 1500U);
  EXPECT_FALSE(reader.next());
}

TEST(CaptureFile, ErrorsNameByteRecordAndCause) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(folder.file("none")), ": cannot be opened: No such file or directory");
  EXPECT_EQ(error_of(folder.write("text", "Not a capture at all, just words.\n")),
            ": byte 0, record 0: unknown file format");
  EXPECT_EQ(error_of(folder.write("link", header(105))),
            ": byte 0, record 0: link type IEEE802_11, only Ethernet can be read");
  const std::string good = header() + record(1, 60, 60, 60);
  EXPECT_EQ(error_of(folder.write("good", good)), "no error");
  EXPECT_EQ(
      error_of(folder.write("cut", good + record(2, 60, 10, 60))).find(": byte 100, record 2: "),
      0U);
  EXPECT_EQ(
      error_of(folder.write("half", good + std::string(7, 'x'))).find(": byte 100, record 2: "),
      0U);
  EXPECT_EQ(error_of(folder.write("huge", good + record(2, 262145, 100, 60)))
                .find(": byte 100, record 2: "),
            0U);
}

TEST(CaptureFile, EveryCutOfAFileIsRefusedOrShorter) {
  const TemporaryFolder folder;
  const std::string whole = header() + record(1, 60, 60, 60) + record(2, 20, 20, 20);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const bool clean = length == 24 || length == 100 || length == 136;
    EXPECT_EQ(error_of(folder.write("cut", whole.substr(0, length))) == "no error", clean)
        << length;
  }
}

TEST(CaptureFile, OddOriginalLengthsAndFractionsDamageNothing) {
  const TemporaryFolder folder;
  const std::string odd =
      number(1) + number(0xffffffff) + number(20) + number(0xffffffff) + std::string(20, 'x');
  CaptureReader reader(folder.write("odd", header() + odd));
  const auto read = reader.next();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes.size(), 20U);
  EXPECT_FALSE(reader.next());
}

TEST(CaptureFile, FilterChooses) {
  const TemporaryFolder folder;
  {
    CaptureWriter writer(folder.file("a.pcap"));
    writer.write({}, ethernet(station(1), station(2), 0x0806));
    writer.write({}, ethernet(station(1), station(2), 0x0800));
  }
  CaptureReader reader(folder.file("a.pcap"));
  reader.filter("arp");
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_THROW(reader.filter("arp and or"), Error);
}

TEST(CaptureFile, WhatCannotBeWrittenSaysSo) {
  const TemporaryFolder folder;
  EXPECT_THROW(CaptureWriter(folder.file("no/such/folder.pcap")), Error);
}

}  // namespace
}  // namespace laneway

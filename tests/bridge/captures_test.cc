// Whatever real networks send, from a guest's port: nothing of it leaves that breaks law 2.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "ports/capture_reader.h"
#include "switch/error.h"
#include "switch/wire/ndp.h"
#include "tests/bridge/rig.h"

namespace laneway::test {
namespace {

std::filesystem::path folder() {
  const char* set = std::getenv("LANEWAY_PCAPS");
  return set != nullptr ? std::filesystem::path(set)
                        : std::filesystem::path(LANEWAY_SOURCE_DIR) / "../shared/pcaps";
}

void replace_all(Bytes& bytes, MacAddress from, MacAddress to) {
  const auto old = std::as_bytes(std::span(from.octets));
  const auto fresh = std::as_bytes(std::span(to.octets));
  for (auto at = bytes.begin();; at += 6) {
    at = std::search(at, bytes.end(), old.begin(), old.end());
    if (at == bytes.end()) return;
    std::copy(fresh.begin(), fresh.end(), at);
  }
}

// Written apart from the check in to_uplink: true if the guest's address is where a receiver would
// take it for a station's.
bool names_guest(Bytes frame) {
  if (wire::load_mac(&frame[6]) != kSta) return true;
  const auto names = [&](std::size_t at) {
    return at + 6 <= frame.size() && wire::load_mac(&frame[at]) == kA;
  };
  const std::uint16_t type = wire::load_be16(&frame[12]);
  if (type == 0x0806) return names(22) || names(32);
  if (type != 0x86dd || frame.size() < 58) return false;
  const unsigned next = std::to_integer<unsigned>(frame[20]);
  const unsigned icmp = std::to_integer<unsigned>(frame[54]);
  if (next != 58 || icmp < 133 || icmp > 137) return false;
  for (std::size_t at = 58; at < frame.size(); ++at) {
    if (names(at)) return true;
  }
  return false;
}

struct Replayed {
  std::size_t frames = 0;
  std::size_t left = 0;
  std::size_t leaks = 0;
};

// `everywhere`: the frame's source is the guest's inside the packet too, not in the header alone.
Replayed replay(const std::filesystem::path& file, bool everywhere) {
  Rig rig;
  Replayed result;
  CaptureReader reader(file.string());
  while (const auto record = reader.next()) {
    Bytes frame(record->bytes.begin(), record->bytes.end());
    if (frame.size() < 14) continue;
    const MacAddress source = wire::load_mac(&frame[6]);
    if (everywhere && !source.is_zero()) replace_all(frame, source, kA);
    wire::store_mac(&frame[6], kA);
    const Outcome got = rig.out(rig.a, frame);
    ++result.frames;
    if (!got.passes()) continue;
    ++result.left;
    result.leaks += names_guest(got.bytes) ? 1U : 0U;
  }
  rig.said();
  return result;
}

TEST(Captures, G08_NoFrameOfAGuestBreaksLaw2) {
  if (!std::filesystem::is_directory(folder())) GTEST_SKIP() << "no captures in " << folder();
  Replayed all;
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    if (file.path().extension() == ".tsv") continue;
    for (const bool everywhere : {false, true}) {
      try {
        const Replayed one = replay(file, everywhere);
        EXPECT_EQ(one.leaks, 0U) << file.path();
        all.frames += one.frames;
        all.left += one.left;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::BadCapture) << error.what();
      }
    }
  }
  EXPECT_GT(all.left, 0U);
  RecordProperty("frames", static_cast<int>(all.frames));
  RecordProperty("left", static_cast<int>(all.left));
}

}  // namespace
}  // namespace laneway::test

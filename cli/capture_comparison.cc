#include "cli/capture_comparison.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "switch/wire/bytes.h"

namespace laneway::cli {

namespace {

constexpr std::size_t kHeaderBytes = 14;

// "60 bytes, 52:54:00:00:00:01 > ff:ff:ff:ff:ff:ff, type 0x0806".
std::string decoded(std::span<const std::byte> frame) {
  std::string text = std::to_string(frame.size()) + " bytes";
  if (frame.size() < kHeaderBytes) return text;
  std::array<char, 16> type{};
  std::snprintf(type.data(), type.size(), "0x%04x", unsigned{wire::load_be16(frame.data() + 12)});
  return text + ", " + to_string(wire::load_mac(frame.data() + 6)) + " > " +
         to_string(wire::load_mac(frame.data())) + ", type " + type.data();
}

}  // namespace

CaptureComparison::CaptureComparison(std::string port, const std::string& path,
                                     ReplayReport::Expectation& result)
    : port_(std::move(port)), expected_(path), result_(result) {}

void CaptureComparison::compare(std::span<const std::byte> got) {
  ++frame_;
  ++result_.frames;
  const auto record = expected_.next();
  if (!record) return differ(0, "expected no more frames, got " + decoded(got));
  const auto want = record->bytes;
  const auto at = std::mismatch(want.begin(), want.end(), got.begin(), got.end());
  if (at.first == want.end() && at.second == got.end()) return;
  differ(static_cast<std::uint64_t>(at.first - want.begin()),
         "expected " + decoded(want) + ", got " + decoded(got));
}

void CaptureComparison::finish() {
  while (const auto record = expected_.next()) {
    ++frame_;
    ++result_.frames;
    differ(0, "expected " + decoded(record->bytes) + ", got no more frames");
  }
}

void CaptureComparison::differ(std::uint64_t byte, std::string text) {
  ++result_.different;
  if (!result_.first) result_.first = {port_, frame_, byte, std::move(text)};
}

}  // namespace laneway::cli

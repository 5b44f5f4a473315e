// cli/capture_comparison.h: what leaves by one port against a capture of what should leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "cli/replay_report.h"
#include "ports/capture_reader.h"

namespace laneway::cli {

// Compares bytes and order, not times. Counts into an Expectation that all ports share.
class CaptureComparison {
 public:
  // Throws Error (BadCapture), as does everything here.
  CaptureComparison(std::string port, const std::string& path, ReplayReport::Expectation& result);

  // The next frame that left by the port.
  void compare(std::span<const std::byte> got);
  // No more frames will leave.
  void finish();

 private:
  void differ(std::uint64_t byte, std::string text);

  std::string port_;
  CaptureReader expected_;
  ReplayReport::Expectation& result_;
  std::uint64_t frame_ = 0;
};

}  // namespace laneway::cli

// cli/replay_sink.h: where the frames go that leave a switch by one port: to a file, and against a
// file of what should leave.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "cli/capture_comparison.h"
#include "cli/replay_report.h"
#include "ports/capture_writer.h"
#include "switch/types.h"

namespace laneway::cli {

class ReplaySink {
 public:
  // DIR/`port`.pcap in the folder `out` to write, in the folder `expect` to compare; either may be
  // missing. `result` must be there, and outlive this, if `expect` is. Throws Error (Io,
  // BadCapture), as do the others.
  ReplaySink(const std::string& port, const std::optional<std::filesystem::path>& out,
             const std::optional<std::filesystem::path>& expect,
             std::optional<ReplayReport::Expectation>& result);

  void take(Nanos time, std::span<const std::byte> bytes);
  // No more will come.
  void finish();

 private:
  std::string path_;  // of the file that is written
  std::optional<CaptureWriter> writer_;
  std::optional<CaptureComparison> comparison_;
};

}  // namespace laneway::cli

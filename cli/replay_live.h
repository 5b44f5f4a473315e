// cli/replay_live.h: captures sent out in real time: to an interface or another port (`laneway
// replay --to`), or into a port of a running switch (`--into`).
//
// Each frame has an absolute deadline: sleep until shortly before, then spin. Frames that are due
// together leave together. A port that is full is tried again; how late its frames are is part of
// the report.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/merged_captures.h"
#include "cli/replay_pace.h"
#include "cli/replay_report.h"
#include "switch/buffer.h"
#include "switch/port.h"

namespace laneway::cli {

struct LivePort {
  std::string name;
  std::unique_ptr<Port> port;
};

struct LiveOptions {
  CaptureChoice captures;
  ReplayPace pace = ReplayPace::as_captured(1);
  std::uint64_t loops = 1;  // 0: until stopped
  std::uint64_t limit = 0;  // frames in all; 0: no limit
  std::optional<double> seconds;
  bool preload = false;  // read all into memory first

  std::optional<std::filesystem::path> out;     // PORT.pcap of what comes back by each port
  std::optional<std::filesystem::path> expect;  // folder of such files

  // Set from outside (a signal handler, say) to end with the report so far.
  const std::atomic<bool>* stop = nullptr;
};

// How far it is, for another thread to show.
struct LiveProgress {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> loop{0};         // from 1
  std::atomic<std::uint64_t> all_frames{0};   // of all loops; 0: nobody knows
  std::atomic<std::uint64_t> loop_frames{0};  // of one
};

// Frames of file n go to port n, or all to the only one. All files are read once before the first
// frame leaves, so that a damaged one is refused before anything is sent. Buffers of the ports come
// from `pool`. Throws Error (BadCapture, BadFilter, Io).
ReplayReport replay_live(const LiveOptions& options, std::vector<LivePort>& ports, BufferPool& pool,
                         LiveProgress& progress);

}  // namespace laneway::cli

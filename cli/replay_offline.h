// cli/replay_offline.h: captures through a switch in memory, without daemon or rights: `laneway
// replay --offline`.
//
// The captures' times are the clock (ageing, timers, rate limits), everything runs as fast as it
// can and from a fixed seed, so the same files give the same result on every machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/merged_captures.h"
#include "cli/replay_report.h"
#include "switch/types.h"

namespace laneway::cli {

struct ReplayOptions {
  struct File {
    std::string path;  // "-": standard input
    std::string into;  // a port; "": `in`, or the topology's first
  };
  std::vector<File> files;  // merged by time, ties in this order

  // A TOML with one [[switch]] of memory: ports; none: a private switch with the trunk ports `in`
  // and `out`, for 1,048,576 stations, which never forgets one unless `age` says so.
  std::optional<std::filesystem::path> topology;
  std::optional<Nanos> age;
  std::uint64_t seed = 1;

  std::uint64_t limit = 0;                                  // frames in all; 0: no limit
  std::string filter;                                       // pcap-filter(7); "": all
  std::vector<std::pair<MacAddress, MacAddress>> map_macs;  // old, new: as source and destination

  std::optional<std::filesystem::path> out;     // folder for PORT.pcap of each port
  std::optional<std::filesystem::path> expect;  // folder of such files, to be equal frame by frame
};

// The files of `options` and how they are read.
CaptureChoice choice_of(const ReplayOptions& options);

// Reads all files to their end. Throws Error: BadCapture, BadFilter, BadConfig, NoPort, Io.
ReplayReport replay_offline(const ReplayOptions& options);

}  // namespace laneway::cli

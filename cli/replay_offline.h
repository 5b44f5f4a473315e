// cli/replay_offline.h: captures through a switch in memory, without daemon or rights: `laneway
// replay --offline`.
//
// The captures' times are the clock (ageing, timers, rate limits), everything runs as fast as it
// can and from a fixed seed, so the same files give the same result on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/drop.h"
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

// Of each reason.
using DropCounts = std::array<std::uint64_t, kDropReasons>;

struct ReplayReport {
  struct File {
    std::string path;
    std::string format;  // "pcap", "pcapng"
    std::string into;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  struct Port {
    std::string name;
    std::uint64_t rx_frames = 0;
    std::uint64_t tx_frames = 0;
    DropCounts drops{};
  };
  struct Difference {
    std::string port;
    std::uint64_t frame = 0;  // from 1
    std::uint64_t byte = 0;   // where the two begin to differ, or the shorter one ends
    std::string text;
  };
  struct Expectation {
    std::uint64_t frames = 0;     // compared: of each port the more of the two
    std::uint64_t different = 0;  // missing and additional ones included
    std::optional<Difference> first;
  };

  std::vector<File> files;
  std::optional<Nanos> first;  // times of the captures, since 1970; none if there was no frame
  std::optional<Nanos> last;
  std::uint64_t time_backwards = 0;  // frames earlier than the one before; handled at its time

  std::uint64_t frames_read = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t frames_copied = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_out = 0;  // of all that left
  std::uint64_t frames_replied = 0;
  std::uint64_t frames_short = 0;
  std::uint64_t frames_truncated = 0;
  std::uint64_t macs_learnt = 0;
  DropCounts drops{};
  std::vector<Port> ports;
  std::optional<Expectation> expect;
  double wall_seconds = 0;

  bool is_different() const { return expect && expect->different != 0; }
};

// Reads all files to their end. Throws Error: BadCapture, BadFilter, BadConfig, NoPort, Io.
ReplayReport replay_offline(const ReplayOptions& options);

}  // namespace laneway::cli

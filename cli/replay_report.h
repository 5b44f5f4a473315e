// cli/replay_report.h: what a replay says of itself at its end, and how it is printed.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "switch/drop.h"
#include "switch/types.h"

namespace laneway::cli {

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
  // Of a live replay. Times are those between a frame's deadline and its hand-over to the port.
  struct Live {
    std::optional<double> asked_pps;
    std::optional<double> asked_bps;
    std::optional<double> multiplier;  // none of the three: as fast as it goes
    double got_pps = 0;
    double got_bps = 0;
    std::uint64_t loops = 0;  // begun
    std::uint64_t sent_frames = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t failed_frames = 0;   // the port refused them for good
    std::uint64_t retried_frames = 0;  // the port was full when they were due
    bool has_deadlines = true;
    std::uint64_t late_p50_ns = 0;
    std::uint64_t late_p99_ns = 0;
    std::uint64_t late_max_ns = 0;
    std::uint64_t late_max_frame = 0;  // from 1, over all loops
    bool interrupted = false;
  };

  std::vector<File> files;     // of one pass, however often they were sent
  std::optional<Nanos> first;  // times of the captures, since 1970; none if there was no frame
  std::optional<Nanos> last;
  std::uint64_t time_backwards = 0;  // frames earlier than the one before; handled at its time

  std::uint64_t frames_read = 0;  // live: of all loops
  std::uint64_t bytes_read = 0;
  std::uint64_t frames_copied = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_out = 0;  // of all that left
  std::uint64_t frames_replied = 0;
  std::uint64_t frames_short = 0;
  std::uint64_t frames_truncated = 0;
  std::uint64_t macs_learnt = 0;
  DropCounts drops{};
  std::vector<Port> ports;  // live: those that were sent to, rx as the switch counts it
  std::optional<Expectation> expect;
  std::optional<Live> live;
  double wall_seconds = 0;

  bool is_different() const { return expect && expect->different != 0; }
};

void print_json(const ReplayReport& report, std::ostream& out);
void print_csv(const ReplayReport& report, std::ostream& out);
void print_text(const ReplayReport& report, std::ostream& out);

}  // namespace laneway::cli

// cli/testbed.h: what a bench measures: a switch with a generator at each of its ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/bench_frames.h"
#include "cli/lateness.h"

namespace laneway::cli {

// A constant rate for some time, and what came of it. Rates and counts are of all ports together; a
// frame that is to be flooded counts once for each port that is to get it.
struct Trial {
  std::string size;        // as it was asked for
  std::size_t run = 0;     // from 1
  double seconds = 0;      // intended
  double offered_pps = 0;  // 0: all that can be sent
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t flooded = 0;  // came to ports that they were not for; not in `received`
  bool valid = true;          // the generator sent 99.9 % at least of what it was to
  std::uint64_t duration_ns = 0;

  double loss_ratio() const noexcept;
  double sent_pps() const noexcept {
    return static_cast<double>(sent) * 1e9 / static_cast<double>(duration_ns);
  }
  double received_pps() const noexcept;
};

class Testbed {
 public:
  static constexpr std::size_t kMaxPorts = 16;

  virtual ~Testbed() = default;

  // What its ports are called, as a port spec.
  virtual std::vector<std::string> ports() const = 0;
  // Why the generator and the switch disturb each other; empty if they do not.
  virtual std::string weakness() const { return {}; }
  // How to reach stations behind port 0 from port 1, if their own addresses are not on the air.
  virtual std::optional<MacAddress> station_on_air() const { return std::nullopt; }

  // Forgets all stations and lets those of `shape` make themselves known, at `pps` (0: as fast as
  // it goes). Returns how many the switch has learnt; nullopt if it cannot be asked.
  virtual std::optional<std::size_t> learn(BenchFrames::Shape shape, double pps = 0) = 0;
  // Offers `pps` (0: all that can be sent) for `seconds`, then waits until nothing more comes.
  virtual Trial run(const BenchFrames& frames, double pps, double seconds,
                    Lateness* latency = nullptr) = 0;
};

}  // namespace laneway::cli

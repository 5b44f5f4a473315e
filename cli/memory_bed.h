// cli/memory_bed.h: the switch alone, with its worker and its way of a frame as the daemon has
// them, on ideal wires (wire_port.h).
#pragma once

#include <atomic>
#include <memory>

#include "cli/testbed.h"
#include "switch/buffer.h"

namespace laneway::cli {

class MemoryBed final : public Testbed {
 public:
  struct Options {
    std::size_t ports = 2;
    bool translate = false;                   // port 1 is a Wi-Fi uplink, the others are guests
    int cpu = -1;                             // of the worker; -1: wherever
    const std::atomic<bool>* stop = nullptr;  // ends a trial early
  };
  // Requires that EAL runs. Throws Error.
  MemoryBed(const Options& options, BufferPool& pool);
  ~MemoryBed() override;

  std::vector<std::string> ports() const override;
  std::optional<MacAddress> station_on_air() const override;
  std::optional<std::size_t> learn(BenchFrames::Shape shape, double pps) override;
  Trial run(const BenchFrames& frames, double pps, double seconds, Lateness* latency) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace laneway::cli

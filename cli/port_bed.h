// cli/port_bed.h: whatever lies between two ports: a switch elsewhere, a network adapter with its
// cable, a program under test. The generator runs in the calling thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "cli/testbed.h"
#include "switch/port.h"

namespace laneway::cli {

class PortBed final : public Testbed {
 public:
  struct End {
    std::string name;
    std::unique_ptr<Port> port;
  };
  // Buffers come from `pool`. `stop` ends a trial early.
  PortBed(std::array<End, 2> ends, BufferPool& pool, const std::atomic<bool>& stop);
  ~PortBed() override;

  std::vector<std::string> ports() const override;
  // The two ends cannot be asked: frames that are flooded arrive all the same.
  std::optional<std::size_t> learn(BenchFrames::Shape shape, double pps) override;
  Trial run(const BenchFrames& frames, double pps, double seconds, Lateness* latency) override;

 private:
  class Generator;

  std::array<End, 2> ends_;
  BufferPool& pool_;
  const std::atomic<bool>& stop_;
};

}  // namespace laneway::cli

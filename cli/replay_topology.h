// cli/replay_topology.h: the switch in memory that a replay runs through.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/replay_offline.h"
#include "daemon/compose.h"
#include "ports/memory_port.h"
#include "switch/buffer.h"
#include "switch/counters.h"

namespace laneway::cli {

class ReplayTopology {
 public:
  struct Attached {
    Attached(std::string its_name, BufferPool& pool, std::size_t queue)
        : name(std::move(its_name)), port(pool, queue) {}
    std::string name;
    MemoryPort port;
    PortCounters counters;
    PortId id = kNoPort;
  };

  // As `options` says. Throws Error (BadConfig; Unsupported for what needs more than memory).
  explicit ReplayTopology(const ReplayOptions& options);
  ~ReplayTopology();

  // The port called `name`, for "" the one that captures go into. Throws Error (NoPort).
  Attached& port(const std::string& name);
  const std::vector<std::unique_ptr<Attached>>& ports() const { return ports_; }
  Switch& sw() { return composition_->sw(); }
  BufferPool& pool() { return pool_; }

 private:
  void make_default(const ReplayOptions& options);
  void make_declared(const ReplayOptions& options);
  void add(const std::string& name, const PortSettings& settings, std::size_t queue);

  HeapBuffers pool_;
  std::vector<std::unique_ptr<Attached>> ports_;
  std::unique_ptr<Composition> composition_;
};

}  // namespace laneway::cli

// tests/support/memory_switch.h: a switch whose ports are queues in memory, with its ledgers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/memory_port.h"
#include "switch/switch.h"

namespace laneway::test {

using Bytes = std::vector<std::byte>;

// An Ethernet frame: 14 bytes of header, `payload` bytes of the number `fill`.
Bytes ethernet(MacAddress destination, MacAddress source, std::uint16_t type = 0x88b5,
               std::size_t payload = 46, std::uint8_t fill = 0);
// 02:00:00 and 24 bits of `n`.
MacAddress station(std::uint32_t n);

class MemorySwitch {
 public:
  explicit MemorySwitch(const SwitchConfig& config = {}, std::size_t buffers = 65536);
  ~MemorySwitch();

  PortId add(const std::string& name, const PortSettings& settings,
             std::size_t queue = MemoryPort::kDefaultQueue);
  void remove(PortId id);

  // Sends `frame` in by `id`, and runs until nothing is waiting.
  void send(PortId id, const Bytes& frame);
  void run();
  // All that left by `id` since the last call, in order.
  std::vector<Bytes> take(PortId id);

  Switch& sw() { return switch_; }
  HeapBuffers& pool() { return pool_; }
  MemoryPort& port(PortId id) { return ports_.at(id)->port; }
  const PortCounters& counters(PortId id) const { return ports_.at(id)->counters; }
  std::uint64_t drops(PortId id, Drop reason) const;

  // Both laws over all ports that there ever were, and every buffer back. Empty if they hold, else
  // what does not.
  std::string broken_ledger() const;

  Nanos now{};  // of what follows; tests move it on

 private:
  struct Attached {
    Attached(BufferPool& pool, std::size_t queue) : port(pool, queue) {}
    MemoryPort port;
    PortCounters counters;
  };

  HeapBuffers pool_;
  Switch switch_;
  std::map<PortId, std::unique_ptr<Attached>> ports_;
  std::vector<std::unique_ptr<Attached>> gone_;
};

}  // namespace laneway::test

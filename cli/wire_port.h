// cli/wire_port.h: a port whose medium is an ideal wire: frames come in at a constant rate by the
// clock, as a network adapter with so many descriptors would hold them; what leaves is counted and
// forgotten at once. So it measures the switch alone, and costs as little as it can.
//
// Threads: the worker's; offer() and counts are for commands on it.
#pragma once

#include <cstdint>
#include <functional>

#include "cli/offer.h"
#include "switch/port.h"

namespace laneway::cli {

class WirePort final : public Port {
 public:
  // Frames come from `pool` and go back to it. `clock` is CLOCK_MONOTONIC.
  WirePort(std::size_t number, BufferPool& pool, std::function<Nanos()> clock);

  // Begins to offer, and to count anew.
  void offer(const Offer& offer) noexcept;
  void stop() noexcept { over_ = true; }
  // True once all that was offered has come in or was missed.
  bool is_done() const noexcept { return over_; }

  std::uint64_t sent() const noexcept { return next_; }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t flooded() const noexcept { return flooded_; }  // received, but for other ports

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;

 private:
  const std::size_t number_;
  BufferPool& pool_;
  const std::function<Nanos()> clock_;
  Offer offer_;
  bool over_ = true;
  std::uint64_t next_ = 0;  // frames that were due, missed ones included
  std::uint64_t received_ = 0;
  std::uint64_t flooded_ = 0;
};

}  // namespace laneway::cli

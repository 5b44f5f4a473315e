// ports/pcap_port.h: a port that hears a capture file and writes another (`pcap:in=…,out=…`).
//
// It gives frames as fast as it is polled; their own times are for whoever drives the clock. What
// leaves is stamped with the round's time. At the end of the file that is read, or at its first
// damage, nothing comes in any more, and the link goes down unless there is a file to write.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ports/capture_reader.h"
#include "ports/capture_writer.h"
#include "switch/port.h"

namespace laneway {

class PcapPort final : public Port {
 public:
  // "" for a file that there is not: nothing comes in, or what leaves is forgotten. `epoch`: the
  // time since 1970 at which the switch's clock was 0. Throws Error (BadCapture, Io).
  PcapPort(BufferPool& pool, const std::string& in, const std::string& out, Nanos epoch);

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;

  // The time of the next frame to come in, since 1970; nullopt if there is none.
  std::optional<Nanos> next_time() const noexcept;
  // What was wrong with the file that is read; "" if nothing was.
  const std::string& damage() const noexcept { return damage_; }
  bool flush() noexcept { return !writer_ || writer_->flush(); }

 private:
  void read_ahead() noexcept;

  BufferPool& pool_;
  std::optional<CaptureReader> reader_;
  std::optional<CaptureWriter> writer_;
  std::optional<CaptureRecord> next_;
  Nanos epoch_;
  std::string damage_;
};

}  // namespace laneway

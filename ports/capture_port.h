// ports/capture_port.h: a port whose frames, both ways, are also written to a capture file
// (libpcap).
//
// The port puts copies into a ring of fixed size and never waits; drain(), on any one other thread,
// writes them. A full ring loses copies, not frames, and counts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"

namespace laneway {

class CapturePort final : public Port {
 public:
  static constexpr std::size_t kRingFrames = 1024;  // 2 MiB: 30 ms of 1,500-byte frames at 400 Mb/s
  static constexpr std::size_t kSnapBytes = 2048;   // of each frame; its full length is noted

  // `clock` stamps frames with time since 1970. Throws Error (Io) if `file` cannot be written.
  CapturePort(std::unique_ptr<Port> inner, const std::string& file, std::function<Nanos()> clock);
  ~CapturePort() override;  // writes what is left

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  bool arm() noexcept override;
  void show_link(bool up) noexcept override;
  void reopen(Descriptor descriptor) noexcept override;
  void set_carrier(bool up) noexcept override;

  // Writes what has gathered; false if the file has not taken everything so far.
  bool drain() noexcept;
  std::uint64_t missed() const noexcept;  // copies for which there was no room

 private:
  void follow_link() noexcept;

  struct State;
  std::unique_ptr<Port> inner_;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

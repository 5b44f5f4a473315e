// ports/stream_port.h: a UNIX stream socket on which each frame follows its length in four bytes,
// in network byte order: QEMU's `-netdev stream` and those that speak like it. Needs no privilege.
//
// The peer is a guest's process: hostile. A length that no peer of good will can send ends the
// connection; a peer that comes and goes is normal: the link goes down and up with it.
//
// Threads: as switch/port.h; last_end() may be read by all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"

namespace laneway {

class StreamPort final : public Port {
 public:
  // QEMU's NET_BUFSIZE: the longest that it can send. Between kMaxFrameBytes and this a frame is
  // dropped as too long; beyond it the byte stream has lost its frames.
  static constexpr std::size_t kLongestOfPeer = 4096 + 65536;

  enum class End : std::uint8_t { None, Closed, BadLength, Failed };

  // Serves one peer after the other on `listener`, whose file at `path` it removes at its end;
  // without an open `listener` connects to `path`, and again when the peer is gone.
  StreamPort(std::string path, Descriptor listener, BufferPool& pool, std::size_t max_frame_bytes);
  ~StreamPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  bool arm() noexcept override;  // false: whole frames have been read already
  // How the last connection ended.
  End last_end() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

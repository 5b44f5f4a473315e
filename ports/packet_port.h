// ports/packet_port.h: a port on a kernel interface that its owner goes on using: an adapter, a
// veth, a tap that QEMU holds. AF_PACKET with virtio-net headers (packet(7), PACKET_VNET_HDR): what
// the kernel has merged or not yet cut arrives and leaves whole, up to 64 KiB.
//
// Opening needs CAP_NET_RAW and happens apart from the port, which lives by the descriptor it is
// given.
//
// Threads: as switch/port.h; the socket's filter may be set by any thread (packet_filter.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "ports/packet_filter.h"
#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"

namespace laneway {

struct PacketSocket {
  std::string interface;
  bool promiscuous = false;  // allmulticast it always is
  PacketFilter filter = all_frames();
};

// A bound, non-blocking socket that hears what comes in from the medium and passes the filter,
// nothing that the host or we send there. What it asks of the interface ends when it is closed.
// Throws Error (NoNic, PermissionDenied, DeviceFailed).
Descriptor open_packet_socket(const PacketSocket& options);

// A port whose interface is deleted or set down is Down; set_carrier or a frame that comes in shows
// it up again, reopen() gives it the interface that has come in the old one's place.
class PacketPort final : public Port {
 public:
  // `gso`: TCP segments of a burst come in joined (gro.h); off: none are, and frames are cut and
  // summed before they leave.
  PacketPort(Descriptor socket, BufferPool& pool, std::size_t max_frame_bytes, bool gso);
  ~PacketPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  void reopen(Descriptor socket) noexcept override;
  void set_carrier(bool up) noexcept override;

 private:
  bool read_failed(int error, PortCounters& counters) noexcept;
  void set_failed(bool failed) noexcept;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

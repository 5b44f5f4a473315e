// ports/tap_port.h: a network interface of our own making, for a container, a namespace or the
// host: TUN/TAP with virtio-net headers and offloads (Linux Documentation/networking/tuntap.rst).
//
// The port holds the descriptor, the interface is its user's: it may be moved to another namespace
// and renamed there, and the port lives on. It ends when the interface is deleted.
//
// Opening needs CAP_NET_ADMIN and happens apart from the port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"
#include "switch/types.h"

namespace laneway {

struct TapDevice {
  std::string name;  // at most PortSpec::kMaxInterfaceName
  MacAddress mac{};  // zero: the kernel draws one
  std::uint32_t mtu = 1500;
  bool gso = true;  // its user may leave checksums and segmentation to us
  bool up = false;  // administratively; a guest's interface is for its user to set up
};

// A new interface, gone when its last descriptor closes. Throws Error (InUse if the name is taken,
// PermissionDenied, DeviceFailed).
Descriptor open_tap(const TapDevice& device);

class TapPort final : public Port {
 public:
  TapPort(Descriptor tap, BufferPool& pool, std::size_t max_frame_bytes, bool gso);
  ~TapPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  // The interface's carrier.
  void show_link(bool up) noexcept override;
  void reopen(Descriptor tap) noexcept override;

 private:
  void end() noexcept;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

// ports/vhost_user_port.h: a VM's network device in shared memory, by the vhost-user protocol:
// QEMU, cloud-hypervisor, DPDK's virtio-user. Needs no privilege and no hugepages.
//
// Both roles: peers connect to our socket (one at a time, further ones are sent away), or we to
// theirs. A peer that is killed, restarts, owes half a message or breaks its rings ends its own
// connection and is welcome again; the link is up while its first pair of queues works.
//
// Threads: as switch/port.h; ends() may be read by all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ports/vhost_device.h"
#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"

namespace laneway {

class VhostUserPort final : public Port {
 public:
  // As PeerSource takes `path` and `listener`; `pairs` of queues for the guest to use.
  VhostUserPort(std::string path, Descriptor listener, BufferPool& pool, std::uint32_t mtu,
                std::size_t max_frame_bytes, std::size_t pairs);
  ~VhostUserPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  bool arm() noexcept override;
  void show_link(bool up) noexcept override;  // down: no peer is let in
  // How many connections have ended this way.
  std::uint64_t ends(VhostEnd why) const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

// ports/dpdk_port.h: any device of DPDK's: a NIC that DPDK drives, a virtual device, or
// (net_af_xdp) an interface that stays with its kernel driver.
//
// What the device can do of checksums and TCP segmentation it does; the rest is done here on the
// way out. All its receive queues are the worker's. A device without receive interrupts has to be
// polled; one that is unplugged breaks the link.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "ports/eth_device.h"
#include "switch/buffer.h"
#include "switch/port.h"

namespace laneway {

class DpdkPort final : public Port {
 public:
  // Opens the device, with `pool` as its own. Throws Error as EthDevice does.
  DpdkPort(EthDeviceConfig config, BufferPool& pool);
  ~DpdkPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  bool arm() noexcept override;

 private:
  void follow(Nanos now) noexcept;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

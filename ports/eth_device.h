// ports/eth_device.h: a device of DPDK's (ethdev), opened, configured and started: a NIC, or a
// virtual one (net_tap, net_pcap, net_memif, net_af_xdp, …).
//
// The device is found by EAL's device arguments: "0000:03:00.0", "net_tap0,iface=dtap0". One that
// EAL has started with already is used as it is there, and is left there.
//
// Threads: opening and closing are the control thread's, link and broken may be read by all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "switch/descriptor.h"

struct rte_mempool;

namespace laneway {

struct EthDeviceConfig {
  std::string what;          // for messages: the port's spec
  std::string arguments;     // EAL's
  std::uint16_t queues = 1;  // to receive from, spread by RSS; fewer if it has fewer
  std::uint32_t mtu = 1500;  // bytes of an IP packet
  rte_mempool* pool = nullptr;
};

class EthDevice {
 public:
  // Throws Error (DeviceFailed, with what the driver said; InUse; NeedsHugepages).
  explicit EthDevice(const EthDeviceConfig& config);
  ~EthDevice();
  EthDevice(const EthDevice&) = delete;
  EthDevice& operator=(const EthDevice&) = delete;

  std::uint16_t id() const noexcept { return id_; }
  std::uint16_t queues() const noexcept { return queues_; }
  std::uint64_t tx_offloads() const noexcept { return tx_offloads_; }  // RTE_ETH_TX_OFFLOAD_*
  std::size_t max_frame_bytes() const noexcept { return max_frame_bytes_; }
  // An epoll instance that its receive interrupts reach; -1 if it has none.
  int interrupts() const noexcept { return interrupts_.get(); }

  bool tells_link() const noexcept { return tells_link_; }  // else read_link() is to be called
  void read_link() noexcept;
  // What the driver tells, on a thread of EAL's.
  void hear(bool removed) noexcept;
  bool is_up() const noexcept { return up_.load(std::memory_order_acquire); }
  bool is_gone() const noexcept { return gone_.load(std::memory_order_acquire); }

 private:
  void find(const EthDeviceConfig& config);
  void take(const EthDeviceConfig& config);
  void configure(const EthDeviceConfig& config);
  void set_up_queues(const EthDeviceConfig& config);
  void set_mtu(const EthDeviceConfig& config);
  void start(const EthDeviceConfig& config);
  void watch();
  void close() noexcept;

  std::uint16_t id_ = 0;
  std::uint16_t queues_ = 1;
  std::uint64_t tx_offloads_ = 0;
  std::size_t max_frame_bytes_ = 0;
  std::uint64_t owner_ = 0;  // ours, as DPDK names owners; 0: it is not taken
  bool probed_ = false;      // for us, so it is ours to remove
  bool tells_link_ = false;
  bool wakes_ = false;
  Descriptor interrupts_;
  std::atomic<bool> up_{false};
  std::atomic<bool> gone_{false};
};

}  // namespace laneway

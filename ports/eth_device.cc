#include "ports/eth_device.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_pci.h>
#include <sys/epoll.h>

#include "ports/eal.h"
#include "switch/buffer.h"
#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::uint16_t kDescriptors = 1024;  // a queue; what drivers take and a millisecond fills
constexpr std::uint32_t kTagBytes = 8;        // two VLAN tags are not part of the MTU
constexpr std::uint64_t kTxOffloads =
    RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
    RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_UDP_TSO;
constexpr std::uint64_t kRxOffloads =
    RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_SCATTER;
constexpr std::uint64_t kHash = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;

void require(int status, const EthDeviceConfig& config, const std::string& act) {
  if (status >= 0) return;
  throw Error(ErrorCode::DeviceFailed, config.what + ": " + act + ": " + Eal::why(status));
}

// Whether the driver has done it or knows no such thing.
bool done_or_unknown(int status) { return status >= 0 || status == -ENOTSUP; }

int tell(std::uint16_t, rte_eth_event_type event, void* device, void*) {
  static_cast<EthDevice*>(device)->hear(event == RTE_ETH_EVENT_INTR_RMV);
  return 0;
}

std::uint16_t device_with(const std::string& arguments) {
  std::uint16_t id = 0;
  const std::string name = arguments.substr(0, arguments.find(','));
  return rte_eth_dev_get_port_by_name(name.c_str(), &id) == 0 ? id : RTE_MAX_ETHPORTS;
}

// An address such as 0000:03:00.0.
bool is_pci(const std::string& arguments) {
  rte_pci_addr address{};
  return rte_pci_addr_parse(arguments.substr(0, arguments.find(',')).c_str(), &address) == 0;
}

}  // namespace

EthDevice::EthDevice(const EthDeviceConfig& config) {
  Eal::why(0);  // what was logged until now is not about this device
  try {
    find(config);
    configure(config);
    set_up_queues(config);
    set_mtu(config);
    start(config);
  } catch (...) {
    close();
    throw;
  }
  watch();
}

EthDevice::~EthDevice() { close(); }

void EthDevice::find(const EthDeviceConfig& config) {
  if (!Eal::is_running()) {
    throw Error(ErrorCode::Unsupported, config.what + ": this command does not start DPDK",
                "attach the port to a switch of lanewayd's and use that");
  }
  if (is_pci(config.arguments) && rte_eal_has_hugepages() == 0) {
    throw Error(ErrorCode::NeedsHugepages, config.what + " needs hugepages and a driver of DPDK's",
                "sysctl vm.nr_hugepages=512; dpdk-devbind.py --bind=vfio-pci " + config.arguments +
                    "; hugepages = true under [daemon] in /etc/laneway/laneway.toml");
  }
  id_ = device_with(config.arguments);
  if (id_ == RTE_MAX_ETHPORTS) {
    require(rte_dev_probe(config.arguments.c_str()), config, "probe");
    probed_ = true;
    id_ = device_with(config.arguments);
  }
  // A NIC's port may have another name than its address.
  if (id_ == RTE_MAX_ETHPORTS) {
    rte_dev_iterator iterator;
    RTE_ETH_FOREACH_MATCHING_DEV(id_, config.arguments.c_str(), &iterator) {
      rte_eth_iterator_cleanup(&iterator);
      break;
    }
  }
  if (id_ >= RTE_MAX_ETHPORTS) {
    throw Error(ErrorCode::DeviceFailed, config.what + ": it is no Ethernet device of DPDK's",
                "dpdk-devbind.py --status lists NICs and their drivers");
  }
  take(config);
}

// Names the owner, as DPDK has it, so that two ports never drive one device.
void EthDevice::take(const EthDeviceConfig& config) {
  rte_eth_dev_owner owner{.id = RTE_ETH_DEV_NO_OWNER, .name = "laneway"};
  require(rte_eth_dev_owner_new(&owner.id), config, "name its owner");
  const int status = rte_eth_dev_owner_set(id_, &owner);
  if (status == -EPERM) {
    throw Error(ErrorCode::InUse, config.what + ": another port has this device");
  }
  require(status, config, "take it");
  owner_ = owner.id;
}

// Interrupts are asked for first; a driver without them says so here or when it is asked to wait.
void EthDevice::configure(const EthDeviceConfig& config) {
  rte_eth_dev_info info{};
  require(rte_eth_dev_info_get(id_, &info), config, "ask what it can do");
  queues_ = std::min(config.queues, info.max_rx_queues);
  tells_link_ = (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
  tx_offloads_ = info.tx_offload_capa & kTxOffloads;
  rte_eth_conf wanted{};
  wanted.rxmode.offloads = info.rx_offload_capa & kRxOffloads;
  wanted.txmode.offloads = tx_offloads_;
  if (queues_ > 1) wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  wanted.rx_adv_conf.rss_conf.rss_hf = queues_ > 1 ? kHash & info.flow_type_rss_offloads : 0;
  wanted.intr_conf.lsc = tells_link_ ? 1 : 0;
  wanted.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0 ? 1 : 0;
  wanted.intr_conf.rxq = 1;
  wakes_ = rte_eth_dev_configure(id_, queues_, 1, &wanted) == 0;
  if (wakes_) return;
  wanted.intr_conf.rxq = 0;
  require(rte_eth_dev_configure(id_, queues_, 1, &wanted), config, "configure");
}

void EthDevice::set_up_queues(const EthDeviceConfig& config) {
  std::uint16_t rx = kDescriptors;
  std::uint16_t tx = kDescriptors;
  require(rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx), config, "size its queues");
  const auto socket = static_cast<unsigned>(SOCKET_ID_ANY);
  for (std::uint16_t queue = 0; queue < queues_; ++queue) {
    require(rte_eth_rx_queue_setup(id_, queue, rx, socket, nullptr, config.pool), config,
            "set up receive queue " + std::to_string(queue));
  }
  require(rte_eth_tx_queue_setup(id_, 0, tx, socket, nullptr), config, "set up its send queue");
}

// A driver that cannot change it keeps its own.
void EthDevice::set_mtu(const EthDeviceConfig& config) {
  std::uint32_t mtu = config.mtu;
  const int status = rte_eth_dev_set_mtu(id_, static_cast<std::uint16_t>(mtu));
  if (!done_or_unknown(status)) {
    require(status, config, "set its MTU to " + std::to_string(mtu));
  }
  max_frame_bytes_ = std::size_t{mtu} + RTE_ETHER_HDR_LEN + kTagBytes;
  if ((tx_offloads_ & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0) {
    max_frame_bytes_ = std::min(max_frame_bytes_, kSegmentBytes);
  }
}

void EthDevice::start(const EthDeviceConfig& config) {
  require(rte_eth_dev_start(id_), config, "start");
  const int promiscuous = rte_eth_promiscuous_enable(id_);
  if (!done_or_unknown(promiscuous)) require(promiscuous, config, "hear what is for others");
  rte_eth_allmulticast_enable(id_);
}

void EthDevice::hear(bool removed) noexcept {
  if (removed) {
    gone_.store(true, std::memory_order_release);
  } else {
    read_link();
  }
}

void EthDevice::watch() {
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_RMV, tell, this);
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_LSC, tell, this);
  read_link();
  if (!wakes_) return;
  Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  for (std::uint16_t queue = 0; queue < queues_; ++queue) {
    if (rte_eth_dev_rx_intr_ctl_q(id_, queue, epoll.get(), RTE_INTR_EVENT_ADD, nullptr) != 0 ||
        rte_eth_dev_rx_intr_enable(id_, queue) != 0) {
      return;
    }
  }
  interrupts_ = std::move(epoll);
}

void EthDevice::read_link() noexcept {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(id_, &link) != 0) return;
  up_.store(link.link_status == RTE_ETH_LINK_UP, std::memory_order_release);
}

void EthDevice::close() noexcept {
  const bool taken = owner_ != RTE_ETH_DEV_NO_OWNER;
  if (taken) {
    rte_eth_dev_callback_unregister(id_, RTE_ETH_EVENT_INTR_RMV, tell, this);
    rte_eth_dev_callback_unregister(id_, RTE_ETH_EVENT_INTR_LSC, tell, this);
    rte_eth_dev_stop(id_);
    rte_eth_dev_owner_unset(id_, owner_);
  }
  rte_eth_dev_info info{};
  if (!probed_ || rte_eth_dev_info_get(id_, &info) != 0) return;
  if (taken) rte_eth_dev_close(id_);
  rte_dev_remove(info.device);
}

}  // namespace laneway

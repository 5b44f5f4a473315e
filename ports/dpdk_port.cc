#include "ports/dpdk_port.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "ports/refusal.h"
#include "ports/segments.h"
#include "switch/port_spec.h"

namespace laneway {

namespace {

constexpr Nanos kLinkEvery = std::chrono::milliseconds{100};  // for drivers that do not tell
constexpr std::uint64_t kWork = RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG |
                                RTE_MBUF_F_TX_UDP_SEG;  // that a sender left to others
constexpr std::uint64_t kMemory = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;

// The device's offloads that `frame` needs.
std::uint64_t needed_offloads(const Buffer& frame) noexcept {
  std::uint64_t needed = frame.nb_segs > 1 ? RTE_ETH_TX_OFFLOAD_MULTI_SEGS : 0;
  const std::uint64_t flags = frame.ol_flags;
  const std::uint64_t sum = flags & RTE_MBUF_F_TX_L4_MASK;
  if (sum == RTE_MBUF_F_TX_TCP_CKSUM) needed |= RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
  if (sum == RTE_MBUF_F_TX_UDP_CKSUM) needed |= RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
  const bool v4 = (flags & RTE_MBUF_F_TX_IPV4) != 0;
  if ((flags & RTE_MBUF_F_TX_TCP_SEG) != 0) needed |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
  if ((flags & RTE_MBUF_F_TX_UDP_SEG) != 0) needed |= RTE_ETH_TX_OFFLOAD_UDP_TSO;
  if (v4 && (flags & kWork & ~RTE_MBUF_F_TX_L4_MASK) != 0) {
    needed |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
  }
  return needed;
}

// Whether the switch may have a received frame as it is: nearly always.
bool is_as_wanted(const Buffer& frame) noexcept {
  return frame.ol_flags == 0 && frame.nb_segs == 1 && frame.pkt_len >= kEthernetHeader;
}

bool has_bytes_of_its_own(const Buffer& frame) noexcept {
  for (const Buffer* piece = &frame; piece != nullptr; piece = piece->next) {
    if ((piece->ol_flags & kMemory) != 0 || rte_mbuf_refcnt_read(piece) != 1) return false;
  }
  return true;
}

}  // namespace

struct DpdkPort::State {
  State(const EthDeviceConfig& config, BufferPool& buffers)
      : device(config), pool(buffers), segment(kMaxFrameBytes + 1) {
    const bool chains = (device.tx_offloads() & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
    most_segments = chains ? UINT16_MAX : 1;
    waiting.reserve(kMaxSegments);
  }
  ~State() {
    for (; sent < waiting.size(); ++sent) free_buffer(waiting[sent]);
  }

  bool flush() noexcept;
  Buffer* accept(Buffer* frame, PortCounters& counters) noexcept;
  bool is_plain(const Buffer& frame) const noexcept {
    return (frame.ol_flags & kWork) == 0 && frame.nb_segs <= most_segments &&
           frame.pkt_len <= device.max_frame_bytes();
  }
  std::size_t send_plain(std::span<Buffer*> frames, TxResult& result) noexcept;
  void prepare(Buffer* frame, PortCounters& counters, TxResult& result) noexcept;
  bool give_to_device(Buffer* frame) noexcept;
  bool cut(const Buffer& frame) noexcept;

  EthDevice device;
  BufferPool& pool;
  std::uint16_t most_segments = 1;  // of a frame, for the device
  std::vector<std::byte> segment;
  std::vector<Buffer*> waiting;  // what one frame has become, as far as it is not sent
  std::size_t sent = 0;          // of these
  std::uint16_t next_queue = 0;
  Nanos link_read_at{};
  bool armed = false;
};

DpdkPort::DpdkPort(EthDeviceConfig config, BufferPool& pool) {
  config.pool = pool.mempool();
  state_ = std::make_unique<State>(config, pool);
  max_frame_bytes_ = state_->device.max_frame_bytes();
  link_.store(state_->device.is_up() ? LinkState::Up : LinkState::Down, std::memory_order_release);
}

DpdkPort::~DpdkPort() = default;

int DpdkPort::poll_fd() const noexcept { return state_->device.interrupts(); }

bool DpdkPort::arm() noexcept {
  State& state = *state_;
  if (poll_fd() < 0) return true;
  bool quiet = true;
  for (std::uint16_t queue = 0; queue < state.device.queues(); ++queue) {
    rte_eth_dev_rx_intr_enable(state.device.id(), queue);
    quiet &= rte_eth_rx_queue_count(state.device.id(), queue) <= 0;
  }
  state.armed = true;
  return quiet;
}

void DpdkPort::follow(Nanos now) noexcept {
  EthDevice& device = state_->device;
  if (!device.tells_link() && now - state_->link_read_at >= kLinkEvery) {
    state_->link_read_at = now;
    device.read_link();
  }
  const LinkState link = device.is_gone() ? LinkState::Broken
                         : device.is_up() ? LinkState::Up
                                          : LinkState::Down;
  if (link != this->link()) link_.store(link, std::memory_order_release);
}

std::size_t DpdkPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  State& state = *state_;
  follow(counters.now);
  if (link() == LinkState::Broken) return 0;
  if (std::exchange(state.armed, false)) {
    std::array<rte_epoll_event, PortSpec::kMaxQueues> events;
    rte_epoll_wait(poll_fd(), events.data(), events.size(), 0);  // takes the wake-ups away
  }
  if (!state.waiting.empty()) state.flush();
  std::size_t got = 0;
  const std::uint16_t queues = state.device.queues();
  for (std::uint16_t turn = 0; turn < queues && got < out.size(); ++turn) {
    got += rte_eth_rx_burst(state.device.id(), state.next_queue, out.data() + got,
                            static_cast<std::uint16_t>(out.size() - got));
    if (queues > 1) state.next_queue = static_cast<std::uint16_t>((state.next_queue + 1) % queues);
  }
  std::size_t count = 0;
  for (Buffer* frame : out.first(got)) {
    if (is_as_wanted(*frame)) {
      out[count++] = frame;
    } else if (Buffer* accepted = state.accept(frame, counters)) {
      out[count++] = accepted;
    }
  }
  return count;
}

// The frame as the switch wants it: what the driver says of it is believed for a verified checksum
// alone, and its first bytes lie in one piece.
Buffer* DpdkPort::State::accept(Buffer* frame, PortCounters& counters) noexcept {
  const std::uint64_t flags = frame->ol_flags;
  const bool good = (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  const bool stripped = (flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
  if (stripped && rte_vlan_insert(&frame) != 0) {
    refuse_rx(counters, Drop::NoBuffer, frame->pkt_len);  // without its tag it is another VLAN's
    free_buffer(frame);
    return nullptr;
  }
  frame->ol_flags = (flags & kMemory) | (good ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : 0);
  const std::uint32_t bytes = frame->pkt_len;
  if (bytes < kEthernetHeader || bytes > kMaxFrameBytes) {
    refuse_rx(counters, bytes < kEthernetHeader ? Drop::Short : Drop::TooLong, bytes);
    free_buffer(frame);
    return nullptr;
  }
  if (frame->data_len >= std::min<std::uint32_t>(bytes, kReadableBytes)) return frame;
  Buffer* copy = pool.copy(*frame);
  if (copy == nullptr) refuse_rx(counters, Drop::NoBuffer, bytes);
  free_buffer(frame);
  return copy;
}

TxResult DpdkPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  State& state = *state_;
  TxResult result;
  follow(counters.now);
  if (link() == LinkState::Broken) return result;
  while (result.taken < frames.size() && state.flush()) {
    const auto rest = frames.subspan(result.taken);
    const auto* end = std::find_if_not(rest.data(), rest.data() + rest.size(),
                                       [&](Buffer* frame) { return state.is_plain(*frame); });
    const auto plain = static_cast<std::size_t>(end - rest.data());
    if (plain == 0) {
      if (bytes_on_wire(*rest.front()) > max_frame_bytes_) {
        refuse_tx(rest.front(), Drop::TooLong, counters, result);
      } else {
        state.prepare(rest.front(), counters, result);
      }
    } else if (state.send_plain(rest.first(plain), result) < plain) {
      break;
    }
  }
  return result;
}

std::size_t DpdkPort::State::send_plain(std::span<Buffer*> frames, TxResult& result) noexcept {
  const std::size_t count =
      rte_eth_tx_burst(device.id(), 0, frames.data(), static_cast<std::uint16_t>(frames.size()));
  result.taken += count;
  return count;
}

// Sends what waits; true if nothing does any more.
bool DpdkPort::State::flush() noexcept {
  while (sent < waiting.size()) {
    const auto left = static_cast<std::uint16_t>(waiting.size() - sent);
    const std::uint16_t count = rte_eth_tx_burst(device.id(), 0, waiting.data() + sent, left);
    if (count == 0) return false;
    sent += count;
  }
  waiting.clear();
  sent = 0;
  return true;
}

// Puts into `waiting` what `frame` becomes for this device.
void DpdkPort::State::prepare(Buffer* frame, PortCounters& counters, TxResult& result) noexcept {
  const bool device_can = (needed_offloads(*frame) & ~device.tx_offloads()) == 0;
  if (device_can && give_to_device(frame)) {
    ++result.taken;
    return;
  }
  if (Segments(*frame).count() == 0) return refuse_tx(frame, Drop::BadOffload, counters, result);
  if (!cut(*frame)) return refuse_tx(frame, Drop::NoBuffer, counters, result);
  taken(frame, result);
}

// Drivers write into headers that they complete, so the frame must not share them.
bool DpdkPort::State::give_to_device(Buffer* frame) noexcept {
  Buffer* own = has_bytes_of_its_own(*frame) ? frame : pool.copy(*frame);
  if (own == nullptr) return false;
  if ((own->ol_flags & RTE_MBUF_F_TX_IPV4) != 0 &&
      (own->ol_flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) != 0) {
    own->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;  // each segment has an IP header of its own
  }
  if (rte_eth_tx_prepare(device.id(), 0, &own, 1) != 1) {
    if (own != frame) free_buffer(own);
    return false;
  }
  waiting.push_back(own);
  if (own != frame) free_buffer(frame);
  return true;
}

// All segments, or none if the pool runs out.
bool DpdkPort::State::cut(const Buffer& frame) noexcept {
  const Segments segments(frame);
  for (std::size_t at = 0; at < segments.count(); ++at) {
    const std::size_t bytes = segments.write(at, segment);
    Buffer* piece = make_buffer(pool, std::span(segment).first(bytes));
    if (piece == nullptr) {
      for (Buffer* made : waiting) free_buffer(made);
      waiting.clear();
      return false;
    }
    waiting.push_back(piece);
  }
  return true;
}

}  // namespace laneway

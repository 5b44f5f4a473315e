// Theory of operation
//
// Frames pass without a system call: rx_burst and tx_burst work on the rings in the peer's memory.
// Sockets and kicks stand in an epoll instance of the port's own, which is looked at after a sleep
// and every kRoundsBetweenLooks bursts. Kicks are edges there: nothing of the peer's is read.
//
// Everything is done on the worker's thread, between two bursts, so what a message changes is never
// in use; and no message, answer or connection is waited for.
#include "ports/vhost_user_port.h"

#include <array>
#include <atomic>
#include <optional>
#include <vector>

#include <rte_mbuf.h>
#include <sys/epoll.h>

#include "ports/gather.h"
#include "ports/peer_source.h"
#include "ports/refusal.h"
#include "ports/segments.h"
#include "switch/error.h"

namespace laneway {

namespace {

constexpr unsigned kRoundsBetweenLooks = 256;  // a fraction of a millisecond under load
// A peer gets no more of our time at once, however many messages it has ready.
constexpr int kMessagesAtOnce = 64;
constexpr std::size_t kParts = Gather::kSegments;

// Where the flow's addresses and ports lie in most frames: IPv4 behind a plain Ethernet header.
constexpr std::size_t kFlowOffset = 26;
constexpr std::size_t kFlowBytes = 12;

std::size_t flow_hash(const Buffer& frame) noexcept {
  if (frame.data_len < kFlowOffset + kFlowBytes) return 0;
  std::array<std::uint32_t, 3> words;
  std::memcpy(words.data(), rte_pktmbuf_mtod_offset(&frame, const std::byte*, kFlowOffset),
              sizeof(words));
  const std::uint64_t mixed = (words[0] ^ words[1] ^ words[2]) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(mixed >> 40U);
}

// The guest takes this frame as it is.
bool takes(const VhostTerms& terms, const VnetHeader& header) noexcept {
  if ((header.flags & VnetHeader::kNeedsChecksum) == 0) return true;
  switch (header.gso_type & ~VnetHeader::kGsoEcn) {
    case VnetHeader::kGsoNone:
      return terms.guest_sums;
    case VnetHeader::kGsoTcp4:
    case VnetHeader::kGsoTcp6: {
      const bool v4 = (header.gso_type & ~VnetHeader::kGsoEcn) == VnetHeader::kGsoTcp4;
      const bool ecn = (header.gso_type & VnetHeader::kGsoEcn) != 0;
      return terms.guest_sums && (v4 ? terms.guest_tcp4 : terms.guest_tcp6) &&
             (!ecn || terms.guest_ecn);
    }
    default:
      return false;
  }
}

}  // namespace

struct VhostUserPort::State {
  State(std::string path, Descriptor listener, BufferPool& buffers, std::uint32_t most,
        std::size_t queue_pairs, VhostUserPort& owner)
      : source(std::move(path), std::move(listener)),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "vhost-user port: epoll")),
        pool(buffers),
        mtu(most),
        pairs(queue_pairs),
        port(owner),
        scratch(kMaxFrameBytes) {
    watch(source.poll_fd(), EPOLLIN, EPOLL_CTL_ADD);
  }

  void watch(int fd, std::uint32_t events, int operation) noexcept;
  void look() noexcept;
  void meet() noexcept;
  void welcome(Descriptor connection) noexcept;
  void lose(VhostEnd why) noexcept;
  void read_messages() noexcept;
  bool handle() noexcept;
  void watch_kicks() noexcept;
  void forget_kicks() noexcept;
  void check_broken() noexcept;
  VhostQueue& queue_for(const Buffer& frame) noexcept;
  VhostQueue::Put put(VhostQueue& queue, const Buffer& frame) noexcept;
  VhostQueue::Put put_cut(VhostQueue& queue, const Buffer& frame) noexcept;

  PeerSource source;
  Descriptor peer;
  Descriptor epoll;
  BufferPool& pool;
  const std::uint32_t mtu;
  const std::size_t pairs;
  VhostUserPort& port;
  VhostMessage message;
  std::optional<VhostDevice> device;
  std::array<int, VhostDevice::kMaxPairs> kicks{};  // watched, by pair; -1: none
  Chain chain;
  std::vector<std::byte> scratch;  // a frame that is cut, or comes in too many parts
  std::size_t next_pair = 0;       // to receive from first
  unsigned rounds = 0;             // until the next look
  bool asked = false;              // kicks have been asked for
  bool hidden = false;
  std::array<std::atomic<std::uint64_t>, kVhostEnds> ends{};
};

void VhostUserPort::State::watch(int fd, std::uint32_t events, int operation) noexcept {
  epoll_event event{.events = events, .data = {.fd = fd}};
  epoll_ctl(epoll.get(), operation, fd, &event);
}

// What has happened apart from frames.
void VhostUserPort::State::look() noexcept {
  rounds = kRoundsBetweenLooks;
  std::array<epoll_event, 2 + VhostDevice::kMaxPairs> events;
  const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  bool someone = false;
  bool said = false;
  for (int at = 0; at < count; ++at) {
    const int fd = events[static_cast<std::size_t>(at)].data.fd;
    someone |= fd == source.poll_fd();
    said |= peer.is_open() && fd == peer.get();
  }
  // First who may have left, then who comes in its place.
  if (said) read_messages();
  if (peer.is_open()) check_broken();
  if (someone) meet();
}

void VhostUserPort::State::meet() noexcept {
  Descriptor connection = source.take();
  if (!connection.is_open()) return;
  if (!peer.is_open() && !hidden) welcome(std::move(connection));
}

void VhostUserPort::State::welcome(Descriptor connection) noexcept {
  peer = std::move(connection);
  device.emplace(pairs, mtu);
  kicks.fill(-1);
  watch(peer.get(), EPOLLIN, EPOLL_CTL_ADD);
  read_messages();
}

void VhostUserPort::State::lose(VhostEnd why) noexcept {
  ends[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  port.link_.store(LinkState::Down, std::memory_order_release);
  forget_kicks();
  watch(peer.get(), 0, EPOLL_CTL_DEL);
  peer.reset();
  device.reset();
  message = VhostMessage();
  if (!hidden) source.seek();
}

void VhostUserPort::State::read_messages() noexcept {
  for (int count = 0; count < kMessagesAtOnce && peer.is_open(); ++count) {
    switch (message.read(peer.get())) {
      case VhostMessage::Read::Partial:
        return;
      case VhostMessage::Read::Closed:
        return lose(VhostEnd::Closed);
      case VhostMessage::Read::Broken:
        return lose(VhostEnd::Message);
      case VhostMessage::Read::Whole:
        if (!handle()) return;
    }
  }
}

// False if that was the end.
bool VhostUserPort::State::handle() noexcept {
  forget_kicks();  // before a descriptor is closed that the epoll still knows
  const std::optional<VhostEnd> end = device->handle(message, peer.get());
  if (end) {
    lose(*end);
    return false;
  }
  watch_kicks();
  port.link_.store(device->ready() ? LinkState::Up : LinkState::Down, std::memory_order_release);
  return true;
}

void VhostUserPort::State::watch_kicks() noexcept {
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const VhostQueue& queue = device->from_guest(pair);
    if (!queue.usable() || !queue.kick.is_open()) continue;
    kicks[pair] = queue.kick.get();
    watch(kicks[pair], EPOLLIN | EPOLLET, EPOLL_CTL_ADD);
  }
}

void VhostUserPort::State::forget_kicks() noexcept {
  for (int& kick : kicks) {
    if (kick >= 0) watch(kick, 0, EPOLL_CTL_DEL);
    kick = -1;
  }
}

void VhostUserPort::State::check_broken() noexcept {
  if (const auto end = device->broken()) lose(*end);
}

VhostQueue& VhostUserPort::State::queue_for(const Buffer& frame) noexcept {
  const std::size_t usable = device->pairs_to_guest();
  return device->to_guest(usable < 2 ? 0 : flow_hash(frame) % usable);
}

VhostQueue::Put VhostUserPort::State::put(VhostQueue& queue, const Buffer& frame) noexcept {
  const VnetHeader header = vnet_header_of(frame);
  if (!takes(device->terms(), header)) return put_cut(queue, frame);
  std::array<std::span<const std::byte>, kParts> parts;
  std::size_t count = 0;
  if (frame.nb_segs > kParts) {
    parts[count++] = std::span(scratch).first(read_buffer(frame, scratch));
  } else {
    for (const Buffer* segment = &frame; segment != nullptr; segment = segment->next) {
      parts[count++] = {rte_pktmbuf_mtod(segment, const std::byte*), segment->data_len};
    }
  }
  return queue.put(device->memory(), device->terms(), chain, header, std::span(parts).first(count));
}

// All segments, or none.
VhostQueue::Put VhostUserPort::State::put_cut(VhostQueue& queue, const Buffer& frame) noexcept {
  const Segments segments(frame);
  if (segments.count() == 0) return VhostQueue::Put::TooLong;
  const VhostQueue::Mark before = queue.mark();
  for (std::size_t at = 0; at < segments.count(); ++at) {
    const std::span<const std::byte> segment =
        std::span(scratch).first(segments.write(at, scratch));
    const auto put =
        queue.put(device->memory(), device->terms(), chain, VnetHeader{}, std::span(&segment, 1));
    if (put == VhostQueue::Put::Done) continue;
    queue.go_back(before);
    return put;
  }
  return VhostQueue::Put::Done;
}

VhostUserPort::VhostUserPort(std::string path, Descriptor listener, BufferPool& pool,
                             std::uint32_t mtu, std::size_t max_frame_bytes, std::size_t pairs)
    : state_(
          std::make_unique<State>(std::move(path), std::move(listener), pool, mtu, pairs, *this)) {
  max_frame_bytes_ = max_frame_bytes;
  link_.store(LinkState::Down, std::memory_order_release);
}

VhostUserPort::~VhostUserPort() = default;

std::size_t VhostUserPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  State& state = *state_;
  if (state.rounds-- == 0) state.look();
  if (!state.peer.is_open()) return 0;
  std::size_t count = 0;
  for (std::size_t seen = 0; seen < state.pairs && count < out.size(); ++seen) {
    VhostQueue& queue = state.device->from_guest(state.next_pair);
    state.next_pair = state.next_pair + 1 < state.pairs ? state.next_pair + 1 : 0;
    if (!queue.usable()) continue;
    count += queue.receive(state.device->memory(), state.device->terms(), state.chain, state.pool,
                           out.subspan(count), counters);
    if (state.asked) queue.want_no_kick();
    if (queue.fault() != RingFault::None) state.rounds = 0;
  }
  state.asked = false;
  return count;
}

TxResult VhostUserPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  State& state = *state_;
  TxResult result;
  const bool up = link() == LinkState::Up;
  const std::size_t pairs = up ? state.device->pairs_to_guest() : 0;
  if (pairs == 1) state.device->to_guest(0).warm(state.device->memory(), frames.size());
  while (result.taken < frames.size()) {
    Buffer* frame = frames[result.taken];
    if (pairs == 0) {
      refuse_tx(frame, Drop::LinkDown, counters, result);
      continue;
    }
    const auto put = bytes_on_wire(*frame) > max_frame_bytes()
                         ? VhostQueue::Put::TooLong
                         : state.put(state.queue_for(*frame), *frame);
    if (put == VhostQueue::Put::Done)
      taken(frame, result);
    else
      refuse_tx(frame, put == VhostQueue::Put::Full ? Drop::TxFull : Drop::TooLong, counters,
                result);
  }
  for (std::size_t pair = 0; pair < pairs; ++pair) state.device->to_guest(pair).publish();
  return result;
}

int VhostUserPort::poll_fd() const noexcept { return state_->epoll.get(); }

bool VhostUserPort::arm() noexcept {
  State& state = *state_;
  state.rounds = 0;
  state.asked = true;
  bool quiet = true;
  for (std::size_t pair = 0; state.peer.is_open() && pair < state.pairs; ++pair) {
    VhostQueue& queue = state.device->from_guest(pair);
    if (queue.usable() && queue.ask_for_kick()) quiet = false;
  }
  return quiet;
}

void VhostUserPort::show_link(bool up) noexcept {
  State& state = *state_;
  if (state.hidden == !up) return;
  state.hidden = !up;
  // A listener goes on sending peers away; reaching out ends until the link is shown again.
  if (!state.source.listens()) {
    state.watch(state.source.poll_fd(), EPOLLIN, up ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
    if (up) state.source.seek();
  }
  if (!up && state.peer.is_open()) state.lose(VhostEnd::Hidden);
}

std::uint64_t VhostUserPort::ends(VhostEnd why) const noexcept {
  return state_->ends[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
}

}  // namespace laneway

// Theory of operation
//
// Both directions go through a buffer of bytes: one read brings many frames, one write takes many,
// and a frame that the socket took in part stays there, in order, until the peer reads on. A frame
// is taken only if all of it fits behind what still waits, so a slow peer costs a fixed piece of
// memory.
//
// An epoll instance of the port's own holds whatever can happen next: the peer (with EPOLLOUT while
// bytes wait), else where the next one comes from.
#include "ports/stream_port.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include <rte_mbuf.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ports/peer_source.h"
#include "ports/refusal.h"
#include "ports/segments.h"
#include "switch/error.h"
#include "switch/wire/bytes.h"

namespace laneway {

namespace {

constexpr std::size_t kLengthBytes = 4;
// Room for the largest frame, or for a burst of full ones with some that wait: 64 KiB cut into
// pieces of 64 bytes has as much again of headers.
constexpr std::size_t kBufferBytes = 256 * 1024;
static_assert(kBufferBytes > kLengthBytes + StreamPort::kLongestOfPeer);

}  // namespace

struct StreamPort::State {
  State(std::string file, Descriptor listening, BufferPool& buffers, StreamPort& owner)
      : source(std::move(file), std::move(listening)),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "stream port: epoll")),
        pool(buffers),
        port(owner) {}

  void watch(int fd, std::uint32_t events, int operation) noexcept;
  void seek_peer() noexcept;
  void welcome(Descriptor connection) noexcept;
  void lose(End why) noexcept;
  bool read_more() noexcept;
  bool flush() noexcept;
  std::size_t parse(std::span<Buffer*> out, PortCounters& counters) noexcept;
  Buffer* accept(std::span<const std::byte> bytes, PortCounters& counters) noexcept;
  bool append(const Segments& segments) noexcept;
  bool frame_waits() const noexcept;
  // Writes some of what waits; false if the peer takes nothing now.
  bool made_room() noexcept {
    const std::size_t before = out.size();
    return !flush() || out.size() < before;
  }

  PeerSource source;
  Descriptor peer;
  Descriptor epoll;
  BufferPool& pool;
  StreamPort& port;
  std::atomic<End> last_end{End::None};

  // Bytes wait from `begin` to `end`.
  struct Waiting {
    std::vector<std::byte> bytes = std::vector<std::byte>(kBufferBytes);
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const noexcept { return end - begin; }
    void clear() noexcept { begin = end = 0; }
    // Room for `count` bytes at the end, in one piece; false if there is none.
    bool make_room(std::size_t count) noexcept {
      if (begin == end) clear();
      if (bytes.size() - end >= count) return true;
      if (bytes.size() - size() < count) return false;
      std::memmove(bytes.data(), bytes.data() + begin, size());
      end -= begin;
      begin = 0;
      return true;
    }
  };
  Waiting in;
  Waiting out;
  bool out_watched = false;
};

void StreamPort::State::watch(int fd, std::uint32_t events, int operation) noexcept {
  epoll_event event{.events = events, .data = {}};
  epoll_ctl(epoll.get(), operation, fd, &event);
}

// Takes the next peer, if one is there or it is time to look for it.
void StreamPort::State::seek_peer() noexcept { welcome(source.take()); }

void StreamPort::State::welcome(Descriptor connection) noexcept {
  if (!connection.is_open()) return;
  watch(source.poll_fd(), 0, EPOLL_CTL_DEL);
  peer = std::move(connection);
  watch(peer.get(), EPOLLIN, EPOLL_CTL_ADD);
  port.link_.store(LinkState::Up, std::memory_order_release);
}

void StreamPort::State::lose(End why) noexcept {
  last_end.store(why, std::memory_order_relaxed);
  port.link_.store(LinkState::Down, std::memory_order_release);
  // Closing alone leaves it in the epoll as long as a child that was just forked has it open too.
  watch(peer.get(), 0, EPOLL_CTL_DEL);
  peer.reset();
  in.clear();
  out.clear();
  out_watched = false;
  watch(source.poll_fd(), EPOLLIN, EPOLL_CTL_ADD);
  source.seek();
}

// False if nothing more came, or the peer is gone.
bool StreamPort::State::read_more() noexcept {
  if (in.size() >= kLengthBytes + kLongestOfPeer) return false;  // a whole frame is there already
  in.make_room(kLengthBytes + kLongestOfPeer - in.size());
  const ssize_t got =
      recv(peer.get(), in.bytes.data() + in.end, in.bytes.size() - in.end, MSG_DONTWAIT);
  if (got > 0) {
    in.end += static_cast<std::size_t>(got);
    return true;
  }
  if (got == 0)
    lose(End::Closed);
  else if (errno != EAGAIN && errno != EINTR)
    lose(errno == ECONNRESET ? End::Closed : End::Failed);
  return false;
}

// Writes what waits. False if the peer is gone.
bool StreamPort::State::flush() noexcept {
  while (out.size() > 0) {
    const ssize_t sent =
        send(peer.get(), out.bytes.data() + out.begin, out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) {
      lose(errno == EPIPE || errno == ECONNRESET ? End::Closed : End::Failed);
      return false;
    }
    if (sent < 0) break;
    out.begin += static_cast<std::size_t>(sent);
  }
  const bool waits = out.size() > 0;
  if (waits != out_watched) {
    watch(peer.get(), waits ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }
  out_watched = waits;
  return true;
}

// Takes whole frames out of what was read; `out` may fill before they end.
std::size_t StreamPort::State::parse(std::span<Buffer*> out_frames,
                                     PortCounters& counters) noexcept {
  std::size_t count = 0;
  // Frames of no use end a burst too: a peer must not keep the worker with empty ones.
  for (std::size_t seen = 0; seen < out_frames.size() && frame_waits(); ++seen) {
    const std::byte* at = in.bytes.data() + in.begin;
    const std::size_t length = wire::load_be32(at);
    if (length > kLongestOfPeer) {
      lose(End::BadLength);
      break;
    }
    in.begin += kLengthBytes + length;
    if (Buffer* frame = accept({at + kLengthBytes, length}, counters)) out_frames[count++] = frame;
  }
  return count;
}

// A frame, or what is none, can be taken without reading more.
bool StreamPort::State::frame_waits() const noexcept {
  if (in.size() < kLengthBytes) return false;
  const std::size_t length = wire::load_be32(in.bytes.data() + in.begin);
  return length > kLongestOfPeer || in.size() >= kLengthBytes + length;
}

Buffer* StreamPort::State::accept(std::span<const std::byte> bytes,
                                  PortCounters& counters) noexcept {
  if (bytes.size() < kEthernetHeader || bytes.size() > kMaxFrameBytes) {
    refuse_rx(counters, bytes.size() < kEthernetHeader ? Drop::Short : Drop::TooLong, bytes.size());
    return nullptr;
  }
  Buffer* frame = make_buffer(pool, bytes);
  if (frame == nullptr) refuse_rx(counters, Drop::NoBuffer, bytes.size());
  return frame;
}

// Puts the segments behind what waits; false if they do not fit now.
bool StreamPort::State::append(const Segments& segments) noexcept {
  if (!out.make_room(segments.count() * kLengthBytes + segments.total())) return false;
  for (std::size_t at = 0; at < segments.count(); ++at) {
    const std::span<std::byte> room(out.bytes.data() + out.end, out.bytes.size() - out.end);
    const std::size_t bytes = segments.write(at, room.subspan(kLengthBytes));
    wire::store_be32(room.data(), static_cast<std::uint32_t>(bytes));
    out.end += kLengthBytes + bytes;
  }
  return true;
}

StreamPort::StreamPort(std::string path, Descriptor listener, BufferPool& pool,
                       std::size_t max_frame_bytes)
    : state_(std::make_unique<State>(std::move(path), std::move(listener), pool, *this)) {
  max_frame_bytes_ = max_frame_bytes;
  link_.store(LinkState::Down, std::memory_order_release);
  state_->watch(state_->source.poll_fd(), EPOLLIN, EPOLL_CTL_ADD);
}

StreamPort::~StreamPort() = default;

std::size_t StreamPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  State& state = *state_;
  if (!state.peer.is_open()) state.seek_peer();
  if (!state.peer.is_open() || !state.flush()) return 0;
  std::size_t count = state.parse(out, counters);
  while (count < out.size() && state.peer.is_open() && state.read_more()) {
    const std::size_t more = state.parse(out.subspan(count), counters);
    if (more == 0) break;
    count += more;
  }
  return count;
}

TxResult StreamPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  State& state = *state_;
  TxResult result;
  while (result.taken < frames.size()) {
    Buffer* frame = frames[result.taken];
    const Segments segments(*frame);
    if (!state.peer.is_open()) {
      refuse_tx(frame, Drop::LinkDown, counters, result);
    } else if (segments.longest() > max_frame_bytes() || segments.count() == 0) {
      refuse_tx(frame, Drop::TooLong, counters, result);
    } else if (state.append(segments)) {
      taken(frame, result);
    } else if (!state.made_room()) {
      break;
    }
  }
  if (state.peer.is_open()) state.flush();
  return result;
}

int StreamPort::poll_fd() const noexcept { return state_->epoll.get(); }

bool StreamPort::arm() noexcept { return !state_->frame_waits(); }

StreamPort::End StreamPort::last_end() const noexcept {
  return state_->last_end.load(std::memory_order_relaxed);
}

}  // namespace laneway

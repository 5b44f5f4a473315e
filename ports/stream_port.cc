// Theory of operation
//
// Both directions go through a buffer of bytes: one read brings many frames, one write takes many,
// and a frame that the socket took in part stays there, in order, until the peer reads on. A frame
// is taken only if all of it fits behind what still waits, so a slow peer costs a fixed piece of
// memory.
//
// An epoll instance of the port's own holds whatever can happen next: the peer (with EPOLLOUT while
// bytes wait), else the listener or, in connect mode, a timer until the next attempt.
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
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "ports/refusal.h"
#include "ports/segments.h"
#include "switch/error.h"
#include "switch/port_spec.h"
#include "switch/wire/bytes.h"

namespace laneway {

namespace {

constexpr std::size_t kLengthBytes = 4;
// Room for the largest frame, or for a burst of full ones with some that wait: 64 KiB cut into
// pieces of 64 bytes has as much again of headers.
constexpr std::size_t kBufferBytes = 256 * 1024;
static_assert(kBufferBytes > kLengthBytes + StreamPort::kLongestOfPeer);
constexpr int kBacklog = 1;  // who comes while the peer is there waits

sockaddr_un address_of(const std::string& path) {
  if (path.size() > PortSpec::kMaxSocketPath) socket_path(path, {});  // says so
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, PortSpec::kMaxSocketPath);
  return address;
}

Descriptor stream_socket(const std::string& path) {
  return Descriptor(check(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                          path + ": open socket"));
}

int connect_to(int fd, const sockaddr_un& address) noexcept {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

// Removes a socket file that nobody listens on. Throws Error (InUse) for anything else.
void remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  check(lstat(path.c_str(), &file), path);
  if (!S_ISSOCK(file.st_mode)) {
    throw Error(ErrorCode::InUse, path + ": exists and is no socket", "choose another path", path);
  }
  const Descriptor probe = stream_socket(path);
  // EAGAIN: somebody listens, with others in the queue.
  if (connect_to(probe.get(), address) == 0 || errno == EAGAIN) {
    throw Error(ErrorCode::InUse, path + ": in use by another program", "choose another path",
                path);
  }
  check(unlink(path.c_str()), path + ": remove the socket that nobody listens on");
}

}  // namespace

Descriptor listen_on_stream(const std::string& path, mode_t mode) {
  const sockaddr_un address = address_of(path);
  Descriptor listener = stream_socket(path);
  const auto bind_it = [&] {
    return bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  };
  // bind() makes the file with the socket's own mode, less the umask: it is never open to more.
  check(fchmod(listener.get(), mode), path + ": set mode");
  if (bind_it() < 0) {
    if (errno != EADDRINUSE) throw system_error(path + ": bind");
    remove_stale(path, address);
    check(bind_it(), path + ": bind");
  }
  check(chmod(path.c_str(), mode), path + ": set mode");
  check(listen(listener.get(), kBacklog), path + ": listen");
  return listener;
}

struct StreamPort::State {
  State(std::string file, Descriptor listening, BufferPool& buffers, StreamPort& owner)
      : path(std::move(file)),
        address(address_of(path)),
        listener(std::move(listening)),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "stream port: epoll")),
        timer(check(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                    "stream port: timer")),
        pool(buffers),
        port(owner) {}

  void watch(int fd, std::uint32_t events, int operation) noexcept;
  void wait_for_peer() noexcept;
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

  const std::string path;
  const sockaddr_un address;
  Descriptor listener;  // none: connect mode
  Descriptor peer;
  Descriptor epoll;
  Descriptor timer;
  Nanos retry = kFirstRetry;
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

void StreamPort::State::wait_for_peer() noexcept {
  if (listener.is_open()) return watch(listener.get(), EPOLLIN, EPOLL_CTL_ADD);
  using std::chrono::duration_cast;
  const auto seconds = duration_cast<std::chrono::seconds>(retry);
  itimerspec when{};
  when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (retry - seconds).count()};
  timerfd_settime(timer.get(), 0, &when, nullptr);
  retry = std::min<Nanos>(2 * retry, kLastRetry);
}

// Takes the next peer, if one is there or it is time to look for it.
void StreamPort::State::seek_peer() noexcept {
  if (listener.is_open()) {
    return welcome(
        Descriptor(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)));
  }
  std::uint64_t expired = 0;
  if (::read(timer.get(), &expired, sizeof(expired)) < 0) return;
  Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connect_to(connection.get(), address) == 0) return welcome(std::move(connection));
  wait_for_peer();
}

void StreamPort::State::welcome(Descriptor connection) noexcept {
  if (!connection.is_open()) return;
  if (listener.is_open()) watch(listener.get(), 0, EPOLL_CTL_DEL);
  peer = std::move(connection);
  watch(peer.get(), EPOLLIN, EPOLL_CTL_ADD);
  retry = kFirstRetry;
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
  wait_for_peer();
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
  state_->watch(state_->timer.get(), EPOLLIN, EPOLL_CTL_ADD);
  if (!state_->listener.is_open()) state_->retry = Nanos{1};  // the first attempt is made at once
  state_->wait_for_peer();
  state_->retry = kFirstRetry;
}

StreamPort::~StreamPort() {
  if (state_->listener.is_open()) unlink(state_->path.c_str());
}

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

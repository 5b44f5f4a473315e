#include "ports/peer_source.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "switch/error.h"
#include "switch/port_spec.h"

namespace laneway {

namespace {

constexpr int kBacklog = 1;  // who comes while a peer is there waits, or is sent away

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

PeerSource::PeerSource(std::string path, Descriptor listener)
    : path_(std::move(path)),
      address_(address_of(path_)),
      listener_(std::move(listener)),
      timer_(
          check(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), path_ + ": timer")) {
  if (listens()) return;
  retry_ = Nanos{1};  // the first attempt is made at once
  seek();
  retry_ = kFirstRetry;
}

PeerSource::~PeerSource() {
  if (listens()) unlink(path_.c_str());
}

Descriptor PeerSource::take() noexcept {
  if (listens()) {
    return Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  std::uint64_t expired = 0;
  if (::read(timer_.get(), &expired, sizeof(expired)) < 0) return {};
  Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connect_to(connection.get(), address_) == 0) {
    retry_ = kFirstRetry;
    return connection;
  }
  seek();
  return {};
}

void PeerSource::seek() noexcept {
  if (listens()) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(retry_);
  itimerspec when{};
  when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (retry_ - seconds).count()};
  timerfd_settime(timer_.get(), 0, &when, nullptr);
  retry_ = std::min<Nanos>(2 * retry_, kLastRetry);
}

}  // namespace laneway

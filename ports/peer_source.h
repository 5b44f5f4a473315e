// ports/peer_source.h: where the peers of a UNIX socket come from: they connect to ours, or we to
// theirs, again and again without limit.
#pragma once

#include <string>

#include <sys/types.h>
#include <sys/un.h>

#include "switch/descriptor.h"
#include "switch/types.h"

namespace laneway {

// A listening socket at `path`, in place of one that nobody listens on any more; `mode` of the
// file. Throws Error (InUse if somebody listens there or it is another kind of file,
// PermissionDenied, Io).
Descriptor listen_on_stream(const std::string& path, mode_t mode);

class PeerSource {
 public:
  static constexpr Nanos kFirstRetry = std::chrono::milliseconds{100};  // doubled up to
  static constexpr Nanos kLastRetry = std::chrono::seconds{5};

  // Takes peers from `listener`, whose file at `path` it removes at its end; without an open
  // `listener` connects to `path`, the first time at once. Throws Error (Io).
  PeerSource(std::string path, Descriptor listener);
  ~PeerSource();
  PeerSource(const PeerSource&) = delete;
  PeerSource& operator=(const PeerSource&) = delete;

  bool listens() const noexcept { return listener_.is_open(); }
  // Polls readable when take() may find a peer.
  int poll_fd() const noexcept { return listens() ? listener_.get() : timer_.get(); }
  // The next peer, non-blocking; none if nobody is there or it is not yet time to look.
  Descriptor take() noexcept;
  // The peer is gone: the next attempt to connect is due after a wait.
  void seek() noexcept;

 private:
  const std::string path_;
  const sockaddr_un address_;
  const Descriptor listener_;
  const Descriptor timer_;
  Nanos retry_ = kFirstRetry;
};

}  // namespace laneway

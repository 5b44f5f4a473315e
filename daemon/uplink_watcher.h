// daemon/uplink_watcher.h: says when something of the host's network changed: links, addresses,
// routes, neighbors (rtnetlink), associations (nl80211).
//
// Notifications only wake; what is true then is read anew (host_network.h). So a lost one does no
// harm, and a burst of them costs one reading.
//
// Threads: the control thread's.
#pragma once

#include <chrono>
#include <functional>

#include "daemon/asio.h"
#include "daemon/netlink.h"

namespace laneway {

class UplinkWatcher {
 public:
  // Between the first notification and the call: what belongs together comes together.
  static constexpr std::chrono::milliseconds kGather{50};

  // Calls `changed` on `io`'s thread. Throws Error (Io) if it cannot listen.
  UplinkWatcher(boost::asio::io_context& io, std::function<void()> changed);

 private:
  void listen(boost::asio::posix::stream_descriptor& socket);
  void wake();

  NetlinkSocket routes_;
  NetlinkSocket wifi_;
  boost::asio::posix::stream_descriptor routes_wait_;
  boost::asio::posix::stream_descriptor wifi_wait_;
  boost::asio::steady_timer gather_;
  bool gathering_ = false;
  std::function<void()> changed_;
};

}  // namespace laneway

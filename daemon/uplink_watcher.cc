#include "daemon/uplink_watcher.h"

#include <array>

#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/error.h"

namespace laneway {

namespace {

NetlinkSocket subscribed_to_routes() {
  NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  nl_socket_set_nonblocking(socket.get());
  const int result =
      nl_socket_add_memberships(socket.get(), RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR,
                                RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
  if (result < 0) throw Error(ErrorCode::Io, std::string("watch links: ") + nl_geterror(result));
  return socket;
}

// Without cfg80211 in the kernel there is no group to join: the socket then stays silent.
NetlinkSocket subscribed_to_wifi() {
  NetlinkSocket socket = open_netlink(NETLINK_GENERIC);
  for (const char* name : {NL80211_MULTICAST_GROUP_MLME, NL80211_MULTICAST_GROUP_CONFIG}) {
    const int group = genl_ctrl_resolve_grp(socket.get(), NL80211_GENL_NAME, name);
    if (group >= 0) nl_socket_add_membership(socket.get(), group);
  }
  nl_socket_set_nonblocking(socket.get());
  return socket;
}

// What a notification says does not matter; an overrun (ENOBUFS) is one more that came.
void drain(int socket) {
  std::array<char, 8192> buffer;
  while (recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC) > 0) continue;
}

}  // namespace

UplinkWatcher::UplinkWatcher(boost::asio::io_context& io, std::function<void()> changed)
    : routes_(subscribed_to_routes()),
      wifi_(subscribed_to_wifi()),
      routes_wait_(io, dup(nl_socket_get_fd(routes_.get()))),
      wifi_wait_(io, dup(nl_socket_get_fd(wifi_.get()))),
      gather_(io),
      changed_(std::move(changed)) {
  listen(routes_wait_);
  listen(wifi_wait_);
}

void UplinkWatcher::listen(boost::asio::posix::stream_descriptor& socket) {
  socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this, &socket](const boost::system::error_code& failure) {
                      if (failure) return;  // cancelled: the watcher ends
                      drain(socket.native_handle());
                      wake();
                      listen(socket);
                    });
}

void UplinkWatcher::wake() {
  if (gathering_) return;
  gathering_ = true;
  gather_.expires_after(kGather);
  gather_.async_wait([this](const boost::system::error_code& failure) {
    if (failure) return;
    gathering_ = false;
    changed_();
  });
}

}  // namespace laneway

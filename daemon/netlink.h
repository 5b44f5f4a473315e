// daemon/netlink.h: libnl as the control side uses it: sockets that close themselves, dumps that
// call back with C++, and the values of laneway out of libnl's.
//
// Threads: a socket belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "switch/types.h"

struct nl_addr;
struct nl_cache;
struct nl_msg;
struct nl_object;
struct nl_sock;
struct nlmsghdr;

namespace laneway {

struct NetlinkRelease {
  void operator()(nl_sock* socket) const noexcept;
  void operator()(nl_msg* message) const noexcept;
  void operator()(nl_cache* cache) const noexcept;
};
using NetlinkSocket = std::unique_ptr<nl_sock, NetlinkRelease>;
using NetlinkMessage = std::unique_ptr<nl_msg, NetlinkRelease>;
using NetlinkCache = std::unique_ptr<nl_cache, NetlinkRelease>;

// A socket of NETLINK_ROUTE or NETLINK_GENERIC. Throws Error (Io).
NetlinkSocket open_netlink(int protocol);
// Sends `message` and calls `visitor` for each message of the answer. Throws Error (Io) with `what`
// if the kernel refuses.
void netlink_request(nl_sock& socket, NetlinkMessage message, const std::string& what,
                     const std::function<void(const nlmsghdr&)>& visitor);
// Sends `message` and waits for the acknowledgement; returns 0 or libnl's negative error.
int netlink_acknowledged(nl_sock& socket, NetlinkMessage message);

// Calls `visitor` for each object of the cache.
void for_each_object(nl_cache& cache, const std::function<void(nl_object&)>& visitor);

// nullopt for a null pointer, another family or another length.
std::optional<IpPrefix> prefix_from(const nl_addr* address);
std::optional<MacAddress> mac_from(const nl_addr* address);
struct NetlinkAddressRelease {
  void operator()(nl_addr* address) const noexcept;
};
using NetlinkAddress = std::unique_ptr<nl_addr, NetlinkAddressRelease>;
NetlinkAddress netlink_address(const IpPrefix& prefix);
NetlinkAddress netlink_address(MacAddress mac);

}  // namespace laneway

#include "daemon/netlink.h"

#include <cstring>

#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "switch/error.h"

namespace laneway {

namespace {

// A C callback that must not let an exception through libnl: it is kept and thrown afterwards.
struct Visit {
  const std::function<void(const nlmsghdr&)>* visitor;
  std::exception_ptr thrown;
};

int visit_message(nl_msg* message, void* argument) {
  auto* visit = static_cast<Visit*>(argument);
  try {
    (*visit->visitor)(*nlmsg_hdr(message));
  } catch (...) {
    visit->thrown = std::current_exception();
    return NL_STOP;
  }
  return NL_OK;
}

Error netlink_error(const std::string& what, int result) {
  const bool forbidden = result == -NLE_PERM || result == -NLE_NOACCESS;
  return Error(forbidden ? ErrorCode::PermissionDenied : ErrorCode::Io,
               what + ": " + nl_geterror(result));
}

}  // namespace

void NetlinkRelease::operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }
void NetlinkRelease::operator()(nl_msg* message) const noexcept { nlmsg_free(message); }
void NetlinkRelease::operator()(nl_cache* cache) const noexcept { nl_cache_free(cache); }
void NetlinkAddressRelease::operator()(nl_addr* address) const noexcept { nl_addr_put(address); }

NetlinkSocket open_netlink(int protocol) {
  NetlinkSocket socket(nl_socket_alloc());
  if (!socket) throw std::bad_alloc();
  if (const int result = nl_connect(socket.get(), protocol); result < 0) {
    throw netlink_error("open netlink socket", result);
  }
  return socket;
}

void netlink_request(nl_sock& socket, NetlinkMessage message, const std::string& what,
                     const std::function<void(const nlmsghdr&)>& visitor) {
  Visit visit{&visitor, nullptr};
  nl_socket_modify_cb(&socket, NL_CB_VALID, NL_CB_CUSTOM, visit_message, &visit);
  int result = nl_send_auto(&socket, message.get());
  if (result >= 0) result = nl_recvmsgs_default(&socket);
  nl_socket_modify_cb(&socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  if (visit.thrown) std::rethrow_exception(visit.thrown);
  if (result < 0) throw netlink_error(what, result);
}

int netlink_acknowledged(nl_sock& socket, NetlinkMessage message) {
  // nl_send_sync frees the message, whatever happens.
  return nl_send_sync(&socket, message.release());
}

void for_each_object(nl_cache& cache, const std::function<void(nl_object&)>& visitor) {
  for (nl_object* object = nl_cache_get_first(&cache); object != nullptr;
       object = nl_cache_get_next(object)) {
    visitor(*object);
  }
}

std::optional<IpPrefix> prefix_from(const nl_addr* address) {
  if (address == nullptr) return std::nullopt;
  const auto length = static_cast<std::uint8_t>(nl_addr_get_prefixlen(address));
  const void* bytes = nl_addr_get_binary_addr(address);
  if (nl_addr_get_family(address) == AF_INET && nl_addr_get_len(address) == 4) {
    IpAddress ip;
    std::memcpy(ip.octets.data(), bytes, 4);
    return IpPrefix{ip, length};
  }
  if (nl_addr_get_family(address) == AF_INET6 && nl_addr_get_len(address) == 16) {
    Ipv6Address ip;
    std::memcpy(ip.octets.data(), bytes, ip.octets.size());
    return IpPrefix{ip, length};
  }
  return std::nullopt;
}

std::optional<MacAddress> mac_from(const nl_addr* address) {
  if (address == nullptr || nl_addr_get_len(address) != 6) return std::nullopt;
  MacAddress mac;
  std::memcpy(mac.octets.data(), nl_addr_get_binary_addr(address), mac.octets.size());
  return mac;
}

NetlinkAddress netlink_address(const IpPrefix& prefix) {
  const bool v4 = prefix.address.family == Family::Ipv4;
  NetlinkAddress address(
      nl_addr_build(v4 ? AF_INET : AF_INET6, prefix.address.octets.data(), v4 ? 4 : 16));
  if (!address) throw std::bad_alloc();
  nl_addr_set_prefixlen(address.get(), prefix.length);
  return address;
}

NetlinkAddress netlink_address(MacAddress mac) {
  NetlinkAddress address(nl_addr_build(AF_LLC, mac.octets.data(), mac.octets.size()));
  if (!address) throw std::bad_alloc();
  return address;
}

}  // namespace laneway

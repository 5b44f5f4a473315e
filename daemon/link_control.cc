#include "daemon/link_control.h"

#include <memory>

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>

#include "daemon/netlink.h"
#include "switch/error.h"

namespace laneway {

namespace {

struct RouteRelease {
  void operator()(rtnl_route* route) const noexcept { rtnl_route_put(route); }
  void operator()(rtnl_neigh* neighbor) const noexcept { rtnl_neigh_put(neighbor); }
};
using Route = std::unique_ptr<rtnl_route, RouteRelease>;
using NeighborEntry = std::unique_ptr<rtnl_neigh, RouteRelease>;

int index_of(const std::string& interface) {
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) throw Error(ErrorCode::NoNic, "no network adapter '" + interface + "'");
  return static_cast<int>(index);
}

void require(int result, const std::string& what) {
  if (result >= 0) return;
  if (result == -NLE_PERM || result == -NLE_NOACCESS) {
    throw Error(ErrorCode::NeedsCapability, what + ": needs CAP_NET_ADMIN",
                "run lanewayd as its service does (systemctl start laneway)");
  }
  throw Error(ErrorCode::DeviceFailed, what + ": " + nl_geterror(result));
}

std::uint8_t full_length(const IpAddress& address) {
  return address.family == Family::Ipv4 ? 32 : 128;
}

// The kernel copies libnl's references: the addresses may go when the object has them.
Route route_from(const HostRoute& wanted, int index) {
  Route route(rtnl_route_alloc());
  const auto destination = netlink_address({wanted.guest, full_length(wanted.guest)});
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(
                                         wanted.guest.family == Family::Ipv4 ? AF_INET : AF_INET6));
  require(rtnl_route_set_dst(route.get(), destination.get()), "make a host route");
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_protocol(route.get(), kRouteProtocol);
  rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
  if (wanted.source) {
    const auto source = netlink_address({*wanted.source, full_length(*wanted.source)});
    require(rtnl_route_set_pref_src(route.get(), source.get()), "make a host route");
  }
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, index);
  rtnl_route_add_nexthop(route.get(), hop);
  return route;
}

NeighborEntry neighbor_from(const HostRoute& wanted, int index) {
  NeighborEntry neighbor(rtnl_neigh_alloc());
  const auto address = netlink_address({wanted.guest, full_length(wanted.guest)});
  const auto mac = netlink_address(wanted.mac);
  rtnl_neigh_set_ifindex(neighbor.get(), index);
  require(rtnl_neigh_set_dst(neighbor.get(), address.get()), "make a neighbor entry");
  rtnl_neigh_set_lladdr(neighbor.get(), mac.get());
  rtnl_neigh_set_state(neighbor.get(), NUD_PERMANENT);
  return neighbor;
}

void put_addr_gen_mode_none(nl_msg* message) {
  nlattr* const families = nla_nest_start(message, IFLA_AF_SPEC);
  nlattr* const ipv6 = nla_nest_start(message, AF_INET6);
  nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  nla_nest_end(message, ipv6);
  nla_nest_end(message, families);
}

bool is_gone(int result) {
  return result == -NLE_OBJ_NOTFOUND || result == -NLE_NODEV || result == -NLE_NOADDR;
}

}  // namespace

void change_link(const std::string& interface, const LinkChange& change) {
  const NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  NetlinkMessage message(nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK));
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = index_of(interface);
  if (change.up) {
    link.ifi_change = IFF_UP;
    link.ifi_flags = *change.up ? IFF_UP : 0;
  }
  nlmsg_append(message.get(), &link, sizeof link, NLMSG_ALIGNTO);
  if (change.mtu_bytes) nla_put_u32(message.get(), IFLA_MTU, *change.mtu_bytes);
  if (change.mac) nla_put(message.get(), IFLA_ADDRESS, 6, change.mac->octets.data());
  if (change.without_ipv6_address) put_addr_gen_mode_none(message.get());
  require(netlink_acknowledged(*socket, std::move(message)), "change interface " + interface);
}

void add_host_route(const HostRoute& route) {
  const NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  const int index = index_of(route.interface);
  const std::string what = "route " + to_string(route.guest) + " through " + route.interface;
  const NeighborEntry neighbor = neighbor_from(route, index);
  require(rtnl_neigh_add(socket.get(), neighbor.get(), NLM_F_CREATE | NLM_F_REPLACE), what);
  const Route kernel_route = route_from(route, index);
  require(rtnl_route_add(socket.get(), kernel_route.get(), NLM_F_CREATE | NLM_F_REPLACE), what);
}

void remove_host_route(const HostRoute& route) {
  const unsigned index = if_nametoindex(route.interface.c_str());
  if (index == 0) return;  // gone with its interface
  const NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  const std::string what = "remove the route to " + to_string(route.guest);
  const Route kernel_route = route_from(route, static_cast<int>(index));
  int result = rtnl_route_delete(socket.get(), kernel_route.get(), 0);
  if (!is_gone(result)) require(result, what);
  const NeighborEntry neighbor = neighbor_from(route, static_cast<int>(index));
  result = rtnl_neigh_delete(socket.get(), neighbor.get(), 0);
  if (!is_gone(result)) require(result, what);
}

void remove_stale_host_routes() {
  const NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  nl_cache* raw = nullptr;
  require(rtnl_route_alloc_cache(socket.get(), AF_UNSPEC, 0, &raw), "list routes");
  const NetlinkCache routes(raw);
  for_each_object(*routes, [&](nl_object& object) {
    auto& route = reinterpret_cast<rtnl_route&>(object);
    if (rtnl_route_get_protocol(&route) != kRouteProtocol ||
        rtnl_route_get_nnexthops(&route) != 1) {
      return;
    }
    char name[IF_NAMESIZE] = {};
    const int index = rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(&route, 0));
    if_indextoname(static_cast<unsigned>(index), name);
    if (!std::string_view(name).starts_with("lw-")) rtnl_route_delete(socket.get(), &route, 0);
  });
}

}  // namespace laneway

#include "daemon/host_network.h"

#include <algorithm>
#include <tuple>

#include <linux/neighbour.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>

#include "daemon/netlink.h"
#include "switch/error.h"

namespace laneway {

namespace {

NetlinkCache cache_of(nl_sock& netlink, int (*allocate)(nl_sock*, nl_cache**), const char* what) {
  nl_cache* raw = nullptr;
  if (const int result = allocate(&netlink, &raw); result < 0) {
    throw Error(ErrorCode::Io, std::string(what) + ": " + nl_geterror(result));
  }
  return NetlinkCache(raw);
}

int allocate_routes(nl_sock* netlink, nl_cache** cache) {
  return rtnl_route_alloc_cache(netlink, AF_UNSPEC, 0, cache);
}

std::string name_of_index(const std::vector<Nic>& nics, int index) {
  const auto nic =
      std::find_if(nics.begin(), nics.end(), [&](const Nic& one) { return one.index == index; });
  return nic == nics.end() ? std::string() : nic->name;
}

void read_default_routes(nl_sock& netlink, HostNetwork& host) {
  const NetlinkCache routes = cache_of(netlink, allocate_routes, "list routes");
  for_each_object(*routes, [&](nl_object& object) {
    auto& route = reinterpret_cast<rtnl_route&>(object);
    if (nl_addr_get_prefixlen(rtnl_route_get_dst(&route)) != 0 ||
        rtnl_route_get_table(&route) != RT_TABLE_MAIN ||
        rtnl_route_get_type(&route) != RTN_UNICAST) {
      return;
    }
    for (int hop = 0; hop < rtnl_route_get_nnexthops(&route); ++hop) {
      rtnl_nexthop* next = rtnl_route_nexthop_n(&route, hop);
      DefaultRoute found;
      found.nic = name_of_index(host.nics, rtnl_route_nh_get_ifindex(next));
      if (const auto gateway = prefix_from(rtnl_route_nh_get_gateway(next))) {
        found.gateway = gateway->address;
      } else if (rtnl_route_get_family(&route) == AF_INET6) {
        found.gateway.family = Family::Ipv6;
      }
      found.metric = rtnl_route_get_priority(&route);
      if (!found.nic.empty()) host.default_routes.push_back(found);
    }
  });
  std::stable_sort(host.default_routes.begin(), host.default_routes.end(),
                   [](const DefaultRoute& a, const DefaultRoute& b) {
                     return std::tie(a.gateway.family, a.metric) <
                            std::tie(b.gateway.family, b.metric);
                   });
}

void read_neighbors(nl_sock& netlink, HostNetwork& host) {
  constexpr int kKnown = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
  const NetlinkCache neighbors = cache_of(netlink, rtnl_neigh_alloc_cache, "list neighbors");
  for_each_object(*neighbors, [&](nl_object& object) {
    auto& neighbor = reinterpret_cast<rtnl_neigh&>(object);
    const auto address = prefix_from(rtnl_neigh_get_dst(&neighbor));
    const auto mac = mac_from(rtnl_neigh_get_lladdr(&neighbor));
    if (!address || !mac || (rtnl_neigh_get_state(&neighbor) & kKnown) == 0) return;
    host.neighbors.push_back({rtnl_neigh_get_ifindex(&neighbor), address->address, *mac});
  });
}

bool is_of_ours(const Nic& nic) { return nic.kind == NicKind::Tap && nic.name.starts_with("lw"); }

void add_closed(const HostNetwork& host, const Nic& uplink, Network& network) {
  for (const Nic& other : host.nics) {
    if (other.index == uplink.index || other.kind == NicKind::Loopback || is_of_ours(other))
      continue;
    for (const IpPrefix& prefix : other.addresses) {
      if (!prefix.address.is_link_local() && network.closed.size() < Network::kMaxClosed) {
        network.closed.push_back(prefix);
      }
    }
  }
}

void add_gateways(const HostNetwork& host, const Nic& uplink, Network& network) {
  for (const DefaultRoute& route : host.default_routes) {
    if (route.nic != uplink.name || route.gateway.is_unspecified() ||
        network.gateways.size() == Network::kMaxGateways) {
      continue;
    }
    const auto mac = host.neighbor(uplink, route.gateway);
    network.gateways.push_back({route.gateway, mac.value_or(MacAddress{}), Nanos{}});
  }
}

}  // namespace

const Nic* HostNetwork::find(std::string_view name) const {
  const auto found =
      std::find_if(nics.begin(), nics.end(), [&](const Nic& nic) { return nic.name == name; });
  return found == nics.end() ? nullptr : &*found;
}

const Nic* HostNetwork::default_nic() const {
  for (const DefaultRoute& route : default_routes) {
    const Nic* nic = find(route.nic);
    if (nic != nullptr && nic->attachment.mode) return nic;
  }
  return nullptr;
}

std::optional<MacAddress> HostNetwork::neighbor(const Nic& nic, const IpAddress& address) const {
  for (const HostNeighbor& known : neighbors) {
    if (known.nic == nic.index && known.address == address) return known.mac;
  }
  return std::nullopt;
}

HostNetwork read_host_network(const std::map<std::string, std::string>& uplinks) {
  HostNetwork host;
  host.nics = list_nics(uplinks);
  const NetlinkSocket netlink = open_netlink(NETLINK_ROUTE);
  read_default_routes(*netlink, host);
  read_neighbors(*netlink, host);
  return host;
}

Network network_behind(const HostNetwork& host, const Nic& nic, bool translated, MacAddress own) {
  Network network;
  network.translated = translated;
  network.wifi = nic.wifi.has_value();
  network.station = nic.mac;
  network.own = own;
  network.mtu = nic.mtu_bytes;
  network.host = nic.addresses;
  if (network.host.size() > Network::kMaxHostAddresses) {
    network.host.resize(Network::kMaxHostAddresses);
  }
  add_closed(host, nic, network);
  add_gateways(host, nic, network);
  return network;
}

bool has_link(const Nic& nic) {
  if (!nic.carrier) return false;
  return !nic.wifi || !nic.wifi->is_station() || nic.wifi->bssid.has_value();
}

}  // namespace laneway

#include "daemon/nics.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "daemon/netlink.h"
#include "switch/descriptor.h"
#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::array<std::string_view, 11> kKindNames{"ethernet", "wifi",     "modem", "bridge",
                                                      "bond",     "vlan",     "veth",  "tap",
                                                      "tunnel",   "loopback", "other"};
static_assert(kKindNames.size() == static_cast<std::size_t>(NicKind::Other) + 1);

bool is_macvlan(const Nic& nic) {
  return nic.link_kind == "macvlan" || nic.link_kind == "macvtap" || nic.link_kind == "ipvlan" ||
         nic.link_kind == "ipvtap";
}

NicKind kind_from(const Nic& nic, unsigned arptype, unsigned flags) {
  static const std::map<std::string_view, NicKind> kByLinkKind{
      {"bridge", NicKind::Bridge}, {"openvswitch", NicKind::Bridge}, {"bond", NicKind::Bond},
      {"team", NicKind::Bond},     {"vlan", NicKind::Vlan},          {"veth", NicKind::Veth},
      {"wwan", NicKind::Modem},
  };
  if (arptype == ARPHRD_LOOPBACK) return NicKind::Loopback;
  if (nic.wifi) return NicKind::Wifi;
  if (const auto known = kByLinkKind.find(nic.link_kind); known != kByLinkKind.end()) {
    return known->second;
  }
  if (nic.link_kind == "tun") return arptype == ARPHRD_ETHER ? NicKind::Tap : NicKind::Tunnel;
  if (arptype == ARPHRD_RAWIP) return NicKind::Modem;
  // Mobile broadband over USB calls itself Ethernet, but knows no ARP and takes one host's packets
  // only.
  if (arptype == ARPHRD_ETHER && (flags & IFF_NOARP) != 0 && nic.name.starts_with("ww")) {
    return NicKind::Modem;
  }
  if (arptype != ARPHRD_ETHER) return NicKind::Tunnel;
  return nic.link_kind.empty() ? NicKind::Ethernet : NicKind::Other;
}

// What ethtool knows of an interface; fields stay empty where the driver does not say.
void read_ethtool(int socket, Nic& nic) {
  ifreq request{};
  nic.name.copy(request.ifr_name, IFNAMSIZ - 1);
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = &driver;
  if (ioctl(socket, SIOCETHTOOL, &request) == 0) {
    nic.driver.emplace(driver.driver, strnlen(driver.driver, sizeof driver.driver));
  }
  ethtool_cmd settings{};
  settings.cmd = ETHTOOL_GSET;
  request.ifr_data = &settings;
  if (!nic.carrier || ioctl(socket, SIOCETHTOOL, &request) != 0) return;
  const std::uint32_t speed_mbps = ethtool_cmd_speed(&settings);
  if (speed_mbps != 0 && speed_mbps != static_cast<std::uint32_t>(SPEED_UNKNOWN)) {
    nic.link_bps = std::uint64_t{speed_mbps} * 1'000'000;
  }
}

// `cache` by reference: it is filled by the call that gives `result`, whatever is evaluated first.
NetlinkCache checked(int result, nl_cache* const& cache, const char* what) {
  if (result < 0) throw Error(ErrorCode::Io, std::string(what) + ": " + nl_geterror(result));
  return NetlinkCache(cache);
}

Nic nic_from(rtnl_link& link, int socket, const std::map<int, WifiLink>& wifi_links) {
  Nic nic;
  nic.index = rtnl_link_get_ifindex(&link);
  nic.name = rtnl_link_get_name(&link);
  if (const char* type = rtnl_link_get_type(&link)) nic.link_kind = type;
  const unsigned flags = rtnl_link_get_flags(&link);
  const unsigned arptype = rtnl_link_get_arptype(&link);
  if (const auto wifi = wifi_links.find(nic.index); wifi != wifi_links.end())
    nic.wifi = wifi->second;
  nic.kind = kind_from(nic, arptype, flags);
  nic.ethernet_framing = arptype == ARPHRD_ETHER && nic.kind != NicKind::Modem;
  if (nic.ethernet_framing) nic.mac = mac_from(rtnl_link_get_addr(&link)).value_or(MacAddress{});
  nic.mtu_bytes = rtnl_link_get_mtu(&link);
  nic.up = (flags & IFF_UP) != 0;
  nic.carrier = nic.up && (flags & IFF_RUNNING) != 0;
  read_ethtool(socket, nic);
  if (nic.wifi && nic.wifi->link_bps) nic.link_bps = nic.wifi->link_bps;
  return nic;
}

using NicsByIndex = std::map<int, Nic>;

NicsByIndex read_links(nl_sock& netlink) {
  const std::map<int, WifiLink> wifi_links = read_wifi_links();
  const Descriptor socket(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a socket"));
  nl_cache* raw = nullptr;
  const NetlinkCache links =
      checked(rtnl_link_alloc_cache(&netlink, AF_UNSPEC, &raw), raw, "list interfaces");
  NicsByIndex nics;
  std::map<int, int> masters;
  for_each_object(*links, [&](nl_object& object) {
    auto& link = reinterpret_cast<rtnl_link&>(object);
    Nic nic = nic_from(link, socket.get(), wifi_links);
    if (const int master = rtnl_link_get_master(&link); master != 0) masters[nic.index] = master;
    nics.emplace(nic.index, std::move(nic));
  });
  for (const auto& [member, master] : masters) {
    const auto found = nics.find(master);
    if (found == nics.end()) continue;
    nics[member].master = found->second.name;
    nics[member].master_kind = found->second.kind;
  }
  return nics;
}

void read_addresses(nl_sock& netlink, NicsByIndex& nics) {
  nl_cache* raw = nullptr;
  const NetlinkCache addresses =
      checked(rtnl_addr_alloc_cache(&netlink, &raw), raw, "list addresses");
  for_each_object(*addresses, [&](nl_object& object) {
    auto& address = reinterpret_cast<rtnl_addr&>(object);
    const auto nic = nics.find(rtnl_addr_get_ifindex(&address));
    auto prefix = prefix_from(rtnl_addr_get_local(&address));
    if (nic == nics.end() || !prefix) return;
    prefix->length = static_cast<std::uint8_t>(rtnl_addr_get_prefixlen(&address));
    nic->second.addresses.push_back(*prefix);
  });
  for (auto& [index, nic] : nics) std::sort(nic.addresses.begin(), nic.addresses.end());
}

void read_default_routes(nl_sock& netlink, NicsByIndex& nics) {
  nl_cache* raw = nullptr;
  const NetlinkCache routes =
      checked(rtnl_route_alloc_cache(&netlink, AF_UNSPEC, 0, &raw), raw, "list routes");
  for_each_object(*routes, [&](nl_object& object) {
    auto& route = reinterpret_cast<rtnl_route&>(object);
    if (nl_addr_get_prefixlen(rtnl_route_get_dst(&route)) != 0 ||
        rtnl_route_get_table(&route) != RT_TABLE_MAIN ||
        rtnl_route_get_type(&route) != RTN_UNICAST) {
      return;
    }
    for (int hop = 0; hop < rtnl_route_get_nnexthops(&route); ++hop) {
      const auto nic = nics.find(rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(&route, hop)));
      if (nic != nics.end()) nic->second.default_route = true;
    }
  });
}

Attachment refuse(std::string reason, std::string instead = {}) {
  return {std::nullopt, std::move(reason), std::move(instead)};
}

// Rows one and two: what no mode can help.
std::optional<Attachment> refusal_of(const Nic& nic) {
  if (nic.kind == NicKind::Loopback) return refuse("loopback");
  if (nic.wifi && nic.wifi->iftype == "monitor")
    return refuse("a monitor interface, which only listens");
  if (nic.kind == NicKind::Modem) return refuse("a modem: no Ethernet framing");
  if (!nic.ethernet_framing) return refuse("a tunnel: no Ethernet framing");
  if (nic.kind == NicKind::Tap && nic.name.starts_with("lw"))
    return refuse("a tap of laneway's own");
  if (is_macvlan(nic)) return refuse("a " + nic.link_kind, "attach its parent instead");
  if (nic.kind == NicKind::Bridge) return refuse("a bridge", "attach one of its members instead");
  if (nic.master && nic.master_kind == NicKind::Bond) {
    return refuse("a member of bond " + *nic.master, "attach " + *nic.master + " instead");
  }
  if (nic.master && nic.master_kind == NicKind::Bridge) {
    return refuse("a member of bridge " + *nic.master,
                  "take it out (ip link set " + nic.name + " nomaster), or attach another adapter");
  }
  if (nic.used_by) {
    return refuse("the uplink of switch " + *nic.used_by, "attach the guests to " + *nic.used_by);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(NicKind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(UplinkMode mode) noexcept {
  return mode == UplinkMode::Plain ? "plain" : "translated";
}

bool Nic::is_hidden() const {
  return kind == NicKind::Loopback || (kind == NicKind::Tap && name.starts_with("lw"));
}

Attachment decide_attachment(const Nic& nic) {
  if (auto refused = refusal_of(nic)) return *refused;
  if (!nic.wifi) return {UplinkMode::Plain, {}, {}};
  const std::string& iftype = nic.wifi->iftype;
  if (iftype == "station") {
    if (nic.wifi->four_address) return {UplinkMode::Plain, "station with 4-address mode", {}};
    return {UplinkMode::Translated, "station without 4-address mode: one MAC only", {}};
  }
  if (iftype == "ap" || iftype == "mesh") return {UplinkMode::Plain, {}, {}};
  return refuse("a Wi-Fi interface of type " + iftype, "attach a station instead");
}

std::vector<Nic> list_nics(const std::map<std::string, std::string>& uplinks) {
  const NetlinkSocket netlink = open_netlink(NETLINK_ROUTE);
  NicsByIndex by_index = read_links(*netlink);
  read_addresses(*netlink, by_index);
  read_default_routes(*netlink, by_index);

  std::vector<Nic> nics;
  for (auto& [index, nic] : by_index) {
    if (const auto used = uplinks.find(nic.name); used != uplinks.end()) nic.used_by = used->second;
    nic.attachment = decide_attachment(nic);
    nics.push_back(std::move(nic));
  }
  std::sort(nics.begin(), nics.end(), [](const Nic& a, const Nic& b) { return a.name < b.name; });
  return nics;
}

}  // namespace laneway

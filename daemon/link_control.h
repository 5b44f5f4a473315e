// daemon/link_control.h: what the helper changes in the kernel's links, routes and neighbors. Needs
// CAP_NET_ADMIN. Each call is one rtnetlink exchange or a few; all throw Error (NoNic,
// NeedsCapability, DeviceFailed).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "switch/types.h"

namespace laneway {

// What is to be changed of a link; what is not given stays.
struct LinkChange {
  std::optional<bool> up{};
  std::optional<std::uint32_t> mtu_bytes{};
  std::optional<MacAddress> mac{};
  bool without_ipv6_address = false;  // the kernel makes no fe80:: address for it
};
void change_link(const std::string& interface, const LinkChange& change);

// The way from the host to one guest: a /32 or /128 route and, because the kernel asks nobody from
// an interface without an address, a permanent neighbor entry.
struct HostRoute {
  std::string interface;
  IpAddress guest;
  MacAddress mac{};
  std::optional<IpAddress> source;  // that the host prefers toward the guest

  auto operator<=>(const HostRoute&) const = default;
};
constexpr std::uint8_t kRouteProtocol = 76;  // marks our routes (ip route show proto 76)

// Replaces what is there for the address; removing what is not there is no error.
void add_host_route(const HostRoute& route);
void remove_host_route(const HostRoute& route);

// Removes routes of ours that no living daemon can own: those of one leave with its taps.
void remove_stale_host_routes();

}  // namespace laneway

// daemon/host_network.h: what the host knows of its networks, at one moment: adapters, default
// routes, neighbors; and what of it the stages of one switch need.
//
// A snapshot is read whole after every change instead of keeping copies up to date by
// notifications: it cannot drift from the kernel's truth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/nics.h"
#include "switch/network.h"
#include "switch/types.h"

namespace laneway {

struct DefaultRoute {
  std::string nic;
  IpAddress gateway;
  std::uint32_t metric = 0;
};

struct HostNeighbor {
  int nic = 0;  // index
  IpAddress address;
  MacAddress mac;
};

struct HostNetwork {
  std::vector<Nic> nics;
  std::vector<DefaultRoute> default_routes;  // best first: IPv4 before IPv6, then by metric
  std::vector<HostNeighbor> neighbors;

  const Nic* find(std::string_view name) const;
  // The adapter of the best default route that could be an uplink; nullptr if there is none.
  const Nic* default_nic() const;
  // Who the host thinks has `address` behind `nic`.
  std::optional<MacAddress> neighbor(const Nic& nic, const IpAddress& address) const;
};

// Throws Error (Io). `uplinks` as in list_nics.
HostNetwork read_host_network(const std::map<std::string, std::string>& uplinks);

// H, Closed, G and the rest for a switch whose uplink is `nic`.
Network network_behind(const HostNetwork& host, const Nic& nic, bool translated, MacAddress own);

// A cable is in, or the station is associated.
bool has_link(const Nic& nic);

}  // namespace laneway

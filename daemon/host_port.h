// daemon/host_port.h: the way between a switch's guests and the host: a tap without an address, and
// a route through it for each guest (wifi rules HOST-1 to HOST-3).
//
// Threads: the control thread's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/managed_port.h"
#include "daemon/route_trials.h"
#include "switch/neighbor_table.h"
#include "switch/network.h"

namespace laneway {

// The tap of the host port of `switch_name`: lw-NAME, shortened with a hash where it is too long.
std::string host_interface(const std::string& switch_name);

class HostPort {
 public:
  // Throws Error.
  HostPort(Runtime& runtime, const std::string& switch_name, MacAddress own,
           const Settings& settings, std::uint32_t mtu_bytes);
  ~HostPort();

  // Brings the routes in line with `bindings`. `nic`: the uplink, nullptr without. Returns the
  // addresses that are to be probed on the uplink.
  std::vector<IpAddress> update(const std::vector<Neighbor>& bindings, const Network& network,
                                const HostNetwork& host, const Nic* nic, Nanos now);
  void conflict(const IpAddress& address, Nanos now) { trials_.conflict(address, now); }
  // The station is on another network.
  void forget_network() { trials_.clear(); }

  ManagedPort& port() { return port_; }
  const std::string& interface() const { return port_.spec.where; }
  std::vector<std::string> routes() const;  // "192.168.1.57/32", sorted by address

 private:
  bool may_route(const Neighbor& binding, const HostNetwork& host, const Nic* nic, Nanos now);
  void apply(const std::map<IpAddress, HostRoute>& wanted);

  Runtime& runtime_;
  ManagedPort port_;
  RouteTrials trials_;
  std::map<IpAddress, HostRoute> routes_;
};

}  // namespace laneway

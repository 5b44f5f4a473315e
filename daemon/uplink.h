// daemon/uplink.h: a switch's port on one adapter of the host, and what keeps the two apart: the
// socket's filter and the host filter.
//
// Threads: the control thread's.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/guest_addresses.h"
#include "daemon/managed_port.h"
#include "daemon/station_tracker.h"
#include "daemon/uplink_choice.h"
#include "switch/network.h"

namespace laneway {

class Uplink {
 public:
  // Throws Error.
  Uplink(Runtime& runtime, const UplinkChoice& choice, const SwitchDeclaration& declared);
  ~Uplink();

  // Takes in what the host knows now; returns what happened to the station.
  std::vector<StationEvent> update(const HostNetwork& host, const Network& network, Nanos now);
  // Keeps frames for these out of the host's stack, and for what was there a minute ago.
  void set_guests(const std::set<IpPrefix>& guests, Nanos now);

  ManagedPort& port() { return port_; }
  const ManagedPort& port() const { return port_; }
  const std::string& nic_name() const { return port_.spec.where; }
  UplinkMode mode() const { return mode_; }
  const std::string& reason() const { return reason_; }
  const Nic& nic() const { return nic_; }  // as last seen
  bool linked() const { return linked_; }

 private:
  void open_filters();
  void filter_socket();

  Runtime& runtime_;
  UplinkMode mode_;
  std::string reason_;
  Nic nic_;
  bool linked_ = false;
  Network network_;
  ManagedPort port_;
  StationTracker tracker_;
  GuestAddresses addresses_;
  std::optional<GuestAddressSet> host_filter_;
};

}  // namespace laneway

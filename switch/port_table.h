// switch/port_table.h: the ports of a switch and their policy.
//
// Threads: changed by the owning worker only, between two bursts; stages read it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "switch/burst.h"
#include "switch/counters.h"
#include "switch/port.h"
#include "switch/rate_limit.h"
#include "switch/types.h"

namespace laneway {

// What a port may do. The defaults are a guest's; trunk(), host() and uplink() give the other
// columns.
struct PortSettings {
  PortRole role = PortRole::Guest;
  bool trunk = false;                // many addresses, no guards: replay, benches, nested switches
  MacAddress mac{};                  // pinned to the port; zero: none (yet)
  bool pin_first_source = false;     // packet: guest ports: the first source heard is pinned
  bool mac_spoofing = false;         // may send other sources
  std::uint32_t mac_limit = 1;       // addresses learnt here; 0: the table's own limit
  bool ip_spoofing = false;          // may use addresses of others
  std::uint16_t binding_limit = 64;  // a family
  bool dhcp_guard = true;
  bool router_guard = true;
  std::uint32_t storm_limit = 1000;  // flooded frames a second; 0: none
  bool flood_unknown = false;        // gets unicast for addresses in no table
  bool isolated = false;             // talks to uplink and host only
  bool monitor = false;              // also gets a copy of every frame that is forwarded
  bool gtk_unicast = true;           // passes unicast IP in a group frame
  bool link_shown = true;            // its guest can be shown the link (not with stream)
  std::vector<IpPrefix> prefixes{};  // routed by the guest: frames for them go to it

  static PortSettings for_trunk();
  static PortSettings for_host(MacAddress own);
  static PortSettings for_uplink(bool wifi, std::uint32_t mac_table_limit);
};

struct PortEntry {
  Port* port = nullptr;  // nullptr: the slot is free
  std::string name;
  PortSettings settings;
  PortCounters* counters = nullptr;  // outlives the entry
  std::optional<RateLimit> storm;    // of flooded frames that came in here; none: no limit
  Nanos link_up_since{};             // of the last time that the link came up, noticed at a tick
  bool link_was_up = false;

  bool present() const noexcept { return port != nullptr; }
  // Counts a flooded frame; false if it is over the storm limit.
  bool may_flood(Nanos now) noexcept { return !storm || storm->allow(now); }
};

class PortTable {
 public:
  // The entry in the lowest free slot, or in none: Error (LimitReached). `port` and `counters` must
  // stay until remove().
  PortId add(std::string name, Port& port, PortSettings settings, PortCounters& counters);
  void remove(PortId id) noexcept;
  void change_settings(PortId id, const PortSettings& settings);

  PortEntry& operator[](PortId id) noexcept { return entries_[index(id)]; }
  const PortEntry& operator[](PortId id) const noexcept { return entries_[index(id)]; }
  const PortSet& present() const noexcept { return present_; }
  const PortSet& guests() const noexcept { return guests_; }
  PortId uplink() const noexcept { return uplink_; }  // kNoPort if there is none
  PortId host() const noexcept { return host_; }
  // The port that pins `mac`; kNoPort if none does. Walks all ports; frames ask MacTable::pinned().
  PortId pinned(MacAddress mac) const noexcept;

  // Ports that a frame from `id` may leave by: all others, except that no isolated guest and other
  // guest reach each other, nor uplink and host port (IN-9).
  const PortSet& reach(PortId id) const noexcept { return reach_[index(id)]; }
  const PortSet& flood_unknown() const noexcept { return flood_unknown_; }
  const PortSet& monitors() const noexcept { return monitors_; }

 private:
  void derive();

  std::array<PortEntry, kMaxPorts> entries_;
  PortSet present_;
  PortSet guests_;
  PortSet flood_unknown_;
  PortSet monitors_;
  std::array<PortSet, kMaxPorts> reach_;
  PortId uplink_ = kNoPort;
  PortId host_ = kNoPort;
};

}  // namespace laneway

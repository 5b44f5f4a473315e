#include "switch/port_table.h"

#include <utility>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::uint32_t kUplinkStormLimit = 10000;  // frames a second: a LAN's worth of guests'

// May a frame that came in by a port of settings `from` leave by one of settings `to`?
bool may_reach(const PortSettings& from, const PortSettings& to) noexcept {
  if (from.role == PortRole::Guest && to.role == PortRole::Guest) {
    return !from.isolated && !to.isolated;
  }
  const bool both_outer = from.role != PortRole::Guest && to.role != PortRole::Guest;
  return !both_outer || from.role == to.role;
}

std::optional<RateLimit> storm_limit(const PortSettings& settings) noexcept {
  if (settings.storm_limit == 0) return std::nullopt;
  return RateLimit::per_second(settings.storm_limit);
}

}  // namespace

PortSettings PortSettings::for_trunk() {
  PortSettings settings;
  settings.trunk = true;
  settings.mac_spoofing = true;
  settings.mac_limit = 0;
  settings.ip_spoofing = true;
  settings.binding_limit = 0;
  settings.dhcp_guard = false;
  settings.router_guard = false;
  settings.storm_limit = 0;
  settings.flood_unknown = true;
  return settings;
}

PortSettings PortSettings::for_host(MacAddress own) {
  PortSettings settings;
  settings.role = PortRole::Host;
  settings.mac = own;
  settings.binding_limit = 0;
  settings.dhcp_guard = false;
  settings.router_guard = false;
  settings.storm_limit = 0;
  return settings;
}

PortSettings PortSettings::for_uplink(bool wifi, std::uint32_t mac_table_limit) {
  PortSettings settings;
  settings.role = PortRole::Uplink;
  settings.mac_spoofing = true;
  settings.mac_limit = mac_table_limit - mac_table_limit / 4;  // the rest stays for guests
  settings.ip_spoofing = true;
  settings.binding_limit = 0;
  settings.dhcp_guard = false;
  settings.router_guard = false;
  settings.storm_limit = kUplinkStormLimit;
  settings.flood_unknown = true;
  settings.gtk_unicast = !wifi;
  return settings;
}

PortId PortTable::add(std::string name, Port& port, PortSettings settings, PortCounters& counters) {
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    PortEntry& entry = entries_[at];
    if (entry.present()) continue;
    entry = PortEntry{};
    entry.port = &port;
    entry.name = std::move(name);
    entry.storm = storm_limit(settings);
    entry.settings = std::move(settings);
    entry.counters = &counters;
    derive();
    return PortId{static_cast<std::uint8_t>(at)};
  }
  throw Error(ErrorCode::LimitReached, "cannot add port " + name + ": the switch has " +
                                           std::to_string(kMaxPorts) + " ports, the limit");
}

void PortTable::remove(PortId id) noexcept {
  entries_[index(id)] = PortEntry{};
  derive();
}

void PortTable::change_settings(PortId id, const PortSettings& settings) {
  PortEntry& entry = entries_[index(id)];
  if (entry.settings.storm_limit != settings.storm_limit) entry.storm = storm_limit(settings);
  entry.settings = settings;
  derive();
}

PortId PortTable::pinned(MacAddress mac) const noexcept {
  PortId found = kNoPort;
  present_.for_each([&](PortId id) {
    if (!mac.is_zero() && (*this)[id].settings.mac == mac) found = id;
  });
  return found;
}

// What frames ask for is worked out here, once a change, so that they need no walk over the ports.
void PortTable::derive() {
  present_ = guests_ = flood_unknown_ = monitors_ = PortSet{};
  uplink_ = host_ = kNoPort;
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    if (!entries_[at].present()) continue;
    const PortId id{static_cast<std::uint8_t>(at)};
    const PortSettings& settings = entries_[at].settings;
    present_.add(id);
    if (settings.role == PortRole::Guest) guests_.add(id);
    if (settings.role == PortRole::Uplink) uplink_ = id;
    if (settings.role == PortRole::Host) host_ = id;
    if (settings.flood_unknown) flood_unknown_.add(id);
    if (settings.monitor) monitors_.add(id);
  }
  reach_.fill(PortSet{});
  present_.for_each([&](PortId from) {
    present_.for_each([&](PortId to) {
      if (from != to && may_reach((*this)[from].settings, (*this)[to].settings)) {
        reach_[index(from)].add(to);
      }
    });
  });
}

}  // namespace laneway

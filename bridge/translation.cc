#include "bridge/translation.h"

namespace laneway {

bool Translation::is_local(MacAddress mac, Nanos now) const noexcept {
  if (mac == parts.network.own) return true;
  const PortId port = parts.macs.lookup(mac, VlanId{}, now);
  return port != kNoPort && port != parts.ports.uplink();
}

std::optional<PortId> Translation::guest_of(MacAddress mac) const noexcept {
  const PortId port = parts.macs.pinned(mac);
  if (port == kNoPort || !parts.ports.guests().has(port)) return std::nullopt;
  return port;
}

std::optional<PortId> Translation::router_of(const IpAddress& address) const noexcept {
  std::optional<PortId> best;
  int longest = -1;
  parts.ports.guests().for_each([&](PortId port) {
    for (const IpPrefix& prefix : parts.ports[port].settings.prefixes) {
      if (int{prefix.length} <= longest || !prefix.contains(address)) continue;
      longest = int{prefix.length};
      best = port;
    }
  });
  return best;
}

}  // namespace laneway

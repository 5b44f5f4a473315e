// The part of ManagedSwitch that outlives the daemon: what it tells the state file of its guests,
// and what it takes from there.

#include <algorithm>

#include <spdlog/spdlog.h>

#include "daemon/managed_switch.h"

namespace laneway {

namespace {

std::int64_t wall_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool is_kept(const Neighbor& bound) {
  return bound.state == NeighborState::Valid || bound.state == NeighborState::Stale;
}

}  // namespace

SavedTables ManagedSwitch::tables() {
  SavedTables tables;
  tables.name = declared_.name;
  const std::int64_t wall = wall_seconds();
  const Nanos now = monotonic_now();
  for (const Neighbor& bound : bindings()) {
    const std::string port = port_name(bound.port);
    if (!is_kept(bound) || port.empty()) continue;
    const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - bound.used);
    tables.bindings.push_back({bound.address, port, bound.mac, wall - silent.count()});
  }
  runtime_.worker.run([&] {
    for (const auto& guest : guests_) {
      const MacAddress mac = composition_->sw().ports()[guest->id].settings.mac;
      if (guest->settings.pin_first_source && !mac.is_zero()) tables.heard[guest->name()] = mac;
    }
  });
  return tables;
}

// Whether the port, as it is now, would let its guest use the binding.
bool ManagedSwitch::fits(const SavedBinding& saved, const SavedTables& tables,
                         const ManagedPort& port) const {
  if (port.role() != PortRole::Guest || port.settings.trunk) return false;
  if (network_.is_host(saved.address) || network_.is_gateway(saved.address)) return false;
  const auto heard = tables.heard.find(port.name());
  return port.settings.mac_spoofing || port.settings.mac == saved.mac ||
         (port.settings.pin_first_source && heard != tables.heard.end() &&
          heard->second == saved.mac);
}

std::size_t ManagedSwitch::restore(const SavedTables& saved) {
  const std::int64_t oldest =
      wall_seconds() -
      std::chrono::duration_cast<std::chrono::seconds>(SavedTables::kMaxAge).count();
  std::vector<SavedBinding> fresh = saved.bindings;
  std::erase_if(fresh, [&](const SavedBinding& one) {
    const ManagedPort* port = find(one.port);
    return one.used < oldest || port == nullptr || !fits(one, saved, *port);
  });
  // A port's quota keeps the newest.
  std::sort(fresh.begin(), fresh.end(),
            [](const SavedBinding& a, const SavedBinding& b) { return a.used < b.used; });
  runtime_.worker.run([&] {
    const Nanos now = runtime_.worker.now();
    for (const auto& [name, mac] : saved.heard) {
      const ManagedPort* port = find(name);
      if (port == nullptr || !port->settings.pin_first_source) continue;
      composition_->sw().macs().learn(mac, VlanId{}, port->id, 0, now);
    }
    for (const SavedBinding& one : fresh) {
      composition_->neighbors().unverified({one.address, one.mac, find(one.port)->id}, now);
    }
  });
  return saved.bindings.size() - fresh.size();
}

}  // namespace laneway

// The reports of daemon/reports.h that list tables: MAC addresses, neighbors, drops.

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/reports.h"

namespace laneway {

namespace {

using nlohmann::json;

constexpr std::array kMacKinds{"learnt", "pinned", "static"};
constexpr std::array kStates{"tentative", "unverified", "valid", "stale"};
constexpr std::array kOrigins{"dhcp", "arp", "nd", "data", "static"};
constexpr std::size_t kSlotsARound = 1024;  // of a table, between two bursts

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

// A pinned or static address may never have been heard.
json age_json(Nanos seen, Nanos now) {
  if (seen == Nanos{}) return nullptr;
  return std::max(0.0, seconds(now - seen));
}

std::vector<MacEntry> macs_of(ManagedSwitch& sw) {
  std::vector<MacEntry> entries;
  Worker& worker = sw.runtime().worker;
  const MacTable& macs = sw.composition().sw().macs();
  bool at_end = false;
  for (std::size_t from = 0; !at_end;) {
    worker.run([&] {
      from = macs.visit(from, kSlotsARound, worker.now(),
                        [&](const MacEntry& entry) { entries.push_back(entry); });
      at_end = from >= macs.slots();
    });
  }
  std::sort(entries.begin(), entries.end(), [](const MacEntry& a, const MacEntry& b) {
    return std::tie(a.mac, a.vlan) < std::tie(b.mac, b.vlan);
  });
  return entries;
}

json binding_json(const Neighbor& bound, const std::string& port, const Network& network,
                  Nanos now) {
  const bool v4 = bound.address.family == Family::Ipv4;
  return {{"address", to_string(bound.address)},
          {"family", v4 ? "ipv4" : "ipv6"},
          {"port", port},
          {"mac", to_string(bound.mac)},
          {"mac_on_air", network.translated ? json(to_string(network.station)) : json(nullptr)},
          {"state", kStates[static_cast<std::size_t>(bound.state)]},
          {"origin", kOrigins[static_cast<std::size_t>(bound.origin)]},
          {"age_seconds", seconds(now - bound.used)},
          {"lease_seconds",
           bound.lease_until ? json(seconds(*bound.lease_until - now)) : json(nullptr)}};
}

// The host's own addresses stand beside the bindings; nobody else can have them.
json host_address_json(const IpAddress& address, ManagedSwitch& sw) {
  const Network& network = sw.network();
  return {{"address", to_string(address)},
          {"family", address.family == Family::Ipv4 ? "ipv4" : "ipv6"},
          {"port", sw.host() ? json("host") : json(nullptr)},
          {"mac", to_string(network.own)},
          {"mac_on_air", network.translated ? json(to_string(network.station)) : json(nullptr)},
          {"state", "valid"},
          {"origin", "host"},
          {"age_seconds", nullptr},
          {"lease_seconds", nullptr}};
}

std::string why_of(const ManagedPort& port, Drop reason) {
  std::string why(sentence_of(reason));
  if (reason == Drop::Nonip) {
    why += fmt::format(" (last: EtherType 0x{:04x})",
                       port.counters.last_nonip.load(std::memory_order_relaxed));
  }
  return why;
}

// The worker counts by the monotonic clock; people read the wall's.
std::string wall_time_of(std::int64_t monotonic_ns) {
  const auto ago = std::chrono::duration_cast<std::chrono::system_clock::duration>(
      monotonic_now() - Nanos{monotonic_ns});
  return utc_seconds(std::chrono::system_clock::now() - ago);
}

json drop_json(const ManagedPort& port, Drop reason, const ManagedPort::Dropped& dropped) {
  const std::int64_t last =
      port.counters.drop_last_ns[index(reason)].load(std::memory_order_relaxed);
  return {{"port", port.name()},
          {"direction", direction_of(reason) == Direction::Ingress ? "ingress" : "egress"},
          {"reason", name_of(reason)},
          {"frames", dropped.frames},
          {"bytes", dropped.bytes},
          {"last", wall_time_of(last)},
          {"why", why_of(port, reason)}};
}

}  // namespace

json macs_report(ManagedSwitch& sw, const std::optional<std::string>& port) {
  const Nanos now = monotonic_now();
  std::map<PortId, std::string> names;
  for (const ManagedPort* known : sw.ports()) names[known->id] = known->name();
  json list = json::array();
  for (const MacEntry& entry : macs_of(sw)) {
    const std::string& name = names[entry.port];
    if (port && *port != name) continue;
    list.push_back({{"mac", to_string(entry.mac)},
                    {"port", name},
                    {"kind", kMacKinds[static_cast<std::size_t>(entry.kind)]},
                    {"age_seconds", age_json(entry.seen, now)},
                    {"moves", entry.moves}});
  }
  const SwitchDeclaration& declared = sw.declared();
  return {{"schema", 1},
          {"switch", declared.name},
          {"entries", list.size()},
          {"limit", declared.mac_limit},
          {"age_seconds", seconds(declared.mac_age)},
          {"macs", std::move(list)}};
}

json neighbors_report(ManagedSwitch& sw, const std::optional<std::string>& port) {
  const Nanos now = monotonic_now();
  std::map<IpAddress, json> by_address;
  const bool with_host = !port || *port == "host";
  for (const IpPrefix& own : sw.network().host) {
    if (with_host) by_address[own.address] = host_address_json(own.address, sw);
  }
  for (const Neighbor& bound : sw.bindings()) {
    const std::string name = sw.port_name(bound.port);
    if (!port || *port == name) {
      by_address[bound.address] = binding_json(bound, name, sw.network(), now);
    }
  }
  json list = json::array();
  for (auto& [address, object] : by_address) list.push_back(std::move(object));
  return {{"schema", 1},
          {"switch", sw.declared().name},
          {"entries", list.size()},
          {"limit", limits::kBindings},
          {"neighbors", std::move(list)}};
}

json drops_report(ManagedSwitch& sw, const std::optional<std::string>& port) {
  json list = json::array();
  std::uint64_t total = 0;
  for (const ManagedPort* known : sw.ports()) {
    if (port && *port != known->name()) continue;
    for (std::size_t i = 0; i < kDropReasons; ++i) {
      const auto reason = static_cast<Drop>(i);
      const ManagedPort::Dropped dropped = known->dropped(reason);
      if (dropped.frames == 0) continue;
      total += dropped.frames;
      list.push_back(drop_json(*known, reason, dropped));
    }
  }
  return {{"schema", 1},
          {"switch", sw.declared().name},
          {"since", utc_seconds(sw.drops_since())},
          {"total_frames", total},
          {"drops", std::move(list)}};
}

}  // namespace laneway

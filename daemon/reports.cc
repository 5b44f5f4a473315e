#include "daemon/reports.h"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include "daemon/attach_output.h"

namespace laneway {

namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json mac_or_null(MacAddress mac) { return mac.is_zero() ? json(nullptr) : json(to_string(mac)); }
json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

constexpr std::array kRoles{"guest", "uplink", "host"};
constexpr std::array kLinks{"down", "up", "broken"};

// The address that a port has: pinned from the start, or from the first frame that was heard.
MacAddress address_of(ManagedSwitch& sw, const ManagedPort& port) {
  if (port.role() == PortRole::Uplink) return sw.network().station;
  if (!port.settings.mac.is_zero()) return port.settings.mac;
  MacAddress mac;
  sw.runtime().worker.run([&] { mac = sw.composition().sw().ports()[port.id].settings.mac; });
  return mac;
}

json addresses_of(ManagedSwitch& sw, const ManagedPort& port,
                  const std::vector<Neighbor>& bindings) {
  json addresses = json::array();
  if (port.role() == PortRole::Host) {
    for (const IpPrefix& own : sw.network().host) addresses.push_back(to_string(own.address));
  }
  for (const Neighbor& bound : bindings) {
    if (bound.port == port.id && port.role() == PortRole::Guest) {
      addresses.push_back(to_string(bound.address));
    }
  }
  return addresses;
}

json link_reason(const ManagedPort& port) {
  if (port.port->link() == LinkState::Up) return nullptr;
  if (port.spec.kind == PortKind::Stream) return "no peer is connected";
  if (port.spec.kind == PortKind::VhostUser) return "no peer is connected, or its driver is not up";
  if (port.role() == PortRole::Uplink) return "no carrier, or not associated";
  return "the interface is down or gone";
}

json drops_of(const ManagedPort& port) {
  json drops = json::object();
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::uint64_t frames = port.counters.drop_frames[i].get();
    if (frames > 0) drops[std::string(name_of(static_cast<Drop>(i)))] = frames;
  }
  return drops;
}

json port_json(ManagedSwitch& sw, const ManagedPort& port, const std::vector<Neighbor>& bindings) {
  const bool guest = port.role() == PortRole::Guest;
  return {{"name", port.name()},
          {"role", kRoles[static_cast<std::size_t>(port.role())]},
          {"kind", name_of(port.spec.kind)},
          {"spec", port.spec_text()},
          {"policy", guest ? json(name_of(port.declared.policy)) : json(nullptr)},
          {"settings", port.declared.settings},
          {"mac", mac_or_null(address_of(sw, port))},
          {"link", kLinks[static_cast<std::size_t>(port.port->link())]},
          {"link_reason", link_reason(port)},
          {"mtu_bytes", port.mtu_bytes()},
          {"temporary", port.declared.temporary},
          {"addresses", addresses_of(sw, port, bindings)},
          {"rx_frames", port.counters.rx_frames.get()},
          {"rx_bytes", port.counters.rx_bytes.get()},
          {"tx_frames", port.counters.tx_frames.get()},
          {"tx_bytes", port.counters.tx_bytes.get()},
          {"rx_bps", port.rx_bps},
          {"tx_bps", port.tx_bps},
          {"drops", drops_of(port)}};
}

// A port that could not be opened: as port_json, with nothing counted.
json waiting_json(ManagedSwitch& sw, const ManagedSwitch::WaitingPort& waiting) {
  const PortDeclaration& declared = waiting.declared;
  json port{{"name", declared.name},
            {"role", "guest"},
            {"kind", declared.spec.substr(0, declared.spec.find(':'))},
            {"spec", declared.spec},
            {"policy", name_of(declared.policy)},
            {"settings", declared.settings},
            {"mac", mac_or_null(declared.mac.value_or(MacAddress{}))},
            {"link", "down"},
            {"link_reason", waiting.reason},
            {"mtu_bytes", sw.network().mtu},
            {"temporary", declared.temporary},
            {"addresses", json::array()},
            {"drops", json::object()}};
  for (const char* count : {"rx_frames", "rx_bytes", "tx_frames", "tx_bytes", "rx_bps", "tx_bps"}) {
    port[count] = 0;
  }
  return port;
}

// All of them, sorted by name.
json ports_json(ManagedSwitch& sw) {
  const std::vector<Neighbor> bindings = sw.bindings();
  std::map<std::string, json> sorted;
  for (const ManagedPort* port : sw.ports()) {
    sorted[port->name()] = port_json(sw, *port, bindings);
  }
  for (const auto& waiting : sw.waiting()) {
    sorted[waiting.declared.name] = waiting_json(sw, waiting);
  }
  json list = json::array();
  for (auto& [name, port] : sorted) list.push_back(std::move(port));
  return list;
}

json uplink_json(ManagedSwitch& sw) {
  const SwitchDeclaration& declared = sw.declared();
  if (!declared.has_uplink()) return nullptr;
  const Uplink* uplink = sw.uplink();
  const bool wifi = uplink != nullptr && uplink->nic().wifi.has_value();
  const auto& bssid = wifi ? uplink->nic().wifi->bssid : std::optional<MacAddress>();
  return {{"requested", declared.uplink},
          {"nic", uplink ? json(uplink->nic_name()) : json(nullptr)},
          {"spec", uplink ? json(uplink->port().spec_text()) : json(nullptr)},
          {"mode", uplink ? json(name_of(uplink->mode())) : json(nullptr)},
          {"reason", uplink ? text_or_null(uplink->reason()) : json("the adapter is missing")},
          {"station", uplink ? mac_or_null(uplink->nic().mac) : json(nullptr)},
          {"ssid", wifi ? or_null(uplink->nic().wifi->ssid) : json(nullptr)},
          {"bssid", bssid ? json(to_string(*bssid)) : json(nullptr)},
          {"mtu_bytes", uplink ? json(uplink->nic().mtu_bytes) : json(nullptr)}};
}

json host_json(ManagedSwitch& sw) {
  HostPort* host = sw.host();
  if (host == nullptr) return nullptr;
  return {{"interface", host->interface()}, {"routes", host->routes()}};
}

json reach_json(ManagedSwitch& sw) {
  json reach = json::array();
  const Uplink* uplink = sw.uplink();
  for (const ManagedPort* port : sw.ports()) {
    if (port->role() != PortRole::Guest) continue;
    json guests = json::array();
    for (const ManagedPort* other : sw.ports()) {
      const bool apart = port->settings.isolated && other->settings.isolated;
      if (other->role() == PortRole::Guest && other != port && !apart) {
        guests.push_back(other->name());
      }
    }
    reach.push_back({{"port", port->name()},
                     {"host", sw.host() != nullptr},
                     {"lan", uplink != nullptr && uplink->linked()},
                     {"guests", std::move(guests)}});
  }
  return reach;
}

json totals_json(ManagedSwitch& sw) {
  const ManagedSwitch::Totals totals = sw.totals();
  return {{"rx_frames", totals.rx},
          {"copied_frames", totals.copied},
          {"forwarded_frames", totals.forwarded},
          {"replied_frames", totals.replied},
          {"dropped_frames", totals.dropped},
          {"generated_frames", totals.generated}};
}

struct TableSizes {
  std::size_t macs = 0;
  std::size_t neighbors = 0;
};

TableSizes sizes_of(ManagedSwitch& sw) {
  TableSizes sizes;
  sw.runtime().worker.run([&] {
    sizes.macs = sw.composition().sw().macs().size();
    sizes.neighbors = sw.composition().neighbors().size();
  });
  return sizes;
}

json worker_json(ManagedSwitch& sw) {
  return {{"id", 0},
          {"cpu", nullptr},
          {"idle", "adaptive"},
          {"busy_ratio", sw.runtime().worker.busy_ratio()}};
}

json switch_json(ManagedSwitch& sw) {
  const SwitchDeclaration& declared = sw.declared();
  const TableSizes sizes = sizes_of(sw);
  return {{"name", declared.name},
          {"kind", declared.kind()},
          {"state", sw.state()},
          {"temporary", declared.temporary},
          {"configured_in", or_null(declared.configured_in)},
          {"created", text_or_null(declared.created)},
          {"uplink", uplink_json(sw)},
          {"host", host_json(sw)},
          {"settings", declared.settings},
          {"mac_table",
           {{"entries", sizes.macs},
            {"limit", declared.mac_limit},
            {"age_seconds", seconds(declared.mac_age)}}},
          {"neighbor_table", {{"entries", sizes.neighbors}, {"limit", limits::kBindings}}},
          {"workers", json::array({worker_json(sw)})},
          {"totals", totals_json(sw)},
          {"ports", ports_json(sw)},
          {"reach", reach_json(sw)}};
}

json summary_json(ManagedSwitch& sw) {
  const SwitchDeclaration& declared = sw.declared();
  const Uplink* uplink = sw.uplink();
  return {{"name", declared.name},
          {"kind", declared.kind()},
          {"state", sw.state()},
          {"uplink_requested", declared.has_uplink() ? json(declared.uplink) : json(nullptr)},
          {"uplink_nic", uplink ? json(uplink->nic_name()) : json(nullptr)},
          {"mode", uplink ? json(name_of(uplink->mode())) : json(nullptr)},
          {"host_port", sw.host() ? json(sw.host()->interface()) : json(nullptr)},
          {"ports", sw.ports().size() + sw.waiting().size()},
          {"temporary", declared.temporary},
          {"configured_in", or_null(declared.configured_in)},
          {"created", text_or_null(declared.created)}};
}

}  // namespace

json switches_report(const std::vector<ManagedSwitch*>& switches) {
  json list = json::array();
  for (ManagedSwitch* sw : switches) list.push_back(summary_json(*sw));
  return {{"schema", 1}, {"switches", std::move(list)}};
}

json switch_report(ManagedSwitch& sw) { return {{"schema", 1}, {"switch", switch_json(sw)}}; }

json port_report(ManagedSwitch& sw, ManagedPort& port) {
  return {{"schema", 1}, {"port", port_json(sw, port, sw.bindings())}};
}

json ports_report(ManagedSwitch& sw) { return {{"schema", 1}, {"ports", ports_json(sw)}}; }

json attach_report(ManagedSwitch& sw, ManagedPort& port) {
  json report = port_report(sw, port);
  report["qemu"] = qemu_arguments(port.spec, port.settings.mac);
  report["libvirt_xml"] = or_null(libvirt_xml(port.spec, port.settings.mac));
  return report;
}

}  // namespace laneway

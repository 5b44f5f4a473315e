#include "daemon/metrics.h"

#include <fmt/format.h>

#include "daemon/log_limit.h"
#include "daemon/version.h"

namespace laneway {

namespace {

// An adapter may have any name: label values escape '\', '"' and line feed.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n') {
      safe += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') safe += '\\';
    safe += c;
  }
  return safe;
}

struct Label {
  std::string_view key;
  std::string_view value;
};

// One family of samples, which stand together under their name.
class Samples {
 public:
  Samples(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(name) {
    out_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }

  template <class Number>
  void sample(const std::vector<Label>& labels, Number value) {
    std::string list;
    for (const Label& label : labels) {
      list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", label.key, escaped(label.value));
    }
    out_ += fmt::format("{}{} {}\n", name_, list.empty() ? "" : "{" + list + "}", value);
  }

 private:
  std::string& out_;
  std::string_view name_;
};

struct PortMetric {
  std::string_view name;
  std::string_view help;
  Counter PortCounters::*counter;
};
constexpr std::array<PortMetric, 4> kPortMetrics{{
    {"laneway_port_receive_packets_total", "Frames that came in by the port.",
     &PortCounters::rx_frames},
    {"laneway_port_receive_bytes_total", "Bytes that came in by the port.",
     &PortCounters::rx_bytes},
    {"laneway_port_transmit_packets_total", "Frames that left by the port.",
     &PortCounters::tx_frames},
    {"laneway_port_transmit_bytes_total", "Bytes that left by the port.", &PortCounters::tx_bytes},
}};

using Switches = std::vector<ManagedSwitch*>;

void add_ports(std::string& out, const Switches& switches) {
  Samples up(out, "laneway_port_up", "gauge", "1 if the port has a link.");
  for (ManagedSwitch* sw : switches) {
    for (const ManagedPort* port : sw->ports()) {
      up.sample({{"switch", sw->declared().name}, {"port", port->name()}},
                port->port->link() == LinkState::Up ? 1 : 0);
    }
  }
  for (const PortMetric& metric : kPortMetrics) {
    Samples family(out, metric.name, "counter", metric.help);
    for (ManagedSwitch* sw : switches) {
      for (const ManagedPort* port : sw->ports()) {
        family.sample({{"switch", sw->declared().name}, {"port", port->name()}},
                      (port->counters.*metric.counter).get());
      }
    }
  }
}

void add_drops(std::string& out, const Switches& switches) {
  Samples drops(out, "laneway_drops_total", "counter", "Frames dropped, by reason.");
  for (ManagedSwitch* sw : switches) {
    for (const ManagedPort* port : sw->ports()) {
      for (std::size_t i = 0; i < kDropReasons; ++i) {
        drops.sample({{"switch", sw->declared().name},
                      {"port", port->name()},
                      {"reason", name_of(static_cast<Drop>(i))}},
                     port->counters.drop_frames[i].get());
      }
    }
  }
}

void add_tables(std::string& out, const Switches& switches) {
  Samples entries(out, "laneway_mac_table_entries", "gauge", "Addresses in the MAC table.");
  for (ManagedSwitch* sw : switches) {
    std::size_t size = 0;
    sw->runtime().worker.run([&] { size = sw->composition().sw().macs().size(); });
    entries.sample({{"switch", sw->declared().name}}, size);
  }
  Samples limit(out, "laneway_mac_table_limit", "gauge", "Addresses that may be learnt.");
  for (ManagedSwitch* sw : switches) {
    limit.sample({{"switch", sw->declared().name}}, sw->declared().mac_limit);
  }
  Samples moves(out, "laneway_mac_moves_total", "counter", "Addresses heard on another port.");
  for (ManagedSwitch* sw : switches) {
    moves.sample({{"switch", sw->declared().name}},
                 sw->composition().sw().macs().counters().moved.get());
  }
  Samples neighbors(out, "laneway_neighbor_entries", "gauge", "IP addresses bound to guests.");
  for (ManagedSwitch* sw : switches) {
    std::array<std::size_t, 2> count{};
    for (const Neighbor& bound : sw->bindings()) {
      ++count[bound.address.family == Family::Ipv4 ? 0 : 1];
    }
    neighbors.sample({{"switch", sw->declared().name}, {"protocol", "ipv4"}}, count[0]);
    neighbors.sample({{"switch", sw->declared().name}, {"protocol", "ipv6"}}, count[1]);
  }
}

void add_uplinks(std::string& out, const Switches& switches) {
  Samples info(out, "laneway_uplink_info", "gauge", "The adapter of a switch's uplink.");
  for (ManagedSwitch* sw : switches) {
    const Uplink* uplink = sw->uplink();
    if (uplink == nullptr) continue;
    info.sample({{"switch", sw->declared().name},
                 {"nic", uplink->nic_name()},
                 {"mode", name_of(uplink->mode())}},
                1);
  }
}

}  // namespace

std::string metrics_text(const Switches& switches, Runtime& runtime) {
  std::string out;
  Samples(out, "laneway_build_info", "gauge", "What runs.")
      .sample({{"version", kVersion}, {"commit", kCommit}}, 1);
  add_ports(out, switches);
  add_drops(out, switches);
  add_tables(out, switches);
  add_uplinks(out, switches);
  Samples(out, "laneway_worker_busy_seconds_total", "counter", "Time in rounds that had work.")
      .sample({}, static_cast<double>(runtime.worker.busy_ns()) / 1e9);
  Samples(out, "laneway_log_lines_lost_total", "counter", "Log lines left out: too many at once.")
      .sample({}, LimitedSink::lines_lost());
  return out;
}

}  // namespace laneway

// The part of ManagedSwitch that tells what happened: events and log lines.

#include <array>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/managed_switch.h"
#include "switch/error.h"

namespace laneway {

namespace {

using nlohmann::json;

constexpr std::array kStateNames{"tentative", "unverified", "valid", "stale"};

// Reasons that say that a guard held something back.
constexpr std::array kGuards{Drop::MacClaim,   Drop::SpoofMac, Drop::MacLimit,   Drop::Storm,
                             Drop::DhcpGuard,  Drop::SpoofIp,  Drop::SpoofGw,    Drop::RouterGuard,
                             Drop::BindQuota,  Drop::ArpBad,   Drop::NdBad,      Drop::NdFrag,
                             Drop::ProxyLimit, Drop::Eapol,    Drop::HeaderChain};

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

}  // namespace

void ManagedSwitch::event(std::string_view name, std::string_view port, json detail, Nanos now) {
  runtime_.events.add(name, declared_.name, port, std::move(detail), now);
}

void ManagedSwitch::tell(const Notice& notice, Nanos now) {
  const std::string port = port_name(notice.port);
  const json mac = to_string(notice.mac);
  switch (notice.kind) {
    case Notice::Kind::MacLearnt:
      return event("mac_learnt", port, {{"mac", mac}}, now);
    case Notice::Kind::MacMoved:
      return event("mac_moved", port, {{"mac", mac}, {"from", port_name(notice.other)}}, now);
    case Notice::Kind::MacRefused:
      return event("mac_refused", port, {{"mac", mac}}, now);
    case Notice::Kind::MacAged:
      return event("mac_aged", {}, {{"mac", nullptr}, {"count", notice.count}}, now);
    case Notice::Kind::NeighborChanged:
    case Notice::Kind::NeighborGone: {
      const bool gone = notice.kind == Notice::Kind::NeighborGone;
      const char* state = gone ? "gone" : kStateNames[static_cast<std::size_t>(notice.state)];
      return event("neighbor_changed", port,
                   {{"address", to_string(notice.address)}, {"mac", mac}, {"state", state}}, now);
    }
    case Notice::Kind::BindingRefused:
      return event("binding_refused", port,
                   {{"mac", mac},
                    {"address", to_string(notice.address)},
                    {"owner", text_or_null(port_name(notice.other))}},
                   now);
    case Notice::Kind::Conflict:
      if (host_port_) host_port_->conflict(notice.address, now);
      return;
    case Notice::Kind::Leased:
      // An access point that sends no group frames down answers unicast only; it also forgets who
      // is silent.
      if (notice.relayed) runtime_.worker.run([&] { composition_->set_keepalive(true); });
      return;
  }
}

void ManagedSwitch::tell_links(Nanos now) {
  std::vector<ManagedPort*> lost;
  for (ManagedPort* port : ports()) {
    const LinkState link = port->port->link();
    if (link == port->told_link) continue;
    const bool up = link == LinkState::Up;
    const json reason = link == LinkState::Broken ? json("the port is broken") : json(nullptr);
    event(up ? "port_up" : "port_down", port->name(),
          up ? json::object() : json{{"reason", reason}}, now);
    spdlog::info("{}/{}: link {}", declared_.name, port->name(), up ? "up" : "down");
    port->told_link = link;
    if (!up && port->role() == PortRole::Guest) {
      runtime_.worker.run([&] { composition_->guest_gone(port->id); });
    }
    if (link == LinkState::Broken && port->spec.kind == PortKind::Tap) {
      try {
        port->revive_tap();
      } catch (const Error& error) {
        spdlog::warn("{}/{}: {}", declared_.name, port->name(), error.what());
      }
    }
    if (link == LinkState::Broken && port->spec.kind == PortKind::Dpdk) lost.push_back(port);
  }
  for (ManagedPort* port : lost) lose_port(*port, "the device was unplugged");
}

void ManagedSwitch::tell_guard_hits(Nanos now) {
  for (ManagedPort* port : ports()) {
    for (const Drop reason : kGuards) {
      const std::uint64_t frames = port->counters.drop_frames[index(reason)].get();
      std::uint64_t& told = port->told_drops[index(reason)];
      if (frames == told) continue;
      event("guard_hit", port->name(), {{"reason", name_of(reason)}, {"frames", frames - told}},
            now);
      told = frames;
    }
  }
}

void ManagedSwitch::tick_second(Nanos now) {
  for (ManagedPort* port : ports()) port->measure(now);
  tell_guard_hits(now);
  const MacCounters& macs = composition_->sw().macs().counters();
  const std::uint64_t entries = macs.learnt.get() - macs.aged.get() - macs.flushed.get();
  const bool full = entries >= declared_.mac_limit;
  if (full && !table_was_full_) {
    event("table_full", {}, {{"table", "mac"}, {"limit", declared_.mac_limit}}, now);
  }
  table_was_full_ = full;
}

}  // namespace laneway

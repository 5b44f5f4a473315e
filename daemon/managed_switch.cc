#include "daemon/managed_switch.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "proxy/prober.h"
#include "switch/error.h"

namespace laneway {

namespace {

SwitchConfig config_of(const SwitchDeclaration& declared, std::uint64_t seed) {
  SwitchConfig config;
  config.mac_limit = declared.mac_limit;
  config.mac_age = declared.mac_age;
  config.forward_reserved = declared.forward_reserved;
  config.seed = seed;
  return config;
}

std::uint64_t dropped_by(const PortCounters& counters) {
  std::uint64_t sum = 0;
  for (const Counter& reason : counters.drop_frames) sum += reason.get();
  return sum;
}

void add(ManagedSwitch::Totals& totals, const SwitchCounters& counters) {
  totals.copied += counters.copied.get();
  totals.forwarded += counters.forwarded.get();
  totals.replied += counters.replied.get();
  totals.generated += counters.generated.get();
}

}  // namespace

ManagedSwitch::ManagedSwitch(Runtime& runtime, SwitchDeclaration declaration,
                             const HostNetwork& host)
    : runtime_(runtime),
      declared_(std::move(declaration)),
      seed_(runtime.random()),
      drops_since_(std::chrono::system_clock::now()) {
  declared_.ports.clear();  // what add_port has opened stands here
  SwitchSettings::from(declared_.settings);
  network_.own = *declared_.host_mac;
  const UplinkChoice choice =
      declared_.has_uplink() ? choose_uplink(declared_, host) : UplinkChoice{};
  network_.translated = choice.nic != nullptr && choice.mode == UplinkMode::Translated;
  compose(network_.translated);
  try {
    if (declared_.host) {
      const std::uint32_t mtu = choice.nic ? choice.nic->mtu_bytes : PortSpec::kDefaultMtu;
      host_port_ = std::make_unique<HostPort>(runtime_, declared_.name, network_.own,
                                              declared_.host_settings, mtu);
      attach(host_port_->port());
    }
    if (choice.nic != nullptr) take_uplink(choice);
    network_changed(host, monotonic_now());
  } catch (...) {
    runtime_.worker.run([&] { runtime_.worker.remove(composition_->sw()); });
    throw;
  }
}

ManagedSwitch::~ManagedSwitch() {
  runtime_.worker.run([&] {
    runtime_.worker.remove(composition_->sw());
    for (ManagedPort* port : ports()) composition_->remove_port(port->id);
  });
}

// The worker goes on with the new composition between two bursts; what the old one had learnt is
// gone, for it was learnt by other rules.
void ManagedSwitch::compose(bool translated) {
  translated_ = network_.translated = translated;
  auto fresh = std::make_unique<Composition>(config_of(declared_, seed_), network_, runtime_.pool,
                                             &notices_);
  runtime_.worker.run([&] {
    if (composition_) {
      runtime_.worker.remove(composition_->sw());
      for (ManagedPort* port : ports()) composition_->remove_port(port->id);
    }
    for (ManagedPort* port : ports()) {
      port->id = fresh->add_port(port->name(), *port->port, port->settings, port->counters);
    }
    composition_.swap(fresh);
    runtime_.worker.add(composition_->sw());
  });
  if (fresh) add(past_, fresh->sw().counters());  // it is the old one by now
  seen_version_ = ~std::uint64_t{0};
  apply_switch_settings();
}

void ManagedSwitch::apply_switch_settings() {
  const SwitchSettings settings = SwitchSettings::from(declared_.settings);
  runtime_.worker.run([&] {
    composition_->set_answers(settings.answers);
    composition_->set_translation(settings.translation);
  });
}

void ManagedSwitch::attach(ManagedPort& port) {
  runtime_.worker.run([&] {
    port.id = composition_->add_port(port.name(), *port.port, port.settings, port.counters);
  });
}

void ManagedSwitch::detach(ManagedPort& port) {
  runtime_.worker.run([&] { composition_->remove_port(port.id); });
  remember(port);
}

void ManagedSwitch::remember(const ManagedPort& port) {
  past_.rx += port.counters.rx_frames.get();
  past_.dropped += dropped_by(port.counters);
}

ManagedSwitch::Totals ManagedSwitch::totals() {
  Totals totals = past_;
  add(totals, composition_->sw().counters());
  for (const ManagedPort* port : ports()) {
    totals.rx += port->counters.rx_frames.get();
    totals.dropped += dropped_by(port->counters);
  }
  return totals;
}

void ManagedSwitch::reset_drops() {
  for (ManagedPort* port : ports()) port->reset_drops();
  drops_since_ = std::chrono::system_clock::now();
}

ManagedPort& ManagedSwitch::add_port(const PortDeclaration& declared) {
  ManagedPort& port = open_guest(declared);
  declared_.ports.push_back(declared);
  return port;
}

ManagedPort& ManagedSwitch::open_guest(const PortDeclaration& declared) {
  PortPlan plan;
  plan.declared = declared;
  plan.settings = guest_settings(declared, parse_port_spec(declared.spec, runtime_.run_directory));
  if (uplink_ && translated_) plan.mtu_bytes = uplink_->nic().mtu_bytes;
  auto port = std::make_unique<ManagedPort>(runtime_, std::move(plan));
  attach(*port);
  guests_.push_back(std::move(port));
  event("port_added", declared.name, {{"spec", declared.spec}}, monotonic_now());
  return *guests_.back();
}

void ManagedSwitch::keep_waiting(const PortDeclaration& declared, const std::string& reason) {
  const auto known = std::find_if(waiting_.begin(), waiting_.end(), [&](const WaitingPort& one) {
    return one.declared.name == declared.name;
  });
  if (known != waiting_.end()) {
    known->reason = reason;
    return;
  }
  waiting_.push_back({declared, reason});
  declared_.ports.push_back(declared);
  event("port_down", declared.name, {{"reason", reason}}, monotonic_now());
}

void ManagedSwitch::lose_port(ManagedPort& port, const std::string& reason) {
  waiting_.push_back({port.declared, reason});
  event("port_down", port.name(), {{"reason", reason}}, monotonic_now());
  spdlog::warn("{}/{}: {}", declared_.name, port.name(), reason);
  detach(port);
  std::erase_if(guests_, [&](const auto& one) { return one.get() == &port; });
}

const ManagedSwitch::WaitingPort* ManagedSwitch::find_waiting(std::string_view port) const {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const WaitingPort& one) {
    return one.declared.name == port;
  });
  return found == waiting_.end() ? nullptr : &*found;
}

void ManagedSwitch::open_waiting(const std::string& port) {
  open_guest(find_waiting(port)->declared);
  std::erase_if(waiting_, [&](const WaitingPort& one) { return one.declared.name == port; });
}

bool ManagedSwitch::declares(std::string_view port) const {
  return std::any_of(declared_.ports.begin(), declared_.ports.end(),
                     [&](const PortDeclaration& one) { return one.name == port; });
}

void ManagedSwitch::remove_port(const std::string& name) {
  const auto port = std::find_if(guests_.begin(), guests_.end(),
                                 [&](const auto& one) { return one->name() == name; });
  if (port != guests_.end()) {
    detach(**port);
    guests_.erase(port);
  }
  std::erase_if(waiting_, [&](const WaitingPort& one) { return one.declared.name == name; });
  std::erase_if(declared_.ports, [&](const PortDeclaration& one) { return one.name == name; });
  event("port_removed", name, nlohmann::json::object(), monotonic_now());
}

void ManagedSwitch::change_port(const PortDeclaration& changed) {
  ManagedPort& port = *find(changed.name);
  PortSettings settings = guest_settings(changed, port.spec);
  runtime_.worker.run([&] { composition_->change_settings(port.id, settings); });
  port.settings = std::move(settings);
  port.declared = changed;
  for (PortDeclaration& known : declared_.ports) {
    if (known.name == changed.name) known = changed;
  }
}

void ManagedSwitch::change_settings(const Settings& changed) {
  Settings merged = declared_.settings;
  for (const auto& [key, value] : changed) merged[key] = value;
  SwitchSettings::from(merged);
  declared_.settings = std::move(merged);
  apply_switch_settings();
}

// The adapter that the declaration means now. Another one than before is taken after a time of
// calm, for a default route comes and goes while the host itself moves.
void ManagedSwitch::choose_uplink_now(const HostNetwork& host, Nanos now) {
  UplinkChoice choice;
  try {
    choice = choose_uplink(declared_, host);
  } catch (const Error& error) {
    spdlog::debug("{}: {}", declared_.name, error.what());
    return;  // as long as it cannot be an uplink, the switch keeps what it has
  }
  if (choice.nic == nullptr) return;
  const bool same =
      uplink_ && uplink_->nic_name() == choice.nic->name && uplink_->mode() == choice.mode;
  if (same) {
    candidate_since_.reset();
    return;
  }
  if (uplink_) {
    if (candidate_ != choice.nic->name) candidate_since_.reset();
    candidate_ = choice.nic->name;
    if (!candidate_since_) candidate_since_ = now;
    if (now - *candidate_since_ < kCalm) return;
  }
  candidate_since_.reset();
  try {
    drop_uplink();
    take_uplink(choice);
    event("uplink_changed", {},
          {{"nic", choice.nic->name}, {"mode", name_of(choice.mode)}, {"reason", choice.reason}},
          now);
  } catch (const Error& error) {
    spdlog::warn("{}: {}", declared_.name, error.what());
  }
}

void ManagedSwitch::take_uplink(const UplinkChoice& choice) {
  auto fresh = std::make_unique<Uplink>(runtime_, choice, declared_);
  const bool translated = choice.mode == UplinkMode::Translated;
  if (translated != translated_) compose(translated);
  attach(fresh->port());
  uplink_ = std::move(fresh);
}

void ManagedSwitch::drop_uplink() {
  if (!uplink_) return;
  detach(uplink_->port());
  uplink_.reset();
}

Network ManagedSwitch::network_now(const HostNetwork& host) const {
  // Without an uplink the host's addresses are those of the host port itself.
  const Nic* nic = uplink_      ? host.find(uplink_->nic_name())
                   : host_port_ ? host.find(host_port_->interface())
                                : nullptr;
  if (nic == nullptr) return network_;
  Network network = network_behind(host, *nic, translated_, *declared_.host_mac);
  if (!uplink_) network.station = {};
  return network;
}

// Of guests' ports that stand on an interface of the kernel's.
void ManagedSwitch::follow_interfaces(const HostNetwork& host) {
  std::vector<ManagedPort*> lost;
  for (const auto& guest : guests_) {
    const Nic* nic = host.find(guest->spec.where);
    try {
      if (guest->is_packet()) {
        guest->follow(host, nic != nullptr && nic->carrier);
      } else if (guest->spec.kind == PortKind::Xdp && !guest->stands_on(nic)) {
        lost.push_back(guest.get());
      }
    } catch (const Error& error) {
      spdlog::warn("{}/{}: {}", declared_.name, guest->name(), error.what());
    }
  }
  for (ManagedPort* port : lost) lose_port(*port, port->spec.where + " was deleted");
}

void ManagedSwitch::network_changed(const HostNetwork& host, Nanos now) {
  if (declared_.has_uplink()) choose_uplink_now(host, now);
  follow_interfaces(host);
  const Network network = network_now(host);
  runtime_.worker.run([&] { composition_->set_network(network, runtime_.worker.now()); });
  network_ = network;
  if (uplink_) {
    try {
      for (const StationEvent happened : uplink_->update(host, network, now)) handle(happened, now);
    } catch (const Error& error) {
      spdlog::warn("{}: {}", declared_.name, error.what());
    }
  }
  follow_bindings(host, now);
}

void ManagedSwitch::handle(StationEvent happened, Nanos now) {
  const Nic& nic = uplink_->nic();
  const auto text = [](const auto& value) { return value ? nlohmann::json(*value) : nullptr; };
  nlohmann::json where{
      {"bssid",
       nic.wifi && nic.wifi->bssid ? nlohmann::json(to_string(*nic.wifi->bssid)) : nullptr},
      {"ssid", nic.wifi ? text(nic.wifi->ssid) : nullptr}};
  switch (happened) {
    case StationEvent::Lost:
      event("station_lost", "uplink", std::move(where), now);
      if (SwitchSettings::from(declared_.settings).link_follows_uplink) flap_links(false);
      return;
    case StationEvent::Associated:
      event("station_associated", "uplink", std::move(where), now);
      if (SwitchSettings::from(declared_.settings).link_follows_uplink) flap_links(true);
      return;
    case StationEvent::Roamed:
      event("station_roamed", "uplink", std::move(where), now);
      return;
    case StationEvent::MacChanged:
      event("station_mac_changed", "uplink", {{"mac", to_string(nic.mac)}}, now);
      return;
    case StationEvent::SameNetwork:
      runtime_.worker.run([&] { composition_->station_associated(runtime_.worker.now()); });
      return;
    case StationEvent::OtherNetwork:
      runtime_.worker.run([&] { composition_->forget_network(); });
      if (host_port_) host_port_->forget_network();
      flap_links(false);
      links_up_at_ = now + kLinkFlap;
      return;
  }
}

void ManagedSwitch::flap_links(bool up) {
  for (const auto& guest : guests_) {
    if (!guest->settings.link_shown) continue;
    try {
      guest->show_link(up);
    } catch (const Error& error) {
      spdlog::warn("{}/{}: {}", declared_.name, guest->name(), error.what());
    }
  }
}

std::vector<Neighbor> ManagedSwitch::bindings() {
  std::vector<Neighbor> all;
  runtime_.worker.run([&] {
    composition_->neighbors().for_each([&](const Neighbor& neighbor) { all.push_back(neighbor); });
  });
  std::sort(all.begin(), all.end(),
            [](const Neighbor& a, const Neighbor& b) { return a.address < b.address; });
  return all;
}

void ManagedSwitch::follow_bindings(const HostNetwork& host, Nanos now) {
  const std::uint64_t version = composition_->neighbors().version();
  if (version != seen_version_) bindings_ = bindings();
  seen_version_ = version;
  follow_at_ = now + std::chrono::seconds{1};
  if (uplink_) {
    std::set<IpPrefix> guests;
    for (const Neighbor& bound : bindings_) {
      guests.insert({bound.address,
                     static_cast<std::uint8_t>(bound.address.family == Family::Ipv4 ? 32 : 128)});
    }
    for (const auto& port : guests_) {
      guests.insert(port->settings.prefixes.begin(), port->settings.prefixes.end());
    }
    uplink_->set_guests(guests, now);
  }
  if (!host_port_) return;
  const Nic* nic = uplink_ ? &uplink_->nic() : nullptr;
  const std::vector<IpAddress> probes = host_port_->update(bindings_, network_, host, nic, now);
  if (probes.empty()) return;
  runtime_.worker.run([&] {
    for (const IpAddress& address : probes) composition_->prober().probe_uplink(address);
  });
}

void ManagedSwitch::tick(const HostNetwork& host, Nanos now) {
  const std::uint64_t lost = notices_.drain([&](const Notice& notice) { tell(notice, now); });
  if (lost > 0) event("lost", {}, {{"count", lost}}, now);
  tell_links(now);
  if (links_up_at_ && now >= *links_up_at_) {
    links_up_at_.reset();
    flap_links(true);
  }
  if (candidate_since_) choose_uplink_now(host, now);
  if (composition_->neighbors().version() != seen_version_ || now >= follow_at_) {
    follow_bindings(host, now);
  }
}

std::string_view ManagedSwitch::state() const {
  if (!declared_.has_uplink()) return "up";
  if (!uplink_) return "waiting";
  return uplink_->linked() ? "up" : uplink_->nic().up && !uplink_->nic().wifi ? "down" : "waiting";
}

ManagedPort* ManagedSwitch::find(std::string_view name) {
  for (ManagedPort* port : ports()) {
    if (port->name() == name) return port;
  }
  return nullptr;
}

std::vector<ManagedPort*> ManagedSwitch::ports() {
  std::vector<ManagedPort*> all;
  if (uplink_) all.push_back(&uplink_->port());
  if (host_port_) all.push_back(&host_port_->port());
  for (const auto& guest : guests_) all.push_back(guest.get());
  std::sort(all.begin(), all.end(),
            [](const ManagedPort* a, const ManagedPort* b) { return a->name() < b->name(); });
  return all;
}

std::string ManagedSwitch::port_name(PortId id) {
  for (const ManagedPort* port : ports()) {
    if (port->id == id) return port->name();
  }
  return {};
}

}  // namespace laneway

#include "daemon/controller.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr Nanos kSecond = std::chrono::seconds{1};
// Between two savings of the tables: where something has changed, and where nothing has, for the
// time of the last word is saved too.
constexpr Nanos kSaveChanged = std::chrono::seconds{5};
constexpr Nanos kSaveSame = std::chrono::minutes{5};
constexpr Nanos kWorkerSilence = std::chrono::seconds{2};  // Worker::ticks rises more often

// "vm1" out of "stream:/run/laneway/vm1.sock"; what no name may have becomes '-'.
std::string name_from(const PortSpec& spec) {
  std::string name = spec.where.substr(spec.where.rfind('/') + 1);
  if (name.ends_with(".sock")) name.resize(name.size() - 5);
  if (name.empty()) name = name_of(spec.kind);
  for (char& c : name) {
    const bool allowed =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    if (!allowed) c = '-';
  }
  if (std::isalnum(static_cast<unsigned char>(name.front())) == 0) name.front() = 'p';
  constexpr std::size_t kRoom = 27;  // of 31: a number may have to follow
  return name.substr(0, kRoom);
}

void refuse_configured(const std::string& name, const std::optional<std::string>& where) {
  if (!where) return;
  throw Error(ErrorCode::Configured, name + " is declared in " + *where,
              "edit it, then laneway config reload", name);
}

// A declared switch with the ports that commands have added to it.
SwitchDeclaration with_attached(SwitchDeclaration declared,
                                const std::vector<SwitchDeclaration>& attached) {
  const auto added = std::find_if(attached.begin(), attached.end(),
                                  [&](const auto& one) { return one.name == declared.name; });
  if (added == attached.end()) return declared;
  const std::vector<PortDeclaration> in_file = declared.ports;
  for (const PortDeclaration& port : added->ports) {
    const bool taken = std::any_of(in_file.begin(), in_file.end(),
                                   [&](const auto& one) { return one.name == port.name; });
    if (!taken) declared.ports.push_back(port);
    if (taken) spdlog::warn("{}/{}: the file's port is taken", declared.name, port.name);
  }
  return declared;
}

std::string guest_list(const ManagedSwitch& sw) {
  std::string list;
  for (const PortDeclaration& guest : sw.declared().ports) {
    list += (list.empty() ? "" : ", ") + guest.name;
  }
  return list;
}

}  // namespace

Controller::Controller(Runtime& runtime, std::optional<StateFile> state)
    : runtime_(runtime), state_(std::move(state)) {
  read_network();
}

Controller::~Controller() = default;

void Controller::read_network() {
  std::map<std::string, std::string> uplinks;
  for (const auto& [name, sw] : switches_) {
    if (sw->uplink() != nullptr) uplinks[sw->uplink()->nic_name()] = name;
  }
  host_ = read_host_network(uplinks);
}

void Controller::restore(const Config& config) {
  in_files_ = config;
  StateFile::Loaded loaded = state_ ? state_->load() : StateFile::Loaded{};
  for (const SwitchDeclaration& declared : config.switches) {
    bring_up(with_attached(declared, loaded.attached));
  }
  if (loaded.refused) {
    spdlog::error("{}", *loaded.refused);
    runtime_.events.add("state_refused", {}, {}, {{"reason", *loaded.refused}}, monotonic_now());
  }
  for (const SwitchDeclaration& attached : loaded.attached) {
    if (config.find(attached.name) == nullptr) not_restored_.push_back(attached);
  }
  for (const SwitchDeclaration& declared : loaded.switches) {
    if (config.find(declared.name) != nullptr) {
      spdlog::warn("{}: the file's declaration is taken, not the one created by a command",
                   declared.name);
    } else {
      bring_up(declared);
    }
  }
  restore_tables(loaded);
}

void Controller::restore_tables(const StateFile::Loaded& loaded) {
  std::size_t refused = loaded.refused_entries;
  for (const SavedTables& tables : loaded.tables) {
    const auto sw = switches_.find(tables.name);
    refused += sw == switches_.end() ? tables.bindings.size() : sw->second->restore(tables);
  }
  if (refused > 0) spdlog::warn("{} saved bindings are damaged, old or fit no port", refused);
}

void Controller::bring_up(const SwitchDeclaration& declared) {
  SwitchDeclaration wanted = declared;
  if (!wanted.host_mac) wanted.host_mac = draw_mac();
  ManagedSwitch* sw = nullptr;
  try {
    read_network();
    sw = switches_.emplace(declared.name, std::make_unique<ManagedSwitch>(runtime_, wanted, host_))
             .first->second.get();
  } catch (const Error& error) {
    spdlog::error("switch {}: {}", declared.name, error.what());
    not_restored_.push_back(declared);
    return;
  }
  for (PortDeclaration port : declared.ports) {
    try {
      give_names_and_addresses(*sw, port);
      sw->add_port(port);
    } catch (const Error& error) {
      spdlog::error("port {}/{}: {}", declared.name, port.name, error.what());
      if (!sw->declares(port.name)) sw->keep_waiting(port, error.what());
    }
  }
}

void Controller::open_waiting(ManagedSwitch& sw) {
  const std::vector<ManagedSwitch::WaitingPort> waiting = sw.waiting();
  for (const auto& [port, reason] : waiting) {
    try {
      check_free(parse_port_spec(port.spec, runtime_.run_directory));
      sw.open_waiting(port.name);
      spdlog::info("{}/{}: open now", sw.declared().name, port.name);
    } catch (const Error& error) {
      sw.keep_waiting(port, error.what());
    }
  }
}

void Controller::save() {
  if (!state_) return;
  std::vector<SwitchDeclaration> all = running();
  all.insert(all.end(), not_restored_.begin(), not_restored_.end());
  std::vector<SavedTables> tables;
  for (const auto& [name, sw] : switches_) tables.push_back(sw->tables());
  state_->save(all, tables);
}

void Controller::save_tables() {
  try {
    save();
  } catch (const Error& error) {
    spdlog::warn("the guests' addresses are not saved: {}", error.what());
  }
}

void Controller::save_tables_in_time(Nanos now) {
  std::uint64_t versions = 0;
  for (const auto& [name, sw] : switches_) {
    versions += sw->composition().neighbors().version();
  }
  if (now - saved_at_ < (versions == saved_versions_ ? kSaveSame : kSaveChanged)) return;
  saved_at_ = now;
  saved_versions_ = versions;
  if (!switches_.empty()) save_tables();
}

std::vector<SwitchDeclaration> Controller::running() const {
  std::vector<SwitchDeclaration> all;
  for (const auto& [name, sw] : switches_) all.push_back(sw->declared());
  return all;
}

ManagedSwitch& Controller::create(SwitchDeclaration declared) {
  check_switch_name(declared.name);
  if (switches_.contains(declared.name)) {
    throw Error(ErrorCode::Exists, "switch '" + declared.name + "' exists",
                "--if-not-exists is content with that", declared.name);
  }
  if (switches_.size() == kMaxSwitches) {
    throw Error(ErrorCode::LimitReached,
                "there are " + std::to_string(kMaxSwitches) + " switches, the limit",
                "remove one that is not needed", declared.name);
  }
  read_network();
  if (declared.has_uplink()) {
    const auto nic = uplink_interface(declared.uplink);
    if (nic && host_.find(*nic) == nullptr) throw no_such_nic(*nic, host_);
  }
  declared.created = utc_seconds(std::chrono::system_clock::now());
  declared.host_mac = draw_mac();
  const std::string name = declared.name;
  const auto created =
      switches_.emplace(name, std::make_unique<ManagedSwitch>(runtime_, std::move(declared), host_))
          .first;
  std::erase_if(not_restored_, [&](const SwitchDeclaration& old) { return old.name == name; });
  try {
    save();
  } catch (...) {
    switches_.erase(created);
    throw;
  }
  runtime_.events.add("switch_created", name, {}, nlohmann::json::object(), monotonic_now());
  spdlog::info("switch {} created", name);
  return *created->second;
}

void Controller::remove(const std::string& name, bool force) {
  ManagedSwitch& sw = find(name);
  refuse_configured(name, sw.declared().configured_in);
  if (!force && !sw.declared().ports.empty()) {
    throw Error(ErrorCode::InUse, name + " has guests: " + guest_list(sw),
                "detach them, or use --force", name);
  }
  switches_.erase(name);
  save();
  runtime_.events.add("switch_removed", name, {}, nlohmann::json::object(), monotonic_now());
  spdlog::info("switch {} removed", name);
}

void Controller::check_free(const PortSpec& spec) const {
  if (spec.where.empty()) return;
  for (const auto& [name, sw] : switches_) {
    for (ManagedPort* port : sw->ports()) {
      if (port->spec.kind != spec.kind || port->spec.where != spec.where) continue;
      throw Error(ErrorCode::InUse, spec.where + ": in use by " + name + "/" + port->name(),
                  "take another name, or detach " + name + "/" + port->name(), spec.where);
    }
  }
}

void Controller::give_names_and_addresses(ManagedSwitch& sw, PortDeclaration& port) {
  const PortSpec spec = parse_port_spec(port.spec, runtime_.run_directory);
  for (const ManagedPort* known : sw.ports()) {
    const bool same = known->spec.kind == spec.kind && known->spec.where == spec.where;
    if (same && !spec.where.empty() && (port.name.empty() || port.name == known->name())) {
      port.name = known->name();
    }
  }
  if (port.name.empty()) {
    const std::string base = name_from(spec);
    port.name = base;
    for (int n = 2; sw.declares(port.name); ++n) port.name = base + "-" + std::to_string(n);
  }
  check_port_name(port.name);
  if (sw.declares(port.name)) {
    throw Error(ErrorCode::Exists, "port '" + sw.declared().name + "/" + port.name + "' exists",
                "take another name with --as", sw.declared().name + "/" + port.name);
  }
  check_free(spec);
  const bool has_address = port.policy == Policy::Guest && spec.kind != PortKind::Packet;
  if (has_address && !port.mac) port.mac = draw_mac();
  if (spec.kind == PortKind::Tap && !spec.where.starts_with("lw")) {
    spdlog::warn("{}: NetworkManager may take a tap whose name does not begin with lw", spec.where);
  }
}

ManagedPort& Controller::attach(ManagedSwitch& sw, PortDeclaration port) {
  give_names_and_addresses(sw, port);
  ManagedPort& attached = sw.add_port(port);
  try {
    save();
  } catch (...) {
    sw.remove_port(port.name);
    throw;
  }
  return attached;
}

void Controller::detach(ManagedSwitch& sw, const std::string& name) {
  const ManagedSwitch::WaitingPort* waiting = sw.find_waiting(name);
  if (waiting == nullptr && find_port(sw, name).role() != PortRole::Guest) {
    throw Error(ErrorCode::BadRequest, "port '" + name + "' goes with its switch only",
                "laneway rm " + sw.declared().name, sw.declared().name + "/" + name);
  }
  const PortDeclaration& declared = waiting ? waiting->declared : find_port(sw, name).declared;
  refuse_configured(sw.declared().name + "/" + name, declared.configured_in);
  sw.remove_port(name);
  save();
}

void Controller::change_port(ManagedSwitch& sw, const PortDeclaration& changed) {
  refuse_configured(sw.declared().name + "/" + changed.name, changed.configured_in);
  sw.change_port(changed);
  save();
}

void Controller::change_switch(ManagedSwitch& sw, const Settings& settings) {
  refuse_configured(sw.declared().name, sw.declared().configured_in);
  sw.change_settings(settings);
  save();
}

ManagedSwitch& Controller::find(const std::string& name) {
  const auto found = switches_.find(name);
  if (found != switches_.end()) return *found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, sw] : switches_) names.push_back(known);
  const std::string_view near = nearest(name, names.data(), names.size());
  throw Error(ErrorCode::NoSwitch, "no switch '" + name + "'",
              near.empty() ? "laneway ls lists them" : "did you mean " + std::string(near) + "?",
              name);
}

ManagedPort& Controller::find_port(ManagedSwitch& sw, const std::string& name) {
  if (ManagedPort* port = sw.find(name)) return *port;
  if (const auto* waiting = sw.find_waiting(name)) {
    throw Error(ErrorCode::DeviceFailed,
                sw.declared().name + "/" + name + " is not open: " + waiting->reason,
                "it opens by itself once that is mended; or detach it",
                sw.declared().name + "/" + name);
  }
  const std::vector<ManagedPort*> ports = sw.ports();
  std::vector<std::string_view> names;
  for (const ManagedPort* port : ports) names.push_back(port->name());
  const std::string_view near = nearest(name, names.data(), names.size());
  throw Error(ErrorCode::NoPort, "no port '" + sw.declared().name + "/" + name + "'",
              near.empty() ? "laneway show " + sw.declared().name + " lists them"
                           : "did you mean " + std::string(near) + "?",
              sw.declared().name + "/" + name);
}

std::vector<ManagedSwitch*> Controller::switches() {
  std::vector<ManagedSwitch*> all;
  for (const auto& [name, sw] : switches_) all.push_back(sw.get());
  return all;
}

// 52:54:00 is QEMU's and libvirt's: a locally administered prefix that tools know for guests.
MacAddress Controller::draw_mac() const {
  const auto is_taken = [&](MacAddress mac) {
    return std::any_of(switches_.begin(), switches_.end(), [&](const auto& entry) {
      const auto ports = entry.second->ports();
      return std::any_of(ports.begin(), ports.end(),
                         [&](const ManagedPort* port) { return port->settings.mac == mac; });
    });
  };
  constexpr std::uint64_t kPrefix = 0x525400ULL << 24U;
  MacAddress mac;
  do {
    mac = MacAddress::from_number(kPrefix | (runtime_.random() & 0xffffffU));
  } while (is_taken(mac));
  return mac;
}

void Controller::network_changed() {
  try {
    read_network();
  } catch (const Error& error) {
    spdlog::warn("{}", error.what());
    return;
  }
  for (const auto& [name, sw] : switches_) sw->network_changed(host_, monotonic_now());
}

std::uint64_t Controller::watch(std::function<void()> watcher, Nanos every) {
  watchers_.emplace(++last_watcher_, Watcher{std::move(watcher), every, Nanos{}});
  return last_watcher_;
}

void Controller::tick() {
  const Nanos now = monotonic_now();
  for (const auto& [name, sw] : switches_) sw->tick(host_, now);
  const std::uint64_t ticks = runtime_.worker.ticks();
  if (ticks != worker_ticks_) ticked_at_ = now;
  worker_ticks_ = ticks;
  healthy_ = now - ticked_at_ < kWorkerSilence;
  for (auto& [number, watcher] : watchers_) {
    if (now < watcher.due) continue;
    watcher.due = now + watcher.every;
    watcher.call();
  }
  if (now < second_at_) return;
  second_at_ = now + kSecond;
  for (const auto& [name, sw] : switches_) {
    sw->tick_second(now);
    open_waiting(*sw);
  }
  save_tables_in_time(now);
  runtime_.events.tick(now);
}

}  // namespace laneway

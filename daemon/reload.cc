// The part of daemon/controller.h that takes over files that have changed: what is the same in them
// keeps forwarding.
#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/controller.h"
#include "switch/error.h"

namespace laneway {

namespace {

// All but ports and what the daemon itself has added; where that differs a switch is made anew.
bool is_same_switch(SwitchDeclaration running, SwitchDeclaration wanted) {
  for (SwitchDeclaration* one : {&running, &wanted}) {
    one->ports.clear();
    one->configured_in.reset();
    one->created.clear();
    one->host_mac.reset();
  }
  return running == wanted;
}

bool is_same_port(const PortDeclaration& running, PortDeclaration wanted) {
  wanted.configured_in = running.configured_in;
  if (!wanted.mac) wanted.mac = running.mac;  // drawn
  return running == wanted;
}

const PortDeclaration* port_of(const SwitchDeclaration& declared, const std::string& name) {
  const auto found = std::find_if(declared.ports.begin(), declared.ports.end(),
                                  [&](const PortDeclaration& port) { return port.name == name; });
  return found == declared.ports.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> Controller::reload() {
  const Config fresh = read_files_();
  for (const SwitchDeclaration& wanted : fresh.switches) {
    const auto running = switches_.find(wanted.name);
    if (running == switches_.end() || running->second->declared().configured_in) continue;
    throw Error(ErrorCode::Exists,
                *wanted.configured_in + ": switch '" + wanted.name + "' was created by a command",
                "laneway rm " + wanted.name + ", then laneway config reload", wanted.name);
  }
  Changes changes;
  try {
    reconcile(fresh, changes);
  } catch (const Error&) {
    Changes undone;
    reconcile(in_files_, undone);
    throw;
  }
  in_files_ = fresh;
  save();
  runtime_.events.add("config_applied", {}, {}, {{"changes", changes}}, monotonic_now());
  for (const std::string& change : changes) spdlog::info("{}", change);
  return changes;
}

// First what goes, for what comes may need its names and adapters.
void Controller::reconcile(const Config& wanted, Changes& changes) {
  for (ManagedSwitch* sw : switches()) {
    const std::string name = sw->declared().name;
    const SwitchDeclaration* declared = wanted.find(name);
    if (!sw->declared().configured_in) continue;
    if (declared != nullptr && is_same_switch(sw->declared(), *declared)) {
      remove_ports_not_in(*declared, *sw, changes);
    } else {
      keep_attached(*sw);
      switches_.erase(name);
      changes.push_back("switch " + name + " removed");
    }
  }
  for (const SwitchDeclaration& declared : wanted.switches) {
    const auto running = switches_.find(declared.name);
    if (running == switches_.end()) {
      start(declared);
      changes.push_back("switch " + declared.name + " added");
    } else {
      add_ports_of(declared, *running->second, changes);
    }
  }
}

// What commands have attached to a declared switch is there again when it is.
void Controller::keep_attached(ManagedSwitch& sw) {
  SwitchDeclaration attached;
  attached.name = sw.declared().name;
  attached.configured_in = sw.declared().configured_in;
  for (const PortDeclaration& port : sw.declared().ports) {
    if (!port.configured_in) attached.ports.push_back(port);
  }
  if (!attached.ports.empty()) not_restored_.push_back(std::move(attached));
}

void Controller::start(SwitchDeclaration declared) {
  declared.host_mac = draw_mac();
  std::vector<PortDeclaration> ports = declared.ports;
  const auto attached = std::find_if(not_restored_.begin(), not_restored_.end(),
                                     [&](const auto& one) { return one.name == declared.name; });
  if (attached != not_restored_.end()) {
    for (const PortDeclaration& port : attached->ports) {
      if (port_of(declared, port.name) == nullptr) ports.push_back(port);
    }
    not_restored_.erase(attached);
  }
  read_network();
  const std::string name = declared.name;
  ManagedSwitch& sw =
      *switches_.emplace(name, std::make_unique<ManagedSwitch>(runtime_, declared, host_))
           .first->second;
  for (PortDeclaration& port : ports) {
    give_names_and_addresses(sw, port);
    sw.add_port(port);
  }
}

void Controller::remove_ports_not_in(const SwitchDeclaration& wanted, ManagedSwitch& sw,
                                     Changes& changes) {
  const std::vector<PortDeclaration> running = sw.declared().ports;
  for (const PortDeclaration& port : running) {
    const PortDeclaration* declared = port_of(wanted, port.name);
    const bool stays = declared == nullptr ? !port.configured_in : is_same_port(port, *declared);
    if (stays) continue;
    sw.remove_port(port.name);
    changes.push_back("port " + wanted.name + "/" + port.name + " removed");
  }
}

void Controller::add_ports_of(const SwitchDeclaration& wanted, ManagedSwitch& sw,
                              Changes& changes) {
  for (PortDeclaration port : wanted.ports) {
    if (sw.declares(port.name)) continue;
    give_names_and_addresses(sw, port);
    sw.add_port(port);
    changes.push_back("port " + wanted.name + "/" + port.name + " added");
  }
}

}  // namespace laneway

// daemon/controller.h: the model of the daemon: its switches and what commands do with them.
// Whatever is returned from has been applied, and is in the state file.
//
// Threads: the control thread's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/managed_switch.h"
#include "daemon/state.h"

namespace laneway {

class Controller {
 public:
  static constexpr std::size_t kMaxSwitches = 64;  // a tick looks at all of them

  // `state`: nullopt keeps none.
  Controller(Runtime& runtime, std::optional<StateFile> state);
  ~Controller();

  // Brings up what the files declare and what commands once created. What cannot be brought up is
  // logged and stays remembered.
  void restore(const Config& config);

  // All throw Error.
  ManagedSwitch& create(SwitchDeclaration declared);
  void remove(const std::string& name, bool force);
  ManagedPort& attach(ManagedSwitch& sw, PortDeclaration declared);
  void detach(ManagedSwitch& sw, const std::string& port);
  void change_port(ManagedSwitch& sw, const PortDeclaration& changed);
  void change_switch(ManagedSwitch& sw, const Settings& settings);

  ManagedSwitch& find(const std::string& name);
  ManagedPort& find_port(ManagedSwitch& sw, const std::string& name);
  std::vector<ManagedSwitch*> switches();  // sorted by name
  std::vector<SwitchDeclaration> running() const;
  const HostNetwork& host_network() const { return host_; }
  Runtime& runtime() { return runtime_; }

  void network_changed();
  void tick();  // every 100 ms
  bool healthy() const { return healthy_; }

 private:
  void read_network();
  void save();
  void bring_up(const SwitchDeclaration& declared);
  void check_free(const PortSpec& spec) const;
  void give_names_and_addresses(ManagedSwitch& sw, PortDeclaration& port);
  MacAddress draw_mac() const;

  Runtime& runtime_;
  std::optional<StateFile> state_;
  HostNetwork host_;
  std::map<std::string, std::unique_ptr<ManagedSwitch>> switches_;
  std::vector<SwitchDeclaration> not_restored_;
  Nanos second_at_{};
  Nanos ticked_at_{};
  std::uint64_t worker_ticks_ = 0;
  bool healthy_ = true;
};

}  // namespace laneway

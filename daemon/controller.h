// daemon/controller.h: the model of the daemon: its switches and what commands do with them.
// Whatever is returned from has been applied, and is in the state file.
//
// Threads: the control thread's.
#pragma once

#include <functional>
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

  // Where reload() finds what is declared now.
  void set_files(std::function<Config()> read) { read_files_ = std::move(read); }
  // Reads the files again and takes over what differs in their switches; the rest keeps forwarding.
  // Returns what was done, a line each. Throws Error; what was done by then is undone.
  using Changes = std::vector<std::string>;
  Changes reload();

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
  // What is known of the guests is kept now; also done every few seconds. A failure is logged.
  void save_tables();
  bool healthy() const { return healthy_; }
  // Calls `watcher` every so often, at most at each tick, until unwatch(its number).
  std::uint64_t watch(std::function<void()> watcher, Nanos every = std::chrono::milliseconds{500});
  void unwatch(std::uint64_t number) { watchers_.erase(number); }

 private:
  void read_network();
  void save();
  void restore_tables(const StateFile::Loaded& loaded);
  void save_tables_in_time(Nanos now);
  void reconcile(const Config& wanted, Changes& changes);
  void keep_attached(ManagedSwitch& sw);
  void start(SwitchDeclaration declared);
  void remove_ports_not_in(const SwitchDeclaration& wanted, ManagedSwitch& sw, Changes& changes);
  void add_ports_of(const SwitchDeclaration& wanted, ManagedSwitch& sw, Changes& changes);
  void bring_up(const SwitchDeclaration& declared);
  void open_waiting(ManagedSwitch& sw);
  void check_free(const PortSpec& spec) const;
  void give_names_and_addresses(ManagedSwitch& sw, PortDeclaration& port);
  MacAddress draw_mac() const;

  Runtime& runtime_;
  std::optional<StateFile> state_;
  HostNetwork host_;
  std::map<std::string, std::unique_ptr<ManagedSwitch>> switches_;
  std::vector<SwitchDeclaration> not_restored_;
  Config in_files_;
  std::function<Config()> read_files_ = [] { return Config{}; };
  struct Watcher {
    std::function<void()> call;
    Nanos every;
    Nanos due;
  };
  std::map<std::uint64_t, Watcher> watchers_;
  std::uint64_t last_watcher_ = 0;
  Nanos second_at_{};
  Nanos saved_at_{};
  std::uint64_t saved_versions_ = 0;
  Nanos ticked_at_{};
  std::uint64_t worker_ticks_ = 0;
  bool healthy_ = true;
};

}  // namespace laneway

// daemon/managed_switch.h: one running switch: its composition on the worker, its ports, its uplink
// and host port, and how these follow what happens to the host's network.
//
// Whether the uplink is translated is fixed for a composition: where an adapter of the other kind
// comes in its place, a new composition takes the ports over.
//
// Threads: the control thread's; the worker is reached through Worker::run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/compose.h"
#include "daemon/host_port.h"
#include "daemon/managed_port.h"
#include "daemon/notices.h"
#include "daemon/saved_tables.h"
#include "daemon/settings.h"
#include "daemon/uplink.h"

namespace laneway {

class ManagedSwitch {
 public:
  static constexpr Nanos kCalm = std::chrono::seconds{2};             // before `auto` moves
  static constexpr Nanos kLinkFlap = std::chrono::milliseconds{250};  // STA-4: at least 200 ms

  // Opens uplink and host port and starts forwarding; ports of the declaration are added by
  // add_port. Throws Error. An adapter that is not there is waited for.
  ManagedSwitch(Runtime& runtime, SwitchDeclaration declaration, const HostNetwork& host);
  ~ManagedSwitch();
  ManagedSwitch(const ManagedSwitch&) = delete;
  ManagedSwitch& operator=(const ManagedSwitch&) = delete;

  // Throw Error; nothing has changed then.
  ManagedPort& add_port(const PortDeclaration& declared);
  void remove_port(const std::string& port);
  void change_port(const PortDeclaration& changed);
  void change_settings(const Settings& changed);

  // A declared port that could not be opened: it is kept, shown as down with the reason, and opened
  // when that can be done.
  struct WaitingPort {
    PortDeclaration declared;
    std::string reason;
  };
  void keep_waiting(const PortDeclaration& declared, const std::string& reason);
  const std::vector<WaitingPort>& waiting() const { return waiting_; }
  const WaitingPort* find_waiting(std::string_view port) const;
  // Closes a port whose device is gone: it waits for it to come back.
  void lose_port(ManagedPort& port, const std::string& reason);
  // Throws Error as long as it cannot be opened.
  void open_waiting(const std::string& port);
  bool declares(std::string_view port) const;  // open or waiting

  void network_changed(const HostNetwork& host, Nanos now);
  void tick(const HostNetwork& host, Nanos now);  // every 100 ms
  void tick_second(Nanos now);

  // With ports and drawn addresses, as the state file keeps it.
  const SwitchDeclaration& declared() const { return declared_; }
  Uplink* uplink() { return uplink_.get(); }
  HostPort* host() { return host_port_.get(); }
  Composition& composition() { return *composition_; }
  bool translated() const { return translated_; }
  std::string_view state() const;  // "up", "down" or "waiting"
  ManagedPort* find(std::string_view port);
  std::vector<ManagedPort*> ports();  // all, sorted by name
  const std::vector<std::unique_ptr<ManagedPort>>& guests() const { return guests_; }
  std::string port_name(PortId id);  // "" if it is gone
  std::vector<Neighbor> bindings();  // asks the worker
  // What the state file keeps of the guests; asks the worker.
  SavedTables tables();
  // Takes that back; returns how many bindings are too old or fit no port.
  std::size_t restore(const SavedTables& saved);
  Runtime& runtime() { return runtime_; }
  const Network& network() const { return network_; }
  std::chrono::system_clock::time_point drops_since() const { return drops_since_; }
  void reset_drops();

  // Over all ports that there are or were.
  struct Totals {
    std::uint64_t rx = 0, copied = 0, forwarded = 0, replied = 0, dropped = 0, generated = 0;
  };
  Totals totals();

 private:
  void choose_uplink_now(const HostNetwork& host, Nanos now);
  void take_uplink(const UplinkChoice& choice);
  void drop_uplink();
  void follow_interfaces(const HostNetwork& host);
  void compose(bool translated);
  ManagedPort& open_guest(const PortDeclaration& declared);
  void attach(ManagedPort& port);
  void detach(ManagedPort& port);
  void remember(const ManagedPort& port);
  void apply_switch_settings();
  Network network_now(const HostNetwork& host) const;
  void handle(StationEvent event, Nanos now);
  void flap_links(bool up);
  bool fits(const SavedBinding& saved, const SavedTables& tables, const ManagedPort& port) const;
  void follow_bindings(const HostNetwork& host, Nanos now);
  void tell(const Notice& notice, Nanos now);
  void tell_links(Nanos now);
  void tell_guard_hits(Nanos now);
  void event(std::string_view name, std::string_view port, nlohmann::json detail, Nanos now);

  Runtime& runtime_;
  SwitchDeclaration declared_;
  std::uint64_t seed_;
  std::chrono::system_clock::time_point drops_since_;
  Totals past_;  // of ports and compositions that are gone
  Network network_;
  Notices notices_;
  std::unique_ptr<Composition> composition_;
  bool translated_ = false;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<HostPort> host_port_;
  std::vector<std::unique_ptr<ManagedPort>> guests_;
  std::vector<WaitingPort> waiting_;
  std::uint64_t seen_version_ = ~std::uint64_t{0};
  Nanos follow_at_{};  // when bindings are followed even without a change: trials, a minute's grace
  std::vector<Neighbor> bindings_;
  std::string candidate_;  // another adapter that `auto` would take
  std::optional<Nanos> candidate_since_;
  std::optional<Nanos> links_up_at_;
  bool table_was_full_ = false;
};

}  // namespace laneway

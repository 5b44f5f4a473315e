// daemon/compose.h: a whole switch put together: the tables, the stages and their order. The one
// place where the way of a frame is written down.
//
// Programs run it on a Worker with real ports; `laneway demo`, `replay --offline` and the scenarios
// run the same object on ports in memory, with time as they please.
//
// Threads: the worker that owns the switch, which includes every call here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "bridge/mac_nat.h"
#include "proxy/context.h"
#include "switch/heard.h"
#include "switch/neighbor_table.h"
#include "switch/network.h"
#include "switch/switch.h"

namespace laneway {

class Announcer;
class Prober;

// What all parts noticed, for events and host routes; called on the worker, must not block.
struct CompositionObserver : SwitchObserver, NeighborObserver, MacNatObserver {};

class Composition {
 public:
  // `network.translated` stays as it is for the composition's life. `observer` may be nullptr; the
  // pool and it must outlive the composition.
  Composition(const SwitchConfig& config, const Network& network, BufferPool& pool,
              CompositionObserver* observer = nullptr);
  ~Composition();

  // As Switch::add_port and remove_port, with the port's share of the bindings. Throws Error
  // (LimitReached; Unsupported for a trunk port beside a translated uplink).
  PortId add_port(std::string name, Port& port, const PortSettings& settings,
                  PortCounters& counters);
  void remove_port(PortId id) noexcept;
  void change_settings(PortId id, const PortSettings& settings);
  // The guest behind a port went away (its link went down): its bindings end.
  void guest_gone(PortId id) noexcept;

  // What is known of the uplink's network changed. A new station address is used from the next
  // frame on and announced; an address that the host has now is no guest's any more.
  void set_network(const Network& network, Nanos now);
  // The station roamed or came back within its network (STA-1).
  void station_associated(Nanos now) noexcept;
  // The station is on another network: what was learnt there ends, static bindings apart (STA-4).
  void forget_network() noexcept;
  // The access point forgets who does not speak (STA-5).
  void set_keepalive(bool on) noexcept;

  void set_answers(Answers answers) noexcept;
  void set_translation(const MacNatSettings& settings);
  void set_host_groups(std::span<const IpAddress> groups);

  Switch& sw() noexcept;
  NeighborTable& neighbors() noexcept;
  const Network& network() const noexcept;
  const Heard& heard() const noexcept;
  Prober& prober() noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace laneway

// switch/switch.h: one bridge domain (IEEE 802.1D, 802.1Q): learns sources, forwards, floods.
//
// A frame's way: rx_burst, classify, learn the source, ingress stages of its port's role, look-up
// of the destination into unicast, flood and drop, copies where a later edit would be seen by
// others, egress stages of the leaving port's role, tx_burst. Every frame has one end and it is
// counted.
//
// Threads: everything but counters is the owning worker's; other threads go through Worker::run.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "switch/burst.h"
#include "switch/counters.h"
#include "switch/mac_table.h"
#include "switch/port_table.h"
#include "switch/stage.h"

namespace laneway {

struct SwitchConfig {
  std::size_t mac_limit = 4096;
  Nanos mac_age = MacTable::kDefaultMaxAge;  // 0: never
  bool forward_reserved = false;             // pass 01-80-C2-00-00-0x, PAUSE (-01) apart
  std::uint64_t seed = 0;                    // of the tables' hashes
};

// What changed, for events; called on the worker, must not block.
struct SwitchObserver {
  virtual ~SwitchObserver() = default;
  virtual void mac_learnt(MacAddress, PortId) noexcept {}
  virtual void mac_moved(MacAddress, PortId /*from*/, PortId /*to*/) noexcept {}
  virtual void mac_refused(MacAddress, PortId) noexcept {}
  virtual void mac_aged(std::size_t /*count*/) noexcept {}
};

class Switch {
 public:
  static constexpr Nanos kTickInterval = std::chrono::milliseconds{100};
  static constexpr std::size_t kAgedSlots = 1024;  // of the MAC table, a tick

  Switch(const SwitchConfig& config, BufferPool& pool);
  ~Switch();

  // Adds a port with its pinned address (for the uplink: a static entry), or removes it with all
  // that was learnt there. `port` must live until remove_port. Throws Error (LimitReached, InUse
  // for a pinned address of another port).
  PortId add_port(std::string name, Port& port, const PortSettings& settings,
                  PortCounters& counters);
  void remove_port(PortId id) noexcept;
  void change_settings(PortId id, const PortSettings& settings);

  // The stages for the ports of a role, in order; they must outlive the switch.
  void set_ingress(PortRole role, std::vector<Stage*> stages);
  void set_egress(PortRole role, std::vector<Stage*> stages);
  void set_observer(SwitchObserver* observer) noexcept { observer_ = observer; }

  // Receives one burst from `port` and forwards it; returns how many frames came.
  std::size_t poll(PortId port, Nanos now) noexcept;
  // Ages tables, calls the stages' ticks, sends what they say. Due every kTickInterval.
  void tick(Nanos now) noexcept;

  PortTable& ports() noexcept { return ports_; }
  const PortTable& ports() const noexcept { return ports_; }
  MacTable& macs() noexcept { return macs_; }
  const MacTable& macs() const noexcept { return macs_; }
  Outbox& outbox() noexcept { return outbox_; }
  const SwitchCounters& counters() const noexcept { return counters_; }
  BufferPool& pool() noexcept { return pool_; }

 private:
  struct Leaving;  // frames that leave by one port as they are
  struct Out;      // frames on their way to each port

  void pin(PortId id, const PortSettings& settings);
  void collect_stages();

  std::uint64_t view(std::span<Buffer* const> received, PortId port) noexcept;
  void learn(Burst& burst, PortEntry& entry, Nanos now) noexcept;
  bool may_be_learnt(Frame& frame, PortEntry& entry) noexcept;
  void learn_new(Frame& frame, const MacTable::Place& where, PortEntry& entry, Nanos now) noexcept;
  void check_source(Frame& frame, PortEntry& entry) noexcept;
  void note(const MacTable::Learning& learning, const Frame& frame) noexcept;

  void forward(Burst& burst, PortId ingress, Nanos now) noexcept;
  void forward_slowly(Burst& burst, std::size_t at, PortId known, Nanos now) noexcept;
  void forward_unicast(Frame& frame, PortId to, Nanos now) noexcept;
  void forward_to(Frame& frame, PortSet targets, Nanos now) noexcept;
  void flood(const Frame& frame, const PortSet& targets, Nanos now) noexcept;
  PortSet only_up(PortSet set) const noexcept;
  Drop unreachable(const Frame& frame, PortId to) const noexcept;

  void queue(const Frame& frame, PortId to, Nanos now) noexcept;
  void queue_for_stages(const Frame& frame, PortId to, Nanos now) noexcept;
  void flush(Nanos now) noexcept;
  void send(Burst& burst, PortId to, Counter& sent, Nanos now) noexcept;
  void depart(Leaving& leaving, PortId to, Counter& sent, Nanos now) noexcept;
  void end_all(std::span<Buffer*> buffers, Drop reason, PortId to, bool generated) noexcept;
  void keep_short(Leaving& leaving, std::size_t longest, PortId to, bool generated) noexcept;
  void say(Nanos now) noexcept;
  void end(const Frame& frame, Drop reason, PortId egress) noexcept;
  void book(const Frame& frame, Drop reason, PortId egress) noexcept;

  SwitchConfig config_;
  BufferPool& pool_;
  PortTable ports_;
  MacTable macs_;
  Outbox outbox_;
  SwitchCounters counters_;
  SwitchObserver* observer_ = nullptr;
  std::array<std::vector<Stage*>, 3> ingress_;
  std::array<std::vector<Stage*>, 3> egress_;
  std::vector<Stage*> stages_;  // each of the above once
  PortSet edited_;              // ports whose egress stages may write
  std::unique_ptr<Out> out_;
};

}  // namespace laneway

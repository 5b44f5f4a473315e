// daemon/managed_port.h: a port of a running switch: what was declared, the open port, its
// counters.
//
// The worker polls `port` from the moment it is in a composition; all else here is the control
// thread's. A port whose interface was deleted and is there again is opened anew and goes on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/declaration.h"
#include "daemon/host_network.h"
#include "daemon/runtime.h"
#include "ports/packet_filter.h"
#include "switch/port_spec.h"
#include "switch/port_table.h"

namespace laneway {

// What a port is opened from.
struct PortPlan {
  PortDeclaration declared;
  PortSettings settings;
  std::uint32_t mtu_bytes = PortSpec::kDefaultMtu;  // where the spec gives none
  bool promiscuous = true;                          // packet
};

class ManagedPort {
 public:
  // Opens it. Throws Error.
  ManagedPort(Runtime& runtime, PortPlan plan);
  ~ManagedPort();
  ManagedPort(const ManagedPort&) = delete;
  ManagedPort& operator=(const ManagedPort&) = delete;

  const std::string& name() const { return declared.name; }
  PortRole role() const { return settings.role; }
  bool is_packet() const { return spec.kind == PortKind::Packet; }
  std::uint32_t mtu_bytes() const { return spec.mtu.value_or(default_mtu_); }

  // What a packet socket hears from now on.
  void set_filter(const PacketFilter& filter);
  // Follows its interface: opened anew if that was replaced (true then), carrier as the kernel
  // says.
  bool follow(const HostNetwork& host, bool linked);
  // Whether `nic` is still the interface that it was opened on.
  bool stands_on(const Nic* nic) const { return nic != nullptr && nic->index == interface_index_; }
  // Shows the guest its link as up or down. Throws Error.
  void show_link(bool up);
  // Opens a tap anew whose interface was deleted.
  void revive_tap();

  // Rates since the last call, which is about a second ago.
  void measure(Nanos now);

  PortDeclaration declared;
  PortSettings settings;
  PortSpec spec;
  std::unique_ptr<Port> port;
  PortCounters counters;
  PortId id = kNoPort;  // in the composition
  LinkState told_link = LinkState::Down;
  std::uint64_t rx_bps = 0;
  std::uint64_t tx_bps = 0;
  std::array<std::uint64_t, kDropReasons> told_drops{};

  // Drops are shown since the last reset; the counters themselves only rise.
  struct Dropped {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  Dropped dropped(Drop reason) const;
  void reset_drops();
  // The spec with the whole path: "stream:/run/laneway/vm1.sock".
  std::string spec_text() const;

 private:
  void check_privileges() const;
  Descriptor open_descriptor();
  Descriptor open_packet();

  Runtime& runtime_;
  std::uint32_t default_mtu_;
  bool promiscuous_;
  int interface_index_ = 0;
  bool link_hidden_ = false;
  Descriptor filtered_;  // the packet socket, once more
  Nanos measured_at_{};
  std::uint64_t measured_rx_ = 0;
  std::uint64_t measured_tx_ = 0;
  std::array<Dropped, kDropReasons> forgotten_{};  // at the last reset
};

// Settings of a guest port by its declaration.
PortSettings guest_settings(const PortDeclaration& declared, const PortSpec& spec);

}  // namespace laneway

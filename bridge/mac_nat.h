// bridge/mac_nat.h: the translation at an uplink that carries one station address for many guests.
//
// A station on Wi-Fi may send from its own address only (802.11, three-address frames). Outward
// every source, and every guest's address inside ARP, ND and DHCP, gives way to the station's;
// inward the IP address says whose frame it is, by the bindings. On a plain uplink nothing is
// edited: gateways and leases are learnt all the same.
//
// Invariants: (1) no frame leaves with another source than the station's, nor with a local port's
// MAC in ARP or ND: what would is dropped as `leak`; (2) nothing heard on the uplink changes a
// binding, but a DHCP ACK that answers a guest's own request makes one; (3) lengths and checksums
// stay as true as they were.
//
// Threads: used by the worker that owns the switch; the control plane's calls are commands.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "switch/heard.h"
#include "switch/mac_table.h"
#include "switch/neighbor_table.h"
#include "switch/network.h"
#include "switch/port_table.h"
#include "switch/stage.h"

namespace laneway {

class DhcpTransactions;

struct MacNatSettings {
  static constexpr std::size_t kMaxNonip = 16;  // EtherTypes: more than any site carries

  bool pass_send = false;            // `send = pass`: edits signed ND rather than dropping it
  std::vector<std::uint16_t> nonip;  // EtherTypes whose group frames reach the guests
};

// What the translation noticed, for events; called on the worker, must not block.
struct MacNatObserver {
  virtual ~MacNatObserver() = default;
  // Somebody on the LAN speaks as `address`, which a guest holds (ARP-9, ND-14).
  virtual void conflict(const IpAddress& /*address*/, MacAddress /*claimant*/) noexcept {}
  // A guest was migrated (RARP of its hypervisor): its bindings are to be announced anew.
  virtual void migrated(PortId /*port*/, Nanos /*now*/) noexcept {}
  // A router advertises that an ND proxy is in its way (RFC 4389 section 4.1.3.3).
  virtual void proxied_ra(const Ipv6Address& /*router*/) noexcept {}
  // An ACK gave `address` to the guest behind `port`; `relayed`: only by way of the relay.
  virtual void leased(const IpAddress& /*address*/, PortId /*port*/, bool /*relayed*/) noexcept {}
};

class MacNat {
 public:
  // What it works on. All must outlive it; the switch changes them between bursts only.
  struct Parts {
    const PortTable& ports;
    const MacTable& macs;
    NeighborTable& neighbors;
    DhcpTransactions& dhcp;
    const Network& network;
    Heard& heard;
    Outbox& outbox;
  };

  // `seed` keys the hashes of duplicate suppression. `observer` may be nullptr.
  MacNat(const Parts& parts, const MacNatSettings& settings, std::uint64_t seed,
         MacNatObserver* observer = nullptr);
  ~MacNat();

  Stage& from_uplink() noexcept;  // first ingress stage of the uplink
  Stage& to_uplink() noexcept;    // last egress stage of the uplink

  // Commands. Excess EtherTypes (kMaxNonip) are left out.
  void set_settings(const MacNatSettings& settings);
  // The groups that the host itself has joined on the adapter.
  void set_host_groups(std::span<const IpAddress> groups);
  // A port came or went: what was remembered of its predecessor is forgotten.
  void forget_port(PortId port) noexcept;
  // The station joined another network.
  void forget_network() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

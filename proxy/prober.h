// proxy/prober.h: asks guests whether they still have an address, by unicast (RFC 4861
// section 7.3.3; for ARP RFC 1122 section 2.3.2.1), never in the form of duplicate-address
// detection: a guest that is itself in DAD at that moment would take that for a rival.
//
// Threads: used by the worker that owns the switch.
#pragma once

#include <array>
#include <optional>

#include "proxy/context.h"

namespace laneway {

class Prober {
 public:
  explicit Prober(const ProxyContext& context) noexcept : context_(context) {}

  // Asks the owner of `neighbor`. False: not now.
  bool probe(const Neighbor& neighbor, Nanos now) noexcept;
  // A guest behind `port` tests an address: for 10 s it gets no probe from 0.0.0.0.
  void guest_tests_address(PortId port, Nanos now) noexcept { tested_at_[index(port)] = now; }

  // Asks on the uplink whether anybody there has `address` (DAD form, as the station).
  void probe_uplink(const IpAddress& address) noexcept;

 private:
  bool ask_arp(const Neighbor& neighbor, Nanos now) noexcept;
  bool ask_nd(const Neighbor& neighbor) noexcept;
  bool may_ask_anonymously(PortId port, Nanos now) const noexcept;

  ProxyContext context_;
  std::array<std::optional<Nanos>, kMaxPorts> tested_at_{};
};

}  // namespace laneway

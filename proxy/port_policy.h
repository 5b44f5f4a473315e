// proxy/port_policy.h: what a port may send at all, before anything is learnt from it: DHCP and
// router guards (RFC 7113, 7610), frames that concern the station's own link, and the ways between
// guests and the host.
//
// Invariants: (1) a guard drops what it cannot read; (2) nothing is learnt or answered here.
//
// Threads: used by the worker that owns the switch.
#pragma once

#include "switch/heard.h"
#include "switch/neighbor_table.h"
#include "switch/network.h"
#include "switch/port_table.h"
#include "switch/stage.h"

namespace laneway {

class PortPolicy final : public Stage {
 public:
  // All must outlive it.
  PortPolicy(const PortTable& ports, const NeighborTable& neighbors,
             const Network& network) noexcept
      : ports_(ports), neighbors_(neighbors), network_(network) {}

  void process(Burst& burst, PortId egress, Nanos now) noexcept override;

 private:
  void judge_guest(Frame& frame, const PortSettings& settings) noexcept;
  void judge_host(Frame& frame) noexcept;
  void turn_back(Frame& frame) noexcept;
  void keep_to_host(Frame& frame) noexcept;

  const PortTable& ports_;
  const NeighborTable& neighbors_;
  const Network& network_;
};

}  // namespace laneway

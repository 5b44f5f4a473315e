// bridge/incoming.h: one frame from the uplink, and the ways to put it on its way to guests.
#pragma once

#include "switch/burst.h"
#include "switch/neighbor_table.h"
#include "switch/types.h"

namespace laneway {

struct Incoming {
  Burst& burst;
  Frame& frame;
  Nanos now;

  bool is_group() const noexcept { return frame.destination().is_group(); }

  // To one guest alone. `mac` takes the place of a unicast destination.
  void to_guest(PortId port, MacAddress mac) noexcept;
  void to_guest(const Neighbor& owner) noexcept { to_guest(owner.port, owner.mac); }
  // To the owner and, if there is one, to `other` too; a unicast frame that goes to two ports has
  // `group` as its destination.
  void to_owners(const Neighbor& owner, const Neighbor* other, MacAddress group) noexcept;
  // To all guests; `group` takes the place of a unicast destination.
  void to_all(MacAddress group) noexcept;
};

}  // namespace laneway

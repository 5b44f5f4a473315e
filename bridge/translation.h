// bridge/translation.h: what both directions of an uplink's translation share.
#pragma once

#include <optional>

#include "bridge/dhcp_relay.h"
#include "bridge/group_members.h"
#include "bridge/mac_nat.h"

namespace laneway {

struct Translation {
  MacNat::Parts parts;
  MacNatSettings settings;
  MacNatObserver* observer;  // never nullptr
  DhcpRelay relay;
  GroupMembers members;

  // True for the address of a station on this side of the uplink, or Own.
  bool is_local(MacAddress mac, Nanos now) const noexcept;
  // The guest port that pins `mac`.
  std::optional<PortId> guest_of(MacAddress mac) const noexcept;
  // The guest port that routes `address`: the longest of the prefixes that were set for ports.
  std::optional<PortId> router_of(const IpAddress& address) const noexcept;
};

}  // namespace laneway

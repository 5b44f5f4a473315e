// bridge/from_uplink.h: the ingress stage of an uplink: whose each frame is that comes in.
#pragma once

#include <cstdint>

#include "bridge/duplicate_filter.h"
#include "bridge/incoming.h"
#include "bridge/translation.h"

namespace laneway {

class FromUplink final : public Stage {
 public:
  // `seed` keys the hash of duplicate suppression.
  FromUplink(Translation& translation, std::uint64_t seed) noexcept
      : translation_(translation), duplicates_(seed) {}

  void process(Burst& burst, PortId egress, Nanos now) noexcept override;

 private:
  // On a translated uplink; on a plain one, where nothing is edited.
  void admit(Incoming in) noexcept;
  void overhear(Frame& frame, Nanos now) noexcept;

  void arp(Incoming in) noexcept;
  void ipv4(Incoming in) noexcept;
  void ipv6(Incoming in) noexcept;
  void other(Incoming in) noexcept;

  // Gives a group packet its group destination back if it came as unicast. False if the frame has
  // ended: its other form came already, or it is unicast in a group frame.
  bool restore_group(Incoming in, bool group_packet, MacAddress group) noexcept;
  void to_owner(Incoming in, const IpAddress& destination) noexcept;

  Translation& translation_;
  DuplicateFilter duplicates_;
};

}  // namespace laneway

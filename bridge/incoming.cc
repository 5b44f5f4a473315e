#include "bridge/incoming.h"

namespace laneway {

void Incoming::to_guest(PortId port, MacAddress mac) noexcept {
  if (!is_group()) frame.set_destination(mac);
  burst.narrow(frame, port);
}

void Incoming::to_owners(const Neighbor& owner, const Neighbor* other, MacAddress group) noexcept {
  if (other == nullptr || other->port == owner.port) return to_guest(owner);
  if (!is_group()) frame.set_destination(group);
  PortSet both;
  both.add(owner.port);
  both.add(other->port);
  burst.narrow(frame, both);
}

void Incoming::to_all(MacAddress group) noexcept {
  if (!is_group()) frame.set_destination(group);
}

}  // namespace laneway

#include "switch/burst.h"

#include <cassert>

namespace laneway {

void Burst::narrow(Frame& frame, const PortSet& set) noexcept {
  assert(&frame >= begin() && &frame < end());
  if (frame.scope == 0) {
    scope_[scopes_++] = set;
    frame.scope = static_cast<std::uint8_t>(scopes_);
  } else {
    scope_[frame.scope - 1U] &= set;
  }
}

void Burst::narrow(Frame& frame, PortId port) noexcept {
  PortSet set;
  set.add(port);
  narrow(frame, set);
}

}  // namespace laneway

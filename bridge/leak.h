// bridge/leak.h: the last look at a frame for the air (law 2): by itself, whatever was done before.
#pragma once

#include "bridge/translation.h"

namespace laneway {

// True if its source is not the station's, or a local port's address is left in ARP or ND, where a
// receiver would learn it. Requires a classified frame.
bool leaks(const Translation& translation, const Frame& frame, Nanos now) noexcept;

}  // namespace laneway

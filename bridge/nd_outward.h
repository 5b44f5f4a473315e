// bridge/nd_outward.h: Neighbor Discovery of guests as the station says it (RFC 4861
// section 4.6.1).
#pragma once

#include "bridge/translation.h"
#include "switch/wire/ndp.h"

namespace laneway {

// Puts the station's address in the place of the guest's in every link-layer option, or ends the
// frame (nd_foreign_lladdr, nd_send, bad_offload). The frame's source must still be the guest's.
void nd_outward(const Translation& translation, Frame& frame, wire::NdView nd, Nanos now) noexcept;

}  // namespace laneway

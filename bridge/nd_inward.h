// bridge/nd_inward.h: whose a Neighbor Discovery message from the uplink is (RFC 4861, RFC 4862).
#pragma once

#include "bridge/incoming.h"
#include "bridge/translation.h"
#include "switch/wire/ndp.h"

namespace laneway {

// Ends the frame (echo, echo_dad, for_host) or sends it to the guests that it concerns; in a
// Redirect the target's own address takes the place of the station's. Notes routers and prefixes.
void nd_inward(Translation& translation, Incoming in, wire::NdView nd) noexcept;

// Notes the router of an advertisement and its on-link prefixes.
void note_router(Translation& translation, const Frame& frame, const wire::NdView& nd,
                 Nanos now) noexcept;

}  // namespace laneway

// bridge/arp_inward.h: whose an ARP packet from the uplink is (RFC 826, RFC 5227).
#pragma once

#include "bridge/incoming.h"
#include "bridge/translation.h"

namespace laneway {

// Ends the frame (arp_bad, arp_op, echo_arp, for_host) or sends it to the guests that it concerns,
// their own address in place of the station's.
void arp_inward(Translation& translation, Incoming in) noexcept;

}  // namespace laneway

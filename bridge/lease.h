// bridge/lease.h: the one binding that is learnt on the uplink: an ACK's lease (RFC 2131
// section 4.1).
#pragma once

#include "bridge/rewrite.h"
#include "bridge/translation.h"

namespace laneway {

// Binds the address that an ACK gives, and notes the router and the server that it names, if the
// ACK is whole, true, and answers a guest's own request. Otherwise nothing is changed.
void learn_lease(Translation& translation, const Frame& frame, const DhcpPacket& packet,
                 bool relayed, Nanos now) noexcept;

}  // namespace laneway

// bridge/dhcp_inward.h: whose a DHCPv4 reply from the uplink is (RFC 2131, RFC 1542 section 4.1.2).
#pragma once

#include "bridge/incoming.h"
#include "bridge/rewrite.h"
#include "bridge/translation.h"

namespace laneway {

// A server's reply to clients: to the guest with this hardware address, else to who asked with this
// transaction id, else to all guests. Learns the lease that it gives.
void dhcp_inward(Translation& translation, Incoming in, const DhcpPacket& packet) noexcept;

// A server's reply to the host as the relay agent of a guest: given to the guest as the reply that
// it waits for. False if `ip` is none, and nothing was changed.
bool dhcp_relayed_inward(Translation& translation, Incoming in, const wire::Ipv4View& ip) noexcept;

}  // namespace laneway

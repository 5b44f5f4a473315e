// ports/packet_filter.h: which frames of an adapter a packet socket hears, as a classic BPF program
// (Linux Documentation/networking/filter.rst). What the host alone needs is never copied to us.
#pragma once

#include <span>
#include <vector>

#include <linux/filter.h>

#include "switch/types.h"

namespace laneway {

using PacketFilter = std::vector<sock_filter>;

// Hears nothing: for a socket whose real filter comes later.
PacketFilter no_frames();
// A guest's port: everything.
PacketFilter all_frames();
// A plain uplink: all but unicast to the adapter's own address.
PacketFilter plain_uplink_frames(MacAddress adapter);
// A translated uplink: group frames and ARP; of unicast IP what is not for an address of `host`,
// and of that still Neighbor Discovery (ICMPv6 133 to 137) and DHCP to a client. No other unicast,
// none that is tagged. Of `host` the first Network::kMaxHostAddresses count; more is heard, and
// dropped later.
PacketFilter translated_uplink_frames(std::span<const IpAddress> host);

// Puts `filter` in place of the socket's old one, from one frame to the next. Throws Error.
void set_packet_filter(int socket, const PacketFilter& filter);

}  // namespace laneway

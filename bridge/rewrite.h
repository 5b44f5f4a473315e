// bridge/rewrite.h: edits of one frame that keep its length, and its checksums as true as they
// were.
//
// Pure functions of the bytes and their arguments. An edit updates a checksum by RFC 1624; one that
// is left to others (NEEDS_CSUM) holds the pseudo-header's sum, and whoever completes it will sum
// the edited bytes.
#pragma once

#include <cstddef>
#include <optional>

#include "switch/burst.h"
#include "switch/wire/arp.h"
#include "switch/wire/checksum.h"
#include "switch/wire/dhcp.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/udp.h"

namespace laneway {

// Takes priority tags (VID 0) off. False, and the frame has ended as `vlan`, if another tag is
// there.
bool untagged(Frame& frame) noexcept;

// The ARP packet, if it can be translated; else the frame has ended (arp_bad, arp_op).
std::optional<wire::ArpView> translatable_arp(Frame& frame) noexcept;

// What an edit of the byte at `edited` does about the checksum field that covers it; both are
// offsets in the frame. nullopt if the frame's offload is not that field's, or cuts the frame in
// segments: no edit can be right.
std::optional<wire::ChecksumEdit> checksum_edit(const Offload& offload, std::size_t edited,
                                                std::size_t field) noexcept;

// An unfragmented datagram, or the first fragment of one, with a BOOTP or DHCP message in it.
struct DhcpPacket {
  wire::Ipv4View ip;
  wire::UdpView udp;
  wire::DhcpView dhcp;

  // nullopt if `ip` carries none between these ports.
  static std::optional<DhcpPacket> parse(const wire::Ipv4View& ip, wire::UdpPorts ports) noexcept;
  // What an edit does about the UDP checksum; nullopt if the offload of `frame` allows none.
  std::optional<wire::ChecksumEdit> edit(const Frame& frame) const noexcept;
  // The datagram is whole and its checksum right: a host takes no other.
  bool is_true(const Frame& frame) const noexcept;
};

// Asks the server to answer by broadcast.
void set_broadcast_flag(DhcpPacket packet, wire::ChecksumEdit edit) noexcept;
// A client's request as the relay agent at `agent` passes it on.
void relay_outward(DhcpPacket packet, wire::ChecksumEdit edit, Ipv4Address agent) noexcept;
// A server's reply to the relay agent as the client gets it: broadcast, to port 68.
void relay_inward(DhcpPacket packet, wire::ChecksumEdit edit) noexcept;

}  // namespace laneway

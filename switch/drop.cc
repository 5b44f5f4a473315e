#include "switch/drop.h"

#include <algorithm>
#include <array>

namespace laneway {

namespace {

struct Reason {
  std::string_view name;
  Direction direction;
  std::string_view sentence;
};

constexpr std::array<Reason, kDropReasons> kReasons{{
    {"short", Direction::Ingress, "Shorter than an Ethernet header (14 bytes)"},
    {"too_long", Direction::Egress,
     "Longer than 65,535 bytes, or than the leaving port carries even in segments"},
    {"bad_offload", Direction::Ingress,
     "The virtio-net header contradicts the frame (checksum or segment fields outside it, unknown "
     "GSO type)"},
    {"source_group", Direction::Ingress, "The source is a group address"},
    {"source_zero", Direction::Ingress, "The source is all zero"},
    {"reserved", Direction::Ingress,
     "For 01-80-C2-00-00-00 to -0F, which a bridge keeps back (802.1D)"},
    {"mac_claim", Direction::Ingress, "The source address belongs to another port"},
    {"spoof_mac", Direction::Ingress, "A source other than the port's own address"},
    {"mac_limit", Direction::Ingress, "One more source address than the port may have"},
    {"storm", Direction::Ingress,
     "Over the port's rate of broadcast, multicast and flooded unknown unicast"},
    {"ip_bad", Direction::Ingress,
     "An IPv4 or IPv6 header that policy or translation must read is broken"},
    {"header_chain", Direction::Ingress,
     "IPv6 headers too many, or not whole in the first fragment (RFC 7113, 7610): no guard can "
     "judge it"},
    {"arp_bad", Direction::Ingress,
     "Malformed ARP: types, sizes, cut short, or a sender unlike the frame's source"},
    {"arp_op", Direction::Ingress, "ARP other than request and reply cannot be translated"},
    {"nd_bad", Direction::Ingress,
     "Malformed Neighbor Discovery: hop limit, code, length, option of length 0 or past the end"},
    {"nd_frag", Direction::Ingress, "Neighbor Discovery in fragments (RFC 6980)"},
    {"nd_foreign_lladdr", Direction::Ingress,
     "A link-layer option names an address that is not the guest's"},
    {"nd_send", Direction::Ingress, "Signed Neighbor Discovery (SEND) would have to be changed"},
    {"dhcp_guard", Direction::Ingress, "A DHCP server's message from a port that may not be one"},
    {"router_guard", Direction::Ingress,
     "A router advertisement or redirect from a port that may not be a router"},
    {"spoof_ip", Direction::Ingress, "The IP address belongs to another guest or to the host"},
    {"spoof_gw", Direction::Ingress, "The IP address belongs to the gateway or the DHCP server"},
    {"bind_quota", Direction::Ingress, "One more IP address than the port may hold"},
    {"proxy_limit", Direction::Ingress,
     "Too many announcements, or questions for the proxy, in this time"},
    {"suppressed", Direction::Ingress,
     "Kept back: a neighbor request that nobody on that side can answer, a leave while others "
     "listen, an answer to our own probe"},
    {"nonip", Direction::Ingress, "A translated uplink carries only ARP, IPv4 and IPv6"},
    {"vlan", Direction::Ingress, "Tagged frames are not carried on this translated uplink"},
    {"eapol", Direction::Ingress,
     "EAPOL, pre-authentication, TDLS or WAPI from a guest would disturb the station's own"},
    {"echo", Direction::Ingress, "The access point sent back a frame of this station"},
    {"echo_arp", Direction::Ingress, "The access point sent back an ARP of this station"},
    {"echo_dad", Direction::Ingress,
     "The access point sent back a guest's duplicate-address probe"},
    {"duplicate", Direction::Ingress, "The same group frame came as broadcast and as unicast"},
    {"gtk_unicast", Direction::Ingress, "A unicast packet inside a group frame"},
    {"not_ours", Direction::Ingress, "On a translated uplink: for a station that is not us"},
    {"for_host", Direction::Ingress,
     "For the host's own address: its stack has the frame already (no loss; never alert on it)"},
    {"isolated", Direction::Ingress,
     "Between two isolated ports, or bounced by the gateway from one to the other"},
    {"same_port", Direction::Ingress,
     "The destination is behind the port the frame came from (normal on shared media)"},
    {"no_port", Direction::Ingress, "No other port is there, up, or may have it"},
    {"mtu", Direction::Egress,
     "An IP packet longer than the uplink's MTU; the sender was told (Fragmentation Needed, Packet "
     "Too Big)"},
    {"no_buffer", Direction::Egress, "The buffer pool is empty"},
    {"link_down", Direction::Egress, "The leaving port has no link, peer or ring"},
    {"tx_full", Direction::Egress, "The leaving port took no more"},
    {"leak", Direction::Egress,
     "Our own bug: the last check before a translated uplink found a guest's address. Anything but "
     "0 fails the test"},
}};

}  // namespace

std::string_view name_of(Drop reason) noexcept { return kReasons[index(reason)].name; }

std::string_view sentence_of(Drop reason) noexcept { return kReasons[index(reason)].sentence; }

Direction direction_of(Drop reason) noexcept { return kReasons[index(reason)].direction; }

std::optional<Drop> drop_named(std::string_view name) noexcept {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [&](const Reason& reason) { return reason.name == name; });
  if (found == kReasons.end()) return std::nullopt;
  return static_cast<Drop>(found - kReasons.begin());
}

}  // namespace laneway

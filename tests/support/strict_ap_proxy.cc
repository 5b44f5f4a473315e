// The access point's proxy ARP (hostapd's proxy_arp with the kernel's neigh_suppress): what it
// notes of its stations, and the answers that it gives in their stead.
#include <algorithm>

#include "tests/support/dhcp_message.h"
#include "tests/support/packet.h"
#include "tests/support/strict_ap.h"

namespace laneway::test {

// One lease a station, whatever client id it was for: the newer replaces, as in hostapd.
void StrictAp::learn_lease(const Bytes& frame) {
  const auto dhcp = dhcp_of(frame);
  if (!dhcp || dhcp->op != 2 || dhcp->type != DhcpType::Ack || dhcp->yiaddr.is_unspecified())
    return;
  if (const auto station = station_with(dhcp->chaddr)) at(*station).leased = dhcp->yiaddr;
}

// hostapd learns IPv6 addresses from solicitations alone, whose first option is the source's.
void StrictAp::learn_neighbor(const Bytes& frame) {
  const auto ip = read_ip(frame);
  const auto nd = ip ? read_nd(*ip) : std::nullopt;
  if (!nd || nd->type != NdType::NeighborSolicitation || ip->source.is_unspecified()) return;
  if (nd->options.empty() || nd->options.front().type != kSourceLinkLayer) return;
  const auto station = station_with(*nd->link_layer(kSourceLinkLayer));
  if (station) at(*station).neighbors.insert(ip->source.v6());
}

bool StrictAp::answered_by_proxy(const Transit& transit) {
  return answer_arp(transit) || answer_solicitation(transit);
}

bool StrictAp::answer_arp(const Transit& transit) {
  const auto arp = read_arp(transit.frame);
  if (!arp || !arp->is_request() || arp->sender == arp->target) return false;
  const auto owner = std::find_if(stations_.begin(), stations_.end(), [&](const Station& station) {
    return station.associated && station.leased == arp->target;
  });
  if (owner == stations_.end()) return false;
  const MacAddress source = options_.reflect_as_ap ? bssid_ : owner->mac;
  say(arp_frame(arp->sender_mac, source,
                {.op = 2,
                 .sender_mac = owner->mac,
                 .sender = arp->target,
                 .target_mac = arp->sender_mac,
                 .target = arp->sender}),
      transit);
  return true;
}

bool StrictAp::answer_solicitation(const Transit& transit) {
  const auto ip = read_ip(transit.frame);
  const auto nd = ip ? read_nd(*ip) : std::nullopt;
  if (!nd || nd->type != NdType::NeighborSolicitation) return false;
  const auto owner = std::find_if(stations_.begin(), stations_.end(), [&](const Station& station) {
    return station.associated && station.neighbors.contains(nd->target);
  });
  if (owner == stations_.end()) return false;
  const bool dad = ip->source.is_unspecified();
  NdMessage answer{
      .type = NdType::NeighborAdvertisement,
      .word = dad ? NdMessage::kOverride : NdMessage::kSolicited | NdMessage::kOverride,
      .target = nd->target};
  answer.with(kTargetLinkLayer, owner->mac);
  const Ipv6Address to = dad ? Ipv6Address::all_nodes() : ip->source.v6();
  say(ip_frame(source_of(transit.frame), options_.reflect_as_ap ? bssid_ : owner->mac,
               nd_packet(nd->target, to, answer)),
      transit);
  return true;
}

// Back to where the question came from, and nowhere else.
void StrictAp::say(const Bytes& frame, const Transit& question) {
  ++counters_.said;
  if (question.from) return transmit(frame, {*question.from});
  send_to_lan(frame, *question.lan_from);
}

}  // namespace laneway::test

#include "bridge/nd_inward.h"

#include "bridge/rewrite.h"

namespace laneway {
namespace {

using wire::Icmpv6Type;
using wire::NdOptionType;
using wire::NdView;

bool names(const NdView& nd, MacAddress mac) noexcept {
  for (const wire::NdOption option : nd.options()) {
    if (option.is_link_layer() && option.link_layer() == mac) return true;
  }
  return false;
}

bool has_target(const NdView& nd) noexcept {
  return nd.is(Icmpv6Type::NeighborSolicitation) || nd.is(Icmpv6Type::NeighborAdvertisement);
}

// A LAN router sees the target at the station's address; the guest that is told must find it at its
// own (ND-11).
void redirect_to_owner(const Translation& translation, Frame& frame, NdView nd) noexcept {
  const MacAddress station = translation.parts.network.station;
  const Neighbor* owner = translation.parts.neighbors.find(nd.target());
  if (owner == nullptr) return frame.drop(Drop::Echo);
  const Offload offload = offload_of(*frame.buffer);
  const auto at = [&](const std::byte* byte) {
    return static_cast<std::size_t>(byte - frame.data);
  };
  for (const wire::NdOption option : nd.options()) {
    if (!option.is_link_layer() || option.link_layer() != station) continue;
    const auto edit = checksum_edit(offload, at(option.bytes().data()),
                                    at(nd.message().data()) + NdView::kChecksum);
    if (!edit) return frame.drop(Drop::BadOffload);
    nd.set_link_layer(option, owner->mac, *edit);
  }
}

// A guest's own duplicate-address probe, or ours, that came back under another source (RFC 7527
// section 4.1).
bool is_echoed_probe(const Translation& translation, const NdView& nd) noexcept {
  if (!nd.is_dad_solicitation()) return false;
  const auto nonce = nd.find(NdOptionType::Nonce);
  if (!nonce) return false;
  const std::uint32_t hash = nonce_hash(nonce->body());
  if (hash == nonce_hash(translation.parts.network.own_nonce())) return true;
  const Neighbor* owner = translation.parts.neighbors.find(nd.target());
  return owner != nullptr && owner->state == NeighborState::Tentative && owner->nonce_hash == hash;
}

// The guest whose address somebody on the LAN probes or announces: it has to see that (ND-14).
const Neighbor* contested_owner(Translation& translation, Incoming in, const NdView& nd) noexcept {
  if (!nd.is_dad_solicitation() && !nd.is(Icmpv6Type::NeighborAdvertisement)) return nullptr;
  NeighborTable& neighbors = translation.parts.neighbors;
  const Neighbor* owner = neighbors.find(nd.target());
  if (owner == nullptr) return nullptr;
  neighbors.contested(owner->address, in.now);
  const auto claimed = nd.link_layer(NdOptionType::TargetLinkLayer);
  translation.observer->conflict(owner->address, claimed.value_or(in.frame.source()));
  return owner;
}

// Ports with an address that ends in these 24 bits; if there are none, all guests.
void to_solicited_node(const Translation& translation, Incoming in, const Ipv6Address& group,
                       const Neighbor* rival) noexcept {
  PortSet ports;
  const std::uint32_t low24 =
      wire::load_be32(reinterpret_cast<const std::byte*>(&group.octets[12]));
  translation.parts.neighbors.ports_with_low_24(low24 & 0xffffffU,
                                                [&ports](PortId port) { ports.add(port); });
  if (ports.empty()) return;
  if (rival != nullptr) ports.add(rival->port);
  in.burst.narrow(in.frame, ports);
}

void unicast_inward(const Translation& translation, Incoming in, const NdView& nd,
                    const Neighbor* rival) noexcept {
  const NeighborTable& neighbors = translation.parts.neighbors;
  const Network& network = translation.parts.network;
  // The LAN's caches outlive our table: whoever has the target will answer.
  if (nd.is(Icmpv6Type::NeighborSolicitation) && neighbors.find(nd.target()) == nullptr &&
      !network.is_host(nd.target())) {
    return in.to_all(nd.target().solicited_node().multicast_mac());
  }
  const Ipv6Address destination = nd.ip().destination();
  const MacAddress group = Ipv6Address::all_nodes().multicast_mac();
  if (const Neighbor* owner = neighbors.find(destination)) {
    return in.to_owners(*owner, rival, group);
  }
  if (rival != nullptr) return in.to_guest(*rival);
  if (const auto router = translation.router_of(destination)) {
    return in.to_guest(*router, translation.parts.ports[*router].settings.mac);
  }
  in.frame.drop(Drop::ForHost);
}

}  // namespace

void nd_inward(Translation& translation, Incoming in, wire::NdView nd) noexcept {
  const MacAddress station = translation.parts.network.station;
  if (names(nd, station)) {
    // Our own words, or an access point that answers for a guest.
    if (!nd.is(Icmpv6Type::Redirect)) return in.frame.drop(Drop::Echo);
    redirect_to_owner(translation, in.frame, nd);
    if (in.frame.action != Action::Forward) return;
  }
  if (is_echoed_probe(translation, nd)) return in.frame.drop(Drop::EchoDad);
  if (nd.is(Icmpv6Type::RouterAdvertisement)) note_router(translation, in.frame, nd, in.now);

  const Neighbor* rival = has_target(nd) ? contested_owner(translation, in, nd) : nullptr;
  const Ipv6Address destination = nd.ip().destination();
  if (destination.is_solicited_node())
    return to_solicited_node(translation, in, destination, rival);
  if (!destination.is_multicast() && !in.is_group()) unicast_inward(translation, in, nd, rival);
}

void note_router(Translation& translation, const Frame& frame, const wire::NdView& nd,
                 Nanos now) noexcept {
  const auto& [ports, macs, neighbors, dhcp, network, heard, outbox] = translation.parts;
  const Offload offload = offload_of(*frame.buffer);
  if (!offload.checksum_valid && !offload.needs_checksum && !nd.checksum_valid()) return;
  if (nd.is_proxied()) translation.observer->proxied_ra(nd.source());

  const IpAddress router = nd.source();
  if (nd.router_lifetime_s() > 0 && neighbors.find(router) == nullptr &&
      !network.is_gateway(router)) {
    const auto mac = nd.link_layer(NdOptionType::SourceLinkLayer).value_or(frame.source());
    const Nanos until = now + std::chrono::seconds{nd.router_lifetime_s()};
    const std::size_t known = std::min(network.gateways.size(), Network::kMaxGateways);
    heard.note_gateway({router, mac, until}, Network::kMaxGateways - known, now);
  }
  for (const wire::NdOption option : nd.options()) {
    const auto prefix = wire::PrefixInformation::parse(option);
    if (!prefix || !prefix->on_link) continue;
    heard.note_prefix(prefix->prefix, now + std::chrono::seconds{prefix->valid_lifetime_s}, now);
  }
}

}  // namespace laneway

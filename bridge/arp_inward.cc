#include "bridge/arp_inward.h"

#include "bridge/rewrite.h"
#include "switch/wire/arp.h"

namespace laneway {
namespace {

// A packet and what the bindings say of it.
struct Packet {
  wire::ArpView arp;
  const Neighbor* target;  // who holds the address asked for, or that the answer is for
  const Neighbor* rival;   // the guest as which somebody else speaks (ARP-9)
};

// To the target's owner and to the guest that has to defend itself.
void to_those_concerned(Incoming in, Packet packet, MacAddress station) noexcept {
  const Neighbor& first = packet.target != nullptr ? *packet.target : *packet.rival;
  if (packet.arp.target_mac() == station) packet.arp.set_target_mac(first.mac);
  in.to_owners(first, packet.rival, MacAddress::broadcast());
}

void request_inward(const Network& network, Incoming in, Packet packet) noexcept {
  if (packet.arp.is_announcement()) return in.to_all(MacAddress::broadcast());
  const bool for_host = network.is_host(packet.arp.target_ip());
  if (packet.target == nullptr && !for_host) return in.to_all(MacAddress::broadcast());
  if (packet.target == nullptr && packet.rival == nullptr) return in.frame.drop(Drop::ForHost);
  to_those_concerned(in, packet, network.station);
}

void reply_inward(const Network& network, Incoming in, Packet packet) noexcept {
  // The answer to a probe names no target address: only its sender says who probed (RFC 5227
  // section 2.1.1).
  const bool answers_probe = packet.arp.target_ip().is_unspecified() && packet.rival != nullptr &&
                             packet.rival->state == NeighborState::Tentative;
  if (answers_probe) packet.target = packet.rival;
  if (in.is_group()) {
    const bool names_station = packet.arp.target_mac() == network.station;
    if (packet.target != nullptr && names_station) packet.arp.set_target_mac(packet.target->mac);
    return in.to_all(MacAddress::broadcast());
  }
  if (packet.target != nullptr) packet.arp.set_target_mac(packet.target->mac);
  if (packet.target == nullptr && packet.rival == nullptr) return in.frame.drop(Drop::ForHost);
  to_those_concerned(in, packet, network.station);
}

}  // namespace

void arp_inward(Translation& translation, Incoming in) noexcept {
  const Network& network = translation.parts.network;
  NeighborTable& neighbors = translation.parts.neighbors;
  const auto arp = translatable_arp(in.frame);
  if (!arp) return;
  if (arp->sender_mac() == network.station) return in.frame.drop(Drop::EchoArp);

  const auto owner_of = [&](Ipv4Address address) {
    return address.is_unspecified() ? nullptr : neighbors.find(address);
  };
  const Packet packet{*arp, owner_of(arp->target_ip()), owner_of(arp->sender_ip())};
  if (packet.rival != nullptr) {
    neighbors.contested(packet.rival->address, in.now);
    translation.observer->conflict(packet.rival->address, arp->sender_mac());
  }
  if (arp->is(wire::ArpOp::Request)) return request_inward(network, in, packet);
  reply_inward(network, in, packet);
}

}  // namespace laneway

#include "proxy/defender.h"

#include "switch/wire/arp.h"
#include "switch/wire/ndp.h"

namespace laneway {

void Defender::defend(const IpAddress& address, MacAddress mac, PortId claimant,
                      Nanos now) noexcept {
  Said* said = room_for(address, claimant, now);
  if (said == nullptr || !announce(address, mac, claimant, now)) return;
  *said = {address, now + limits::kDefenceInterval};
}

// nullptr if it was said of late, or too many others were.
Defender::Said* Defender::room_for(const IpAddress& address, PortId claimant, Nanos now) noexcept {
  Said* room = nullptr;
  for (Said& said : said_[index(claimant)]) {
    const bool is_free = now >= said.free_at;
    if (said.address == address && !is_free) return nullptr;
    if (is_free) room = &said;
  }
  return room;
}

bool Defender::announce(const IpAddress& address, MacAddress mac, PortId claimant,
                        Nanos now) noexcept {
  const MacAddress own = context_.network.own;
  if (address.family == Family::Ipv4) {
    const wire::ArpFields fields{wire::ArpOp::Request, mac, address.v4(), {}, address.v4()};
    return context_.outbox.say(claimant, wire::build_arp(MacAddress::broadcast(), own, fields));
  }
  const Neighbor* owner = context_.neighbors.find(address);
  std::array<std::byte, wire::kNdFrameBytes> room;
  const auto frame = wire::build_na(
      room, {Ipv6Address::all_nodes().multicast_mac(), own},
      {.source = context_.network.own_link_local(),
       .destination = Ipv6Address::all_nodes(),
       .target = address.v6(),
       .link_layer = mac,
       .router = owner != nullptr ? owner->router : context_.is_gateway(address, now),
       .override_cache = true});
  return context_.outbox.say(claimant, frame);
}

}  // namespace laneway

#include "proxy/announcer.h"

#include <algorithm>
#include <array>

#include "switch/wire/arp.h"
#include "switch/wire/ndp.h"

namespace laneway {

namespace {

bool is_spoken_for(const Neighbor& neighbor) noexcept {
  return neighbor.state == NeighborState::Valid || neighbor.state == NeighborState::Stale;
}

}  // namespace

Announcer::Announcer(const ProxyContext& context) : context_(context) {
  pending_.reserve(limits::kPendingWords);
  known_.reserve(limits::kPendingWords);
}

void Announcer::station_associated(Nanos now) noexcept {
  add_for_all({.word = Word::AskGateway, .due = now},
              [](const Neighbor& owner) { return owner.address.family == Family::Ipv6; });
}

// What was pending is said anew from the beginning, as it was heard from an address that is no
// more.
void Announcer::station_changed(Nanos now) noexcept {
  std::erase_if(pending_, [](const Pending& word) { return word.word == Word::Announce; });
  add_for_all(
      {.word = Word::Announce, .times = limits::kAnnounceRepeats, .urgent = true, .due = now},
      [](const Neighbor&) { return true; });
}

void Announcer::port_migrated(PortId port, Nanos now) noexcept {
  add_for_all({.word = Word::Announce, .times = limits::kAnnounceRepeats, .due = now},
              [port](const Neighbor& owner) { return owner.port == port; });
}

// Appends, so that what waited longest is said first however often it is asked for.
void Announcer::add_for_all(const Pending& word,
                            const std::function<bool(const Neighbor&)>& wanted) {
  known_.clear();
  for (const Pending& pending : pending_) {
    if (pending.word == word.word) known_.push_back(pending.address);
  }
  std::sort(known_.begin(), known_.end());
  context_.neighbors.for_each([&](const Neighbor& owner) {
    if (!is_spoken_for(owner) || !wanted(owner)) return;
    if (pending_.size() == limits::kPendingWords) return;
    if (std::binary_search(known_.begin(), known_.end(), owner.address)) return;
    pending_.push_back(word);
    pending_.back().address = owner.address;
  });
}

void Announcer::tick(Nanos now) noexcept {
  if (keepalive_ && now >= keepalive_due_) {
    keepalive_due_ = now + limits::kKeepaliveInterval;
    add_for_all({.word = Word::AskGateway, .due = now}, [](const Neighbor&) { return true; });
  }
  if (pending_.empty() || context_.ports.uplink() == kNoPort) return;
  std::erase_if(pending_, [&](Pending& word) { return is_done(word, now); });
}

// Says the word if it is due and the rates allow; true if nothing of it is left to say.
bool Announcer::is_done(Pending& word, Nanos now) noexcept {
  if (now < word.due) return false;
  const Neighbor* owner = context_.neighbors.find(word.address);
  if (owner == nullptr || !is_spoken_for(*owner)) return true;
  if (!(word.urgent ? first_round_ : rate_).allow(now)) return false;
  const bool is_said = word.word == Word::Announce ? announce(*owner) : ask_gateway(*owner, now);
  if (!is_said) return false;
  word.urgent = false;
  word.due = now + limits::kAnnounceInterval;
  return --word.times == 0;
}

// The station stands for every guest; on a plain uplink each is itself.
MacAddress Announcer::speaker_of(const Neighbor& owner) const noexcept {
  return context_.network.translated ? context_.network.station : owner.mac;
}

bool Announcer::announce(const Neighbor& owner) noexcept {
  const PortId uplink = context_.ports.uplink();
  const MacAddress mac = speaker_of(owner);
  if (owner.address.family == Family::Ipv4) {
    return context_.outbox.say(uplink, wire::build_arp_announcement(mac, owner.address.v4()));
  }
  std::array<std::byte, wire::kNdFrameBytes> room;
  return context_.outbox.say(
      uplink, wire::build_unsolicited_na(room, mac, owner.address.v6(), owner.router));
}

// hostapd learns a station's IPv6 addresses from solicitations whose first option is its SLLAO; an
// ARP request to the gateway renews what an access point noted for IPv4.
bool Announcer::ask_gateway(const Neighbor& owner, Nanos now) noexcept {
  const auto gateway = gateway_of(owner.address.family, now);
  if (!gateway) return true;  // nobody to ask
  const PortId uplink = context_.ports.uplink();
  const MacAddress mac = speaker_of(owner);
  if (owner.address.family == Family::Ipv4) {
    if (gateway->mac.is_zero()) return true;
    return context_.outbox.say(
        uplink, wire::build_arp(
                    gateway->mac, mac,
                    {wire::ArpOp::Request, mac, owner.address.v4(), {}, gateway->address.v4()}));
  }
  const Ipv6Address target = gateway->address.v6();
  const Ipv6Address group = target.solicited_node();
  std::array<std::byte, wire::kNdFrameBytes> room;
  return context_.outbox.say(
      uplink,
      wire::build_ns(room, {group.multicast_mac(), mac},
                     {.source = owner.address.v6(), .destination = group, .target = target}));
}

std::optional<Gateway> Announcer::gateway_of(Family family, Nanos now) const noexcept {
  for (const Gateway& gateway : context_.network.gateways) {
    if (gateway.address.family != family) continue;
    return Gateway{gateway.address, context_.gateway_mac(gateway.address, now), gateway.until};
  }
  for (const Gateway& gateway : context_.heard.gateways()) {
    if (gateway.address.family == family && now < gateway.until) return gateway;
  }
  return std::nullopt;
}

}  // namespace laneway

// Neighbor Discovery of a test host (RFC 4861, 4862, 7527).
#include <algorithm>

#include "switch/wire/bytes.h"
#include "tests/support/host.h"

namespace laneway::test {

void Host::nd_input(const IpPacket& packet, const NdMessage& nd) {
  if (nd.link_layer(kSourceLinkLayer) == mac_ || nd.link_layer(kTargetLinkLayer) == mac_) {
    ++counters_.self_heard;
    return;
  }
  if (const auto handler = nd_.find(nd.type); handler != nd_.end()) handler->second(packet, nd);
  switch (nd.type) {
    case NdType::NeighborSolicitation:
      return solicitation_input(packet, nd);
    case NdType::NeighborAdvertisement:
      return advertisement_input(nd);
    case NdType::RouterAdvertisement:
      return router_input(packet, nd);
    case NdType::Redirect:
      return redirect_input(packet, nd);
    case NdType::RouterSolicitation:
      return;
  }
}

void Host::solicitation_input(const IpPacket& packet, const NdMessage& nd) {
  OwnAddress* target = own(nd.target);
  if (target == nullptr) return;
  if (packet.source.is_unspecified()) {
    const NdOption* nonce = nd.find(kNonce);
    const bool own_probe =
        nonce != nullptr && !target->nonce.empty() && nonce->body == target->nonce;
    if (own_probe) {
      ++counters_.self_heard;  // and ignored (RFC 7527 §4.2)
    } else if (target->state == AddressState::Tentative) {
      conflict(*target);
    } else if (target->state == AddressState::Preferred) {
      ++counters_.conflicts;
      announce(nd.target);
    }
    return;
  }
  if (target->state != AddressState::Preferred) return;
  const auto asker = nd.link_layer(kSourceLinkLayer);
  if (asker) resolver_.heard(packet.source, *asker, true);
  const auto to = asker ? asker : resolver_.find(packet.source);
  if (to) advertise(nd.target, packet.source.v6(), *to, true);
}

void Host::advertise(const Ipv6Address& target, const Ipv6Address& to, MacAddress mac,
                     bool solicited) {
  NdMessage answer{.type = NdType::NeighborAdvertisement,
                   .word = NdMessage::kOverride | (solicited ? NdMessage::kSolicited : 0) |
                           (router_ ? NdMessage::kRouter : 0),
                   .target = target};
  answer.with(kTargetLinkLayer, mac_);
  emit(mac, nd_packet(target, to, answer));
}

void Host::advertisement_input(const NdMessage& nd) {
  if (OwnAddress* target = own(nd.target)) return conflict(*target);
  const auto mac = nd.link_layer(kTargetLinkLayer);
  if (mac) resolver_.heard(nd.target, *mac, false);
  const bool was_router = gateway(Family::Ipv6) == IpAddress(nd.target);
  if (was_router && (nd.word & NdMessage::kRouter) == 0) gateways_.erase(Family::Ipv6);
}

void Host::router_input(const IpPacket& packet, const NdMessage& nd) {
  if (!slaac_ || !packet.source.is_link_local()) return;
  if (const auto mac = nd.link_layer(kSourceLinkLayer)) resolver_.heard(packet.source, *mac, true);
  const bool is_default = (nd.word & 0xffffU) != 0;  // router lifetime
  if (is_default) gateways_[Family::Ipv6] = packet.source;
  for (const NdOption& option : nd.options) {
    constexpr std::size_t kPrefixBody = 30;
    constexpr unsigned kAutonomous = 0x40;
    if (option.type != kPrefixInformation || option.body.size() != kPrefixBody) continue;
    if ((wire::load_u8(&option.body[1]) & kAutonomous) == 0) continue;
    // RFC 4862 §5.5.3: the prefix, and the interface identifier of the link-local address.
    Ipv6Address formed = wire::load_ipv6(&option.body[14]);
    const Ipv6Address local = Ipv6Address::link_local(mac_);
    std::copy(local.octets.begin() + 8, local.octets.end(), formed.octets.begin() + 8);
    if (own(formed) == nullptr) add_address({formed, wire::load_u8(&option.body[0])});
  }
}

void Host::redirect_input(const IpPacket& packet, const NdMessage& nd) {
  if (gateway(Family::Ipv6) != packet.source) return;  // RFC 4861 §8.1: by the first hop alone
  redirects_[nd.destination] = nd.target;
  if (const auto mac = nd.link_layer(kTargetLinkLayer)) resolver_.heard(nd.target, *mac, true);
}

}  // namespace laneway::test

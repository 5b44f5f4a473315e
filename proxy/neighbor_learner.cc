#include "proxy/neighbor_learner.h"

#include <algorithm>

#include "switch/buffer.h"
#include "switch/dhcp_transactions.h"
#include "switch/nd_refusal.h"
#include "switch/wire/arp.h"
#include "switch/wire/dhcp.h"
#include "switch/wire/igmp.h"
#include "switch/wire/ndp.h"

namespace laneway {

namespace {

using wire::Icmpv6Type;

// No host has such an address.
bool is_nobodys(const IpAddress& address) noexcept {
  if (address.is_multicast() || address.is_unspecified()) return true;
  if (address.family == Family::Ipv6) {
    return address.v6().is_loopback() || address.v6().is_v4_mapped();
  }
  const Ipv4Address v4 = address.v4();
  return v4.is_broadcast() || v4.is_loopback() || v4.number >> 24U == 0;
}

// RFC 4861 section 7.1: what cannot be verified may pass, but nothing is learnt from it.
bool is_trustworthy(const Frame& frame, const wire::NdView& nd) noexcept {
  const Offload offload = offload_of(*frame.buffer);
  return offload.checksum_valid || offload.needs_checksum || nd.checksum_valid();
}

// A host's words name the host's own address; a router's may name others (ND-4 judges those).
bool names_a_stranger(const Frame& frame, const wire::NdView& nd) noexcept {
  if (nd.is(Icmpv6Type::RouterAdvertisement) || nd.is(Icmpv6Type::Redirect)) return false;
  for (const wire::NdOption& option : nd.options()) {
    if (option.is_link_layer() && option.link_layer() != frame.source()) return true;
  }
  return false;
}

// RFC 3590 section 4: a listener without an address yet. Its reports are all it may send.
bool is_mld_report(const wire::Ipv6View& ip) noexcept {
  const auto icmp = wire::Icmpv6View::parse(ip, ip.walk());
  return icmp && (icmp->is(Icmpv6Type::MldReport) || icmp->is(Icmpv6Type::MldDone) ||
                  icmp->is(Icmpv6Type::Mldv2Report));
}

bool is_from_dhcp_client(const std::optional<wire::UdpView>& udp) noexcept {
  return udp && udp->ports() == wire::UdpPorts{wire::kDhcpClientPort, wire::kDhcpServerPort};
}

// A later fragment names no ports; the first one, without which it is useless, was judged.
bool is_rest_of_datagram(const wire::Ipv4View& ip) noexcept {
  return ip.fragment_offset() != 0 && ip.is(wire::IpProtocol::Udp);
}

std::uint32_t nonce_hash_of(const wire::NdView& nd) noexcept {
  const auto nonce = nd.find(wire::NdOptionType::Nonce);
  return nonce ? nonce_hash(nonce->body()) : 0;
}

}  // namespace

void NeighborLearner::process(Burst& burst, PortId /*egress*/, Nanos now) noexcept {
  if (context_.settings_of(burst[0]).trunk) return;
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward || !is_on_link(frame)) continue;
    if (frame.kind == FrameKind::Arp) learn_arp(frame, now);
    if (frame.kind == FrameKind::Ipv4) learn_ipv4(frame, now);
    if (frame.kind == FrameKind::Ipv6) learn_ipv6(frame, now);
  }
}

void NeighborLearner::tick(Nanos now) noexcept {
  context_.neighbors.tick(now, limits::kProbesPerTick, [this, now](const Neighbor& neighbor) {
    return prober_.probe(neighbor, now);
  });
  announcer_.tick(now);
}

// ARP-1 to ARP-4. RARP and InARP, which claim nothing, go as far as the uplink.
void NeighborLearner::learn_arp(Frame& frame, Nanos now) noexcept {
  const auto arp = wire::ArpView::parse(frame.l3());
  if (!arp || arp->sender_mac() != frame.source()) return frame.drop(Drop::ArpBad);
  if (!arp->is(wire::ArpOp::Request) && !arp->is(wire::ArpOp::Reply)) return;
  if (arp->is_probe()) {
    prober_.guest_tests_address(frame.ingress, now);
    return note_test(frame, arp->target_ip(), 0, now);
  }
  claim(frame, arp->sender_ip(), NeighborOrigin::Arp, now);
}

void NeighborLearner::learn_ipv4(Frame& frame, Nanos now) noexcept {
  const auto ip = wire::Ipv4View::parse(frame.l3(), frame.length - frame.l3_offset);
  if (!ip) return;  // OUT-10: its source cannot be judged; inside it may pass
  const auto udp = wire::UdpView::parse(*ip);
  const bool is_dhcp = is_from_dhcp_client(udp);
  if (!ip->source().is_unspecified()) {
    note_data(frame, ip->source(), now);
  } else if (!is_dhcp && !is_rest_of_datagram(*ip) && !ip->is(wire::IpProtocol::Igmp)) {
    frame.drop(Drop::IpBad);
  }
  if (is_dhcp && frame.action == Action::Forward) {
    if (const auto dhcp = wire::DhcpView::parse(*udp)) learn_dhcp(frame, *dhcp, now);
  }
}

// DHCP-3 and DHCP-7.
void NeighborLearner::learn_dhcp(Frame& frame, const wire::DhcpView& dhcp, Nanos now) noexcept {
  if (!dhcp.is(wire::BootpOp::Request) || dhcp.hlen() != frame.source().octets.size()) return;
  const MacAddress client = dhcp.chaddr();
  const PortId pinned = context_.ports.pinned(client);
  const bool is_others = pinned != kNoPort && pinned != frame.ingress;
  if (is_others || client == context_.network.station) return frame.drop(Drop::SpoofMac);
  const auto type = dhcp.message_type();
  if (type == wire::DhcpType::Release) return give_up(frame, dhcp.ciaddr());
  if (type == wire::DhcpType::Decline) {
    return give_up(frame, dhcp.requested_ip().value_or(Ipv4Address{}));
  }
  dhcp_.remember(frame.ingress, dhcp.xid(), client, now);
}

void NeighborLearner::give_up(const Frame& frame, const IpAddress& address) noexcept {
  const Neighbor* neighbor = context_.neighbors.find(address);
  if (neighbor != nullptr && neighbor->port == frame.ingress) context_.neighbors.remove(address);
}

void NeighborLearner::learn_ipv6(Frame& frame, Nanos now) noexcept {
  const auto ip = wire::Ipv6View::parse(frame.l3(), frame.length - frame.l3_offset);
  if (!ip) return;
  const wire::NdParse nd = wire::NdParse::of(*ip);
  if (const auto refused = refusal_of(nd.kind)) return frame.drop(*refused);
  if (nd.view) return learn_nd(frame, *nd.view, now);
  if (!ip->source().is_unspecified()) return note_data(frame, ip->source(), now);
  if (!is_mld_report(*ip)) frame.drop(Drop::IpBad);
}

// ND-6 and ND-7.
void NeighborLearner::learn_nd(Frame& frame, const wire::NdView& nd, Nanos now) noexcept {
  if (!context_.settings_of(frame).mac_spoofing && names_a_stranger(frame, nd)) {
    return frame.drop(Drop::NdForeignLladdr);
  }
  const bool trusted = is_trustworthy(frame, nd);
  if (nd.is_dad_solicitation()) {
    prober_.guest_tests_address(frame.ingress, now);
    if (trusted) note_test(frame, nd.target(), nonce_hash_of(nd), now);
    return;
  }
  // Unverified words are judged like data: whose address it is, they do not say.
  const auto judge = [&](const IpAddress& address) {
    if (trusted) return claim(frame, address, NeighborOrigin::Nd, now);
    note_data(frame, address, now);
  };
  if (!nd.source().is_unspecified()) judge(nd.source());
  if (frame.action != Action::Forward || !nd.is(Icmpv6Type::NeighborAdvertisement)) return;
  judge(nd.target());
  const bool is_learnt = frame.action == Action::Forward && trusted;
  const Neighbor* owner = is_learnt ? context_.neighbors.find(nd.target()) : nullptr;
  if (owner != nullptr && owner->port == frame.ingress) {
    context_.neighbors.set_router(nd.target(), nd.is_router());
  }
}

// ARP-3, ND-6: a guest asks whether an address is free. Whoever has it here answers; in G it may be
// asked for, so that the gateway's answer finds its way, but not taken.
void NeighborLearner::note_test(Frame& frame, const IpAddress& address, std::uint32_t nonce,
                                Nanos now) noexcept {
  if (is_nobodys(address) || is_closed_to(frame, address)) return;
  if (context_.settings_of(frame).binding_limit == 0) return;
  const auto bound = context_.neighbors.tentative(claim_of(frame, address), nonce, now);
  if (bound == NeighborTable::Bound::Refused) frame.drop(Drop::BindQuota);
  if (bound == NeighborTable::Bound::Taken) context_.neighbors.contested(address, now);
}

// ARP-4, ND-7: a guest says that an address is its own.
void NeighborLearner::claim(Frame& frame, const IpAddress& address, NeighborOrigin origin,
                            Nanos now) noexcept {
  const PortSettings& settings = context_.settings_of(frame);
  if (const auto refused = judge(frame, address, now)) {
    frame.drop(*refused);
    if (*refused != Drop::IpBad) defend(frame, address, now);
    return;
  }
  const Neighbor* holder = context_.neighbors.find(address);
  const bool is_elsewhere = holder != nullptr && holder->port != frame.ingress;
  if (settings.binding_limit == 0 || is_elsewhere) return;
  if (settings.ip_spoofing && !may_bind(frame, address, now)) return;
  const auto bound = context_.neighbors.valid(claim_of(frame, address), origin, now);
  if (bound == NeighborTable::Bound::Refused) frame.drop(Drop::BindQuota);
}

// OUT-7, OUT-8: data from an address.
void NeighborLearner::note_data(Frame& frame, const IpAddress& address, Nanos now) noexcept {
  const Neighbor* holder = context_.neighbors.find(address);
  const bool is_mine = holder != nullptr && holder->port == frame.ingress;
  if (is_mine && holder->state != NeighborState::Tentative) {
    context_.neighbors.unverified(claim_of(frame, address), now);
    return;
  }
  if (const auto refused = judge(frame, address, now)) return frame.drop(*refused);
  if ((holder != nullptr && !is_mine) || !may_bind(frame, address, now)) return;
  const auto bound = context_.neighbors.unverified(claim_of(frame, address), now);
  if (bound == NeighborTable::Bound::Refused) frame.drop(Drop::BindQuota);
}

// Why the guest may not speak as `address`; nullopt if it may.
std::optional<Drop> NeighborLearner::judge(const Frame& frame, const IpAddress& address,
                                           Nanos now) const noexcept {
  if (is_nobodys(address)) return Drop::IpBad;
  if (context_.settings_of(frame).ip_spoofing) return std::nullopt;
  if (is_closed_to(frame, address)) return Drop::SpoofIp;
  const Neighbor* holder = context_.neighbors.find(address);
  if (holder != nullptr && holder->port != frame.ingress) return Drop::SpoofIp;
  // What a guest has is never put into G; but testing a gateway's address does not make it the
  // guest's.
  const bool is_held = holder != nullptr && holder->state != NeighborState::Tentative;
  if (!is_held && context_.is_gateway(address, now)) return Drop::SpoofGw;
  return std::nullopt;
}

// The host's, or of a network that is not the uplink's, or routed by another guest.
bool NeighborLearner::is_closed_to(const Frame& frame, const IpAddress& address) const noexcept {
  if (context_.network.is_host(address) || context_.network.is_closed(address)) return true;
  bool is_routed = false;
  context_.ports.guests().for_each([&](PortId port) {
    if (port != frame.ingress) is_routed |= is_routed_by(port, address);
  });
  return is_routed;
}

bool NeighborLearner::is_routed_by(PortId port, const IpAddress& address) const noexcept {
  const auto& prefixes = context_.ports[port].settings.prefixes;
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

// Whether data from a free address makes a binding: a router's foreign sources do not.
bool NeighborLearner::may_bind(const Frame& frame, const IpAddress& address,
                               Nanos now) const noexcept {
  if (context_.settings_of(frame).binding_limit == 0) return false;
  if (is_closed_to(frame, address) || context_.is_gateway(address, now)) return false;
  if (is_routed_by(frame.ingress, address)) return false;
  return context_.network.is_on_link(address) || context_.heard.is_on_link(address, now);
}

// PRX-1, PRX-2, BND-5: the claimant is told whose the address is, and a silent owner loses it.
void NeighborLearner::defend(const Frame& frame, const IpAddress& address, Nanos now) noexcept {
  if (context_.network.is_host(address)) {
    return defender_.defend(address, context_.network.own, frame.ingress, now);
  }
  const Neighbor* owner = context_.neighbors.find(address);
  if (owner == nullptr || owner->port == frame.ingress) {
    const MacAddress gateway = context_.gateway_mac(address, now);
    if (!gateway.is_zero()) defender_.defend(address, gateway, frame.ingress, now);
    return;
  }
  if (owner->is_valid()) defender_.defend(address, owner->mac, frame.ingress, now);
  context_.neighbors.refuse(claim_of(frame, address));
  context_.neighbors.rival(address, now);
}

Claim NeighborLearner::claim_of(const Frame& frame, const IpAddress& address) noexcept {
  return {address, frame.source(), frame.ingress};
}

}  // namespace laneway

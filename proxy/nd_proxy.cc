#include "proxy/nd_proxy.h"

#include "switch/buffer.h"
#include "switch/wire/ndp.h"

namespace laneway {

namespace {

using wire::Icmpv6Type;

// RFC 4861 section 7.1: nothing is believed or answered unless its checksum is right.
bool is_trustworthy(const Frame& frame, const wire::NdView& nd) noexcept {
  const Offload offload = offload_of(*frame.buffer);
  return offload.checksum_valid || offload.needs_checksum || nd.checksum_valid();
}

}  // namespace

void NdProxy::process(Burst& burst, PortId /*egress*/, Nanos now) noexcept {
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward || frame.kind != FrameKind::Ipv6) continue;
    const auto ip = wire::Ipv6View::parse(frame.l3(), frame.length - frame.l3_offset);
    if (!ip || !is_on_link(frame)) continue;
    const auto nd = wire::NdParse::of(*ip).view;
    if (!nd) continue;  // no ND, or for others to judge
    if (context_.settings_of(frame).role == PortRole::Uplink) {
      from_uplink(frame, *nd, now);
    } else {
      from_guest(burst, frame, *nd, now);
    }
  }
}

void NdProxy::from_guest(Burst& burst, Frame& frame, const wire::NdView& nd, Nanos now) noexcept {
  if (nd.is(Icmpv6Type::NeighborSolicitation)) {
    judge_solicitation(burst, frame, nd, now);
  } else if (frame.destination() == context_.network.own) {
    frame.drop(Drop::Suppressed);  // the answer to our own probe: it was learnt from before
  } else if (nd.is(Icmpv6Type::NeighborAdvertisement) && !may_advertise(nd, now)) {
    frame.drop(Drop::ProxyLimit);
  }
  if (frame.action == Action::Forward) keep_off_host(context_, burst, frame);
}

void NdProxy::judge_solicitation(Burst& burst, Frame& frame, const wire::NdView& nd,
                                 Nanos now) noexcept {
  const Network& network = context_.network;
  const Ipv6Address target = nd.target();
  const bool is_dad = nd.is_dad_solicitation();
  if (network.is_host(target)) {
    // HOST-4: the host's own link-local addresses are kept from others, but not reachable.
    const bool is_reachable = !target.is_link_local() || target == network.own_link_local();
    if (!is_dad && !is_reachable) return frame.drop(Drop::Suppressed);
    if (!is_trustworthy(frame, nd)) return frame.drop(Drop::Suppressed);
    return answer(frame, nd, {.mac = network.own, .override_cache = true}, now);
  }
  if (frame.destination() == network.own) return frame.drop(Drop::NoPort);
  if (!is_dad) ask_neighbor(burst, frame, nd, now);
}

void NdProxy::ask_neighbor(Burst& burst, Frame& frame, const wire::NdView& nd, Nanos now) noexcept {
  const bool trusted = is_trustworthy(frame, nd);
  const Neighbor* owner = context_.neighbors.find(nd.target());
  if (owner == nullptr) {
    const bool may_answer = answers_ == Answers::Suppress && trusted;
    const auto* host = may_answer ? lan_.find(nd.target(), now) : nullptr;
    if (host != nullptr) answer(frame, nd, {.mac = host->mac, .router = host->router}, now);
    return;
  }
  if (owner->port == frame.ingress || !owner->is_valid()) return;
  if (trusted && may_answer_for(*owner, now)) {
    return answer(frame, nd, {.mac = owner->mac, .router = owner->router}, now);
  }
  if (frame.destination().is_group()) keep_inside(context_, burst, frame);
}

// ARP-6: an owner may defend itself beyond its share when it was just shown a rival's claim.
bool NdProxy::may_advertise(const wire::NdView& nd, Nanos now) noexcept {
  if (nd.is_solicited()) return true;
  const Neighbor* owner = context_.neighbors.find(nd.target());
  const bool is_contested =
      owner != nullptr && owner->contested && now - *owner->contested <= limits::kConflictWindow;
  if (is_contested && nd.ip().destination() == Ipv6Address::all_nodes()) return true;
  return context_.neighbors.may_announce(nd.target(), now);
}

void NdProxy::from_uplink(Frame& frame, const wire::NdView& nd, Nanos now) noexcept {
  const bool is_advertisement = nd.is(Icmpv6Type::NeighborAdvertisement);
  if (nd.is_dad_solicitation() || is_advertisement) {
    context_.neighbors.contested(nd.target(), now);
  }
  if (answers_ != Answers::Suppress || !is_trustworthy(frame, nd)) return;
  note_lan(nd, now);
  if (!nd.is(Icmpv6Type::NeighborSolicitation) || nd.is_dad_solicitation()) return;
  const Neighbor* owner = context_.neighbors.find(nd.target());
  if (owner == nullptr || !may_answer_for(*owner, now)) return;
  const Network& network = context_.network;
  const MacAddress mac = network.translated ? network.station : owner->mac;
  answer(frame, nd, {.mac = mac, .router = owner->router}, now);
}

// Only from messages that say whether their sender is a router: an answer of ours with R = 0 for a
// router would take it off its neighbors' lists (RFC 4861 section 7.2.5).
void NdProxy::note_lan(const wire::NdView& nd, Nanos now) noexcept {
  std::optional<MacAddress> mac;
  IpAddress address;
  bool router = true;
  if (nd.is(Icmpv6Type::NeighborAdvertisement)) {
    mac = nd.link_layer(wire::NdOptionType::TargetLinkLayer);
    address = nd.target();
    router = nd.is_router();
  } else if (nd.is(Icmpv6Type::RouterAdvertisement)) {
    mac = nd.link_layer(wire::NdOptionType::SourceLinkLayer);
    address = nd.source();
  }
  if (!mac || mac->is_group() || *mac == context_.network.station) return;
  if (context_.neighbors.find(address) == nullptr) lan_.note({address, *mac, router, now});
}

bool NdProxy::may_answer_for(const Neighbor& owner, Nanos now) const noexcept {
  return answers_ == Answers::Suppress && is_answerable(owner, now);
}

// PRX-5. To DAD the answer goes to all nodes, as the asker has no address yet, and from Own's: the
// asker must not be sent a packet from the very address that it tests.
void NdProxy::answer(Frame& frame, const wire::NdView& nd, const Answer& answer,
                     Nanos now) noexcept {
  if (!limits_.allow(frame.ingress, now)) return frame.drop(Drop::ProxyLimit);
  const bool is_dad = nd.is_dad_solicitation();
  const wire::NaFields fields{
      .source = is_dad ? context_.network.own_link_local() : nd.target(),
      .destination = is_dad ? Ipv6Address::all_nodes() : nd.source(),
      .target = nd.target(),
      .link_layer = answer.mac,
      .router = answer.router,
      .solicited = !is_dad,
      .override_cache = answer.override_cache,
  };
  const wire::MacPair macs{is_dad ? Ipv6Address::all_nodes().multicast_mac() : frame.source(),
                           answer.mac};
  std::array<std::byte, wire::kNdFrameBytes> room;
  const auto bytes = wire::build_na(room, macs, fields);
  if (!resize(frame, static_cast<std::uint32_t>(bytes.size()))) {
    return frame.drop(Drop::Suppressed);
  }
  std::copy(bytes.begin(), bytes.end(), frame.data);
  classify(frame);
  frame.action = Action::Reply;
}

}  // namespace laneway

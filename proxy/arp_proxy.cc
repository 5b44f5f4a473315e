#include "proxy/arp_proxy.h"

#include "switch/wire/arp.h"

namespace laneway {

void ArpProxy::process(Burst& burst, PortId /*egress*/, Nanos now) noexcept {
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward || frame.kind != FrameKind::Arp) continue;
    auto arp = wire::ArpView::parse(frame.l3());
    if (!arp || !is_on_link(frame)) continue;  // for others to judge
    if (context_.settings_of(frame).role == PortRole::Uplink) {
      from_uplink(frame, *arp, now);
    } else {
      from_guest(burst, frame, *arp, now);
    }
  }
}

void ArpProxy::from_guest(Burst& burst, Frame& frame, wire::ArpView& arp, Nanos now) noexcept {
  const bool asks_host = arp.is(wire::ArpOp::Request) && context_.network.is_host(arp.target_ip());
  if (frame.destination() == context_.network.own && !asks_host) {
    // HOST-4: the answer to our own probe was learnt from before; nothing enters the host port.
    return frame.drop(arp.is(wire::ArpOp::Reply) ? Drop::Suppressed : Drop::NoPort);
  }
  if (arp.is_announcement()) {  // ARP-6
    if (!context_.neighbors.may_announce(arp.sender_ip(), now)) frame.drop(Drop::ProxyLimit);
  } else if (asks_host) {  // PRX-1, probes too
    return answer(frame, arp, context_.network.own, now);
  } else if (arp.is(wire::ArpOp::Request) && !arp.is_probe()) {
    ask_neighbor(burst, frame, arp, now);
  }
  if (frame.action == Action::Forward) keep_off_host(context_, burst, frame);
}

// A guest asks for another guest, or for a host of the LAN.
void ArpProxy::ask_neighbor(Burst& burst, Frame& frame, wire::ArpView& arp, Nanos now) noexcept {
  const Neighbor* owner = context_.neighbors.find(arp.target_ip());
  if (owner == nullptr) {
    const auto* host = answers_ == Answers::Suppress ? lan_.find(arp.target_ip(), now) : nullptr;
    if (host != nullptr) answer(frame, arp, host->mac, now);
    return;
  }
  if (owner->port == frame.ingress || !owner->is_valid()) return;
  if (may_answer_for(*owner, now)) return answer(frame, arp, owner->mac, now);
  if (frame.destination().is_group()) keep_inside(context_, burst, frame);
}

// PRX-4: to the LAN the station stands for every guest.
void ArpProxy::from_uplink(Frame& frame, wire::ArpView& arp, Nanos now) noexcept {
  note_lan(frame, arp, now);
  const bool asks = arp.is(wire::ArpOp::Request) && !arp.is_probe() && !arp.is_announcement();
  const Neighbor* owner = asks ? context_.neighbors.find(arp.target_ip()) : nullptr;
  if (owner == nullptr || !may_answer_for(*owner, now)) return;
  const Network& network = context_.network;
  answer(frame, arp, network.translated ? network.station : owner->mac, now);
}

void ArpProxy::note_lan(const Frame& frame, const wire::ArpView& arp, Nanos now) noexcept {
  const Ipv4Address sender = arp.sender_ip();
  const MacAddress mac = arp.sender_mac();
  if (answers_ != Answers::Suppress || sender.is_unspecified() || mac.is_group()) return;
  if (mac == context_.network.station || context_.neighbors.find(sender) != nullptr) return;
  if (frame.action == Action::Forward) lan_.note({sender, mac, false, now});
}

bool ArpProxy::may_answer_for(const Neighbor& owner, Nanos now) const noexcept {
  return answers_ == Answers::Suppress && is_answerable(owner, now);
}

void ArpProxy::answer(Frame& frame, wire::ArpView& arp, MacAddress mac, Nanos now) noexcept {
  if (!limits_.allow(frame.ingress, now)) return frame.drop(Drop::ProxyLimit);
  arp.make_reply(mac);
  frame.reply_from(mac);
}

}  // namespace laneway

#include "bridge/to_uplink.h"

#include <cassert>

#include "bridge/leak.h"
#include "bridge/nd_outward.h"
#include "switch/nd_refusal.h"
#include "switch/wire/ethernet.h"
#include "switch/wire/igmp.h"
#include "switch/wire/mld.h"
#include "switch/wire/ndp.h"

namespace laneway {
namespace {

// What follows the Ethernet header and tags. Requires a classified frame.
std::size_t l3_bytes(const Frame& frame) noexcept {
  return frame.length > frame.l3_offset ? frame.length - frame.l3_offset : 0;
}

// A checksum that is left to others is written into the frame after our last check: it must lie
// behind the IP header, or it could forge an address (virtio 1.2 section 5.1.6).
bool offload_spares(const Frame& frame, std::size_t header_bytes) noexcept {
  const Offload offload = offload_of(*frame.buffer);
  return !offload.needs_checksum || offload.checksum_start >= frame.l3_offset + header_bytes;
}

// An offload in a frame that others would have to edit after us.
bool has_offload(const Frame& frame) noexcept {
  const Offload offload = offload_of(*frame.buffer);
  return offload.needs_checksum || offload.gso != Offload::Gso::None;
}

}  // namespace

void ToUplink::process(Burst& burst, PortId /*egress*/, Nanos now) noexcept {
  const Network& network = translation_.parts.network;
  if (!network.translated) return;
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward) continue;
    if (network.station.is_zero()) {
      frame.drop(Drop::LinkDown);
      continue;
    }
    translate(frame, now);
    if (frame.action != Action::Forward) continue;
    frame.set_source(network.station);
    if (leaks(translation_, frame, now)) {
      assert(false && "a guest's address on its way to the air");
      frame.drop(Drop::Leak);
    }
  }
}

void ToUplink::translate(Frame& frame, Nanos now) noexcept {
  if (!untagged(frame)) return;
  switch (frame.kind) {
    case FrameKind::Arp:
      return arp(frame, now);
    case FrameKind::Ipv4:
      return ipv4(frame, now);
    case FrameKind::Ipv6:
      return ipv6(frame, now);
    default:
      break;
  }
  if (frame.ether_type() != wire::number(wire::EtherType::Rarp)) return frame.drop(Drop::Nonip);
  // What a hypervisor says for a guest that it has just migrated here.
  frame.drop(Drop::ArpOp);
  if (frame.ingress != kNoPort) translation_.observer->migrated(frame.ingress, now);
}

void ToUplink::arp(Frame& frame, Nanos now) noexcept {
  if (has_offload(frame)) return frame.drop(Drop::BadOffload);
  auto arp = translatable_arp(frame);
  if (!arp) return;
  const MacAddress station = translation_.parts.network.station;
  arp->set_sender_mac(station);
  if (translation_.is_local(arp->target_mac(), now)) arp->set_target_mac(station);
}

void ToUplink::ipv4(Frame& frame, Nanos now) noexcept {
  const auto ip = wire::Ipv4View::parse(frame.l3(), l3_bytes(frame));
  if (!ip) return frame.drop(Drop::IpBad);
  if (!offload_spares(frame, ip->header_bytes())) return frame.drop(Drop::BadOffload);
  const auto request = DhcpPacket::parse(*ip, {wire::kDhcpClientPort, wire::kDhcpServerPort});
  if (request) dhcp(frame, *request, now);
  if (frame.action != Action::Forward || !mtu_.admit(frame, *ip, now)) return;
  const auto igmp = wire::IgmpView::parse(*ip);
  if (igmp && cuts_off_others(*igmp, frame.ingress, now)) frame.drop(Drop::Suppressed);
}

void ToUplink::ipv6(Frame& frame, Nanos now) noexcept {
  const auto ip = wire::Ipv6View::parse(frame.l3(), l3_bytes(frame));
  if (!ip) return frame.drop(Drop::IpBad);
  if (!offload_spares(frame, wire::Ipv6View::kSize)) return frame.drop(Drop::BadOffload);
  const wire::NdParse nd = wire::NdParse::of(*ip);
  if (const auto refused = refusal_of(nd.kind)) return frame.drop(*refused);
  if (nd.view) nd_outward(translation_, frame, *nd.view, now);
  if (frame.action != Action::Forward || !mtu_.admit(frame, *ip, nd.chain, now)) return;
  const auto icmp = wire::Icmpv6View::parse(*ip, nd.chain);
  const auto mld = icmp ? wire::MldView::parse(*icmp) : std::nullopt;
  if (mld && cuts_off_others(*mld, frame.ingress, now)) frame.drop(Drop::Suppressed);
}

// A client that has no address yet cannot be found by one: its answer must come as broadcast, or to
// the host as its relay. One that renews is answered at its own address.
void ToUplink::dhcp(Frame& frame, const DhcpPacket& packet, Nanos now) noexcept {
  const auto edit = packet.edit(frame);
  if (!edit) return frame.drop(Drop::BadOffload);
  const wire::DhcpView& dhcp = packet.dhcp;
  if (!dhcp.is(wire::BootpOp::Request) || dhcp.hlen() != 6) return;
  if (!dhcp.ciaddr().is_unspecified() || !dhcp.giaddr().is_unspecified()) return;
  const auto agent = translation_.parts.network.host_v4();
  const bool can_relay = agent && !packet.ip.is_fragment() && packet.ip.source().is_unspecified();
  const auto form = frame.ingress == kNoPort ? DhcpRelay::Form::Broadcast
                                             : translation_.relay.next_form(
                                                   frame.ingress, dhcp.chaddr(), can_relay, now);
  if (form == DhcpRelay::Form::Broadcast) set_broadcast_flag(packet, *edit);
  if (form == DhcpRelay::Form::Relayed) relay_outward(packet, *edit, *agent);
}

template <class Report>
bool ToUplink::cuts_off_others(const Report& report, PortId port, Nanos now) noexcept {
  if (port == kNoPort) return false;
  GroupMembers& members = translation_.members;
  bool leaves_only = true;
  bool wanted = false;
  report.for_each_group([&](const auto& group, wire::GroupChange change) {
    if (change == wire::GroupChange::Joins) {
      leaves_only = false;
      members.join(port, group, now);
    } else if (change == wire::GroupChange::Leaves) {
      members.leave(port, group);
      wanted = wanted || members.others_want(port, group, now);
    }
  });
  return leaves_only && wanted;
}

}  // namespace laneway

#include "bridge/from_uplink.h"

#include <algorithm>

#include "bridge/arp_inward.h"
#include "bridge/dhcp_inward.h"
#include "bridge/lease.h"
#include "bridge/nd_inward.h"
#include "bridge/rewrite.h"
#include "switch/nd_refusal.h"
#include "switch/wire/ethernet.h"

namespace laneway {
namespace {

using Form = DuplicateFilter::Form;

constexpr wire::UdpPorts kServerToClient{wire::kDhcpServerPort, wire::kDhcpClientPort};

Form form_of(const Incoming& in) noexcept { return in.is_group() ? Form::Group : Form::Unicast; }

std::optional<DhcpPacket> dhcp_reply(const wire::Ipv4View& ip) noexcept {
  auto packet = DhcpPacket::parse(ip, kServerToClient);
  if (packet && !packet->dhcp.is(wire::BootpOp::Reply)) packet.reset();
  return packet;
}

MacAddress group_address(Ipv4Address destination) noexcept {
  return destination.is_multicast() ? destination.multicast_mac() : MacAddress::broadcast();
}

}  // namespace

void FromUplink::process(Burst& burst, PortId /*egress*/, Nanos now) noexcept {
  const bool translated = translation_.parts.network.translated;
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward) continue;
    if (translated) {
      admit({burst, frame, now});
    } else {
      overhear(frame, now);
    }
  }
}

void FromUplink::admit(Incoming in) noexcept {
  const MacAddress station = translation_.parts.network.station;
  if (in.frame.source() == station) return in.frame.drop(Drop::Echo);
  if (!in.is_group() && in.frame.destination() != station) return in.frame.drop(Drop::NotOurs);
  if (!untagged(in.frame)) return;
  switch (in.frame.kind) {
    case FrameKind::Arp:
      return arp(in);
    case FrameKind::Ipv4:
      return ipv4(in);
    case FrameKind::Ipv6:
      return ipv6(in);
    default:
      return other(in);
  }
}

void FromUplink::overhear(Frame& frame, Nanos now) noexcept {
  if (frame.destination() == translation_.parts.network.station) return frame.drop(Drop::ForHost);
  const std::size_t l3_bytes = frame.length - std::min<std::size_t>(frame.length, frame.l3_offset);
  if (frame.kind == FrameKind::Ipv4) {
    const auto ip = wire::Ipv4View::parse(frame.l3(), l3_bytes);
    const auto reply = ip ? dhcp_reply(*ip) : std::nullopt;
    if (reply) learn_lease(translation_, frame, *reply, false, now);
  } else if (frame.kind == FrameKind::Ipv6) {
    const auto ip = wire::Ipv6View::parse(frame.l3(), l3_bytes);
    const auto nd = ip ? wire::NdParse::of(*ip).view : std::nullopt;
    if (nd && nd->is(wire::Icmpv6Type::RouterAdvertisement)) {
      note_router(translation_, frame, *nd, now);
    }
  }
}

void FromUplink::arp(Incoming in) noexcept {
  if (duplicates_.is_second_form(in.frame, form_of(in), in.now)) {
    return in.frame.drop(Drop::Duplicate);
  }
  arp_inward(translation_, in);
}

void FromUplink::ipv4(Incoming in) noexcept {
  const auto ip = wire::Ipv4View::parse(in.frame.l3(), in.frame.length - in.frame.l3_offset);
  if (!ip) {
    if (!in.is_group()) in.frame.drop(Drop::ForHost);
    return;
  }
  const Ipv4Address destination = ip->destination();
  const bool group_packet =
      destination.is_multicast() || translation_.parts.network.is_broadcast(destination);
  const auto reply = dhcp_reply(*ip);
  // Servers may put an answer to an address that nobody has yet into a broadcast frame.
  if (!reply || group_packet) {
    if (!restore_group(in, group_packet, group_address(destination))) return;
  }
  if (reply) return dhcp_inward(translation_, in, *reply);
  if (in.is_group() || dhcp_relayed_inward(translation_, in, *ip)) return;
  to_owner(in, destination);
}

void FromUplink::ipv6(Incoming in) noexcept {
  const auto ip = wire::Ipv6View::parse(in.frame.l3(), in.frame.length - in.frame.l3_offset);
  if (!ip) {
    if (!in.is_group()) in.frame.drop(Drop::ForHost);
    return;
  }
  const Ipv6Address destination = ip->destination();
  if (!restore_group(in, destination.is_multicast(), destination.multicast_mac())) return;
  const wire::NdParse nd = wire::NdParse::of(*ip);
  if (const auto refused = refusal_of(nd.kind)) return in.frame.drop(*refused);
  if (nd.view) return nd_inward(translation_, in, *nd.view);
  if (!in.is_group()) to_owner(in, destination);
}

void FromUplink::other(Incoming in) noexcept {
  const std::uint16_t type = in.frame.ether_type();
  if (type == wire::number(wire::EtherType::Rarp)) return in.frame.drop(Drop::ArpOp);
  if (!in.is_group()) return in.frame.drop(Drop::ForHost);
  const auto& listed = translation_.settings.nonip;
  if (std::find(listed.begin(), listed.end(), type) == listed.end()) in.frame.drop(Drop::Nonip);
}

bool FromUplink::restore_group(Incoming in, bool group_packet, MacAddress group) noexcept {
  const auto& [ports, macs, neighbors, dhcp, network, heard, outbox] = translation_.parts;
  if (!group_packet) {
    if (!in.is_group() || ports[in.frame.ingress].settings.gtk_unicast) return true;
    in.frame.drop(Drop::GtkUnicast);
    return false;
  }
  if (duplicates_.is_second_form(in.frame, form_of(in), in.now)) {
    in.frame.drop(Drop::Duplicate);
    return false;
  }
  if (!in.is_group()) in.frame.set_destination(group);
  return true;
}

void FromUplink::to_owner(Incoming in, const IpAddress& destination) noexcept {
  if (const Neighbor* owner = translation_.parts.neighbors.find(destination)) {
    return in.to_guest(*owner);
  }
  if (const auto router = translation_.router_of(destination)) {
    return in.to_guest(*router, translation_.parts.ports[*router].settings.mac);
  }
  in.frame.drop(Drop::ForHost);
}

}  // namespace laneway

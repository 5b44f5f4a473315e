#include "bridge/dhcp_inward.h"

#include "bridge/lease.h"
#include "switch/dhcp_transactions.h"

namespace laneway {

void dhcp_inward(Translation& translation, Incoming in, const DhcpPacket& packet) noexcept {
  const Network& network = translation.parts.network;
  const wire::DhcpView& dhcp = packet.dhcp;
  const MacAddress client = dhcp.chaddr();
  if (client == network.station) return in.frame.drop(Drop::ForHost);
  auto port = translation.guest_of(client);
  if (!port) port = translation.parts.dhcp.port_of(dhcp.xid(), in.now);

  const Ipv4Address destination = packet.ip.destination();
  const bool broadcast = destination.is_multicast() || network.is_broadcast(destination);
  if (!port) {
    if (!in.is_group() && network.is_host(destination)) return in.frame.drop(Drop::ForHost);
    return in.to_all(MacAddress::broadcast());
  }
  learn_lease(translation, in.frame, packet, false, in.now);
  // What the guest cannot take is no answer: an access point that sends a broadcast reply on by
  // itself may do so before the checksum is filled in.
  if (packet.is_true(in.frame)) translation.relay.answered(*port, client, false, in.now);
  // A unicast answer to an address that the guest does not have yet: nothing but the hardware
  // address says that it is for it.
  if (!broadcast) in.frame.set_destination(client);
  in.to_guest(*port, client);
}

bool dhcp_relayed_inward(Translation& translation, Incoming in, const wire::Ipv4View& ip) noexcept {
  if (!ip.is(wire::IpProtocol::Udp) || ip.is_fragment()) return false;
  const auto agent = translation.parts.network.host_v4();
  if (!agent || ip.destination() != *agent) return false;
  const auto packet = DhcpPacket::parse(ip, {wire::kDhcpServerPort, wire::kDhcpServerPort});
  if (!packet || !packet->dhcp.is(wire::BootpOp::Reply) || packet->dhcp.giaddr() != *agent) {
    return false;
  }
  const MacAddress client = packet->dhcp.chaddr();
  const auto port = translation.parts.dhcp.port_of(packet->dhcp.xid(), client, in.now);
  const auto edit = packet->edit(in.frame);
  if (!port || !edit) return false;
  learn_lease(translation, in.frame, *packet, true, in.now);
  translation.relay.answered(*port, client, true, in.now);
  relay_inward(*packet, *edit);
  in.to_guest(*port, client);
  return true;
}

}  // namespace laneway

#include "bridge/lease.h"

#include <algorithm>

#include "switch/dhcp_transactions.h"

namespace laneway {
namespace {

// Of an ACK without a lease time, which only BOOTP-minded servers send.
constexpr std::uint32_t kDefaultLeaseSeconds = 3600;

bool is_ack(const wire::DhcpView& dhcp) noexcept {
  return dhcp.is(wire::BootpOp::Reply) && dhcp.hlen() == 6 && dhcp.options_whole() &&
         dhcp.message_type() == wire::DhcpType::Ack &&
         !dhcp.subnet_mask().value_or(Ipv4Address{1}).is_unspecified();
}

bool can_be_a_guests(const Translation& translation, Ipv4Address address, Nanos now) noexcept {
  const Network& network = translation.parts.network;
  const bool host_address = (address.number >> 24U) != 0 && !address.is_loopback() &&
                            !address.is_multicast() && !address.is_broadcast() &&
                            !network.is_broadcast(address);
  return host_address && !network.is_host(address) && !network.is_closed(address) &&
         !network.is_gateway(address) && !translation.parts.heard.is_gateway(address, now);
}

void note_gateway(Translation& translation, std::optional<Ipv4Address> address, Nanos until,
                  Nanos now) noexcept {
  const Network& network = translation.parts.network;
  if (!address || address->is_unspecified() || address->is_multicast() ||
      network.is_gateway(*address) || translation.parts.neighbors.find(*address) != nullptr) {
    return;
  }
  const std::size_t known = std::min(network.gateways.size(), Network::kMaxGateways);
  translation.parts.heard.note_gateway({*address, {}, until}, Network::kMaxGateways - known, now);
}

}  // namespace

void learn_lease(Translation& translation, const Frame& frame, const DhcpPacket& packet,
                 bool relayed, Nanos now) noexcept {
  const wire::DhcpView& dhcp = packet.dhcp;
  const Ipv4Address address = dhcp.yiaddr();
  const auto port = translation.guest_of(dhcp.chaddr());
  if (!port || !is_ack(dhcp) || !packet.is_true(frame) ||
      !can_be_a_guests(translation, address, now) ||
      !translation.parts.dhcp.asked(*port, dhcp.xid(), dhcp.chaddr(), now)) {
    return;
  }
  const Nanos until =
      now + std::chrono::seconds{dhcp.lease_time_s().value_or(kDefaultLeaseSeconds)};
  const auto bound = translation.parts.neighbors.valid({address, dhcp.chaddr(), *port},
                                                       NeighborOrigin::Dhcp, now, until);
  if (bound == NeighborTable::Bound::Taken || bound == NeighborTable::Bound::Refused) return;
  note_gateway(translation, dhcp.router(), until, now);
  note_gateway(translation, dhcp.server_id(), until, now);
  translation.observer->leased(address, *port, relayed);
}

}  // namespace laneway

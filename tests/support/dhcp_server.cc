#include "tests/support/dhcp_server.h"

#include <algorithm>

namespace laneway::test {

namespace {

constexpr Ipv4Address kBroadcast{0xffffffff};

Bytes client_of(const DhcpMessage& message) {
  const auto id = message.options.find(kOptionClient);
  return id != message.options.end() ? id->second : Writer().mac(message.chaddr).take();
}

}  // namespace

DhcpServer::DhcpServer(Host& host, const DhcpServerOptions& options)
    : host_(host), options_(options) {
  host_.on_udp(kDhcpServerPort, [this](const UdpDatagram& datagram, const IpPacket& packet) {
    const auto message = read_dhcp(datagram.payload);
    if (message && message->op == 1) input(*message, packet);
  });
}

std::optional<Ipv4Address> DhcpServer::lease_of(MacAddress chaddr) const {
  const auto found = leases_.find(Writer().mac(chaddr).take());
  return found == leases_.end() ? std::nullopt : std::optional(found->second);
}

void DhcpServer::input(const DhcpMessage& message, const IpPacket& packet) {
  heard_.push_back(message);
  switch (message.type) {
    case DhcpType::None:  // BOOTP: an address without a lease
    case DhcpType::Discover:
      if (const auto offered = offer_for(message)) {
        reply(message, packet, message.type == DhcpType::None ? DhcpType::None : DhcpType::Offer,
              *offered);
      }
      return;
    case DhcpType::Request:
      return answer_request(message, packet);
    case DhcpType::Release:
      leases_.erase(client_of(message));
      return;
    case DhcpType::Decline:
      declined_.insert(message.address_option(kOptionRequested).value_or(Ipv4Address{}));
      leases_.erase(client_of(message));
      return;
    case DhcpType::Inform:
      return reply(message, packet, DhcpType::Ack, {});
    default:
      return;
  }
}

// The client's own lease, else the lowest address that nobody has.
std::optional<Ipv4Address> DhcpServer::offer_for(const DhcpMessage& message) {
  const auto known = leases_.find(client_of(message));
  if (known != leases_.end()) return known->second;
  for (std::uint32_t i = 0; i < options_.size; ++i) {
    const Ipv4Address candidate{options_.first.number + i};
    const bool taken = std::any_of(leases_.begin(), leases_.end(),
                                   [&](const auto& lease) { return lease.second == candidate; });
    if (taken || declined_.contains(candidate)) continue;
    leases_[client_of(message)] = candidate;
    return candidate;
  }
  return std::nullopt;
}

void DhcpServer::answer_request(const DhcpMessage& message, const IpPacket& packet) {
  const auto server = message.address_option(kOptionServer);
  if (server && *server != self()) return;  // it took another's offer
  const Ipv4Address wanted = message.address_option(kOptionRequested).value_or(message.ciaddr);
  const auto lease = leases_.find(client_of(message));
  const bool granted = lease != leases_.end() && lease->second == wanted;
  reply(message, packet, granted ? DhcpType::Ack : DhcpType::Nak, granted ? wanted : Ipv4Address{});
}

void DhcpServer::reply(const DhcpMessage& to, const IpPacket& packet, DhcpType type,
                       Ipv4Address yiaddr) {
  DhcpMessage answer{.op = 2,
                     .xid = to.xid,
                     .broadcast = to.broadcast,
                     .ciaddr = to.ciaddr,
                     .yiaddr = yiaddr,
                     .giaddr = to.giaddr,
                     .chaddr = to.chaddr,
                     .type = type};
  const std::uint32_t mask =
      ~((std::uint64_t{1} << (32U - options_.prefix_bits)) - 1) & 0xffffffffU;
  answer.set(kOptionServer, self());
  if (type != DhcpType::Nak) {
    answer.set(kOptionMask, {mask}).set(kOptionRouter, self());
    if (!yiaddr.is_unspecified()) answer.set(kOptionLease, {options_.lease_seconds});
  }
  send_reply(to, packet, answer);
}

void DhcpServer::send_reply(const DhcpMessage& to, const IpPacket& packet,
                            const DhcpMessage& answer) {
  UdpDatagram datagram{.source = self(),
                       .destination = kBroadcast,
                       .source_port = kDhcpServerPort,
                       .destination_port = kDhcpClientPort,
                       .payload = dhcp_bytes(answer)};
  if (!to.giaddr.is_unspecified()) {  // through a relay
    datagram.destination = to.giaddr;
    datagram.destination_port = kDhcpServerPort;
    return host_.send_udp(datagram, options_.udp_checksum);
  }
  if (!to.ciaddr.is_unspecified() && answer.type != DhcpType::Nak) {
    datagram.destination = to.ciaddr;
    return host_.send_udp(datagram, options_.udp_checksum);
  }
  const bool broadcast = options_.form == ReplyForm::Broadcast || answer.type == DhcpType::Nak ||
                         (options_.form == ReplyForm::AsAsked && to.broadcast);
  MacAddress mac = options_.form == ReplyForm::AsAsked ? to.chaddr : packet.link_source;
  if (broadcast) mac = MacAddress::broadcast();
  if (!broadcast && options_.form != ReplyForm::UnicastBroadcastIp)
    datagram.destination = answer.yiaddr;
  host_.send_frame(ip_frame(mac, host_.mac(), udp_packet(datagram, options_.udp_checksum)));
}

}  // namespace laneway::test

#include "tests/support/dhcp_client.h"

#include <bit>

namespace laneway::test {

namespace {

constexpr Ipv4Address kBroadcast{0xffffffff};

}  // namespace

DhcpClient::DhcpClient(Host& host, const Options& options)
    : host_(host),
      options_(options),
      xid_(static_cast<std::uint32_t>(host.mac().number() * 0x9e3779b1U)) {
  host_.on_udp(kDhcpClientPort, [this](const UdpDatagram& datagram, const IpPacket&) {
    const auto message = read_dhcp(datagram.payload);
    if (message && message->op == 2 && message->xid == xid_ && message->chaddr == host_.mac()) {
      input(*message);
    }
  });
}

void DhcpClient::start() { enter(State::Selecting); }

void DhcpClient::renew() {
  to_all_ = false;
  enter(State::Renewing);
}

void DhcpClient::rebind() {
  to_all_ = true;
  enter(State::Renewing);
}

void DhcpClient::release() {
  send_bound(message(DhcpType::Release), *server_);
  state_ = State::Idle;
  ++round_;
  host_.remove_address(*lease_);
  lease_.reset();
}

void DhcpClient::inform() { send_bound(message(DhcpType::Inform), *server_); }

void DhcpClient::decline() {
  DhcpMessage declined = message(DhcpType::Decline);
  declined.ciaddr = {};
  declined.set(kOptionRequested, *lease_).set(kOptionServer, *server_);
  host_.remove_address(*lease_);
  lease_.reset();
  send_unbound(declined);
  state_ = State::Idle;
  ++round_;
}

void DhcpClient::enter(State state) {
  state_ = state;
  if (state == State::Selecting || state == State::Renewing) xid_ = options_.xid.value_or(xid_ + 1);
  ++round_;
  if (state != State::Bound) try_again(round_, kTries);
}

void DhcpClient::try_again(std::uint64_t round, int tries_left) {
  if (round != round_ || tries_left == 0) return;
  send();
  host_.timeline().after(kRetry, [this, round, tries_left] { try_again(round, tries_left - 1); });
}

DhcpMessage DhcpClient::message(DhcpType type) const {
  DhcpMessage message{.op = 1,
                      .xid = xid_,
                      .broadcast = options_.broadcast_flag,
                      .ciaddr = lease_.value_or(Ipv4Address{}),
                      .chaddr = host_.mac(),
                      .type = type};
  if (options_.client_id) message.options[kOptionClient] = *options_.client_id;
  return message;
}

void DhcpClient::send() {
  if (state_ == State::Renewing) {
    return send_bound(message(DhcpType::Request), to_all_ ? kBroadcast : *server_);
  }
  const DhcpType first = options_.bootp ? DhcpType::None : DhcpType::Discover;
  DhcpMessage question = message(state_ == State::Selecting ? first : DhcpType::Request);
  question.ciaddr = {};
  if (state_ == State::Requesting) {
    question.set(kOptionRequested, *offered_).set(kOptionServer, *server_);
  }
  send_unbound(question);
}

void DhcpClient::send_unbound(const DhcpMessage& message) {
  ++sent_;
  const UdpDatagram datagram{.source = Ipv4Address{},
                             .destination = kBroadcast,
                             .source_port = kDhcpClientPort,
                             .destination_port = kDhcpServerPort,
                             .payload = dhcp_bytes(message)};
  host_.send_frame(
      ip_frame(MacAddress::broadcast(), host_.mac(), udp_packet(datagram, options_.udp_checksum)));
}

void DhcpClient::send_bound(const DhcpMessage& message, Ipv4Address to) {
  ++sent_;
  const UdpDatagram datagram{.source = *lease_,
                             .destination = to,
                             .source_port = kDhcpClientPort,
                             .destination_port = kDhcpServerPort,
                             .payload = dhcp_bytes(message)};
  if (!to.is_broadcast()) return host_.send_udp(datagram, options_.udp_checksum);
  host_.send_frame(
      ip_frame(MacAddress::broadcast(), host_.mac(), udp_packet(datagram, options_.udp_checksum)));
}

void DhcpClient::input(const DhcpMessage& message) {
  switch (message.type) {
    case DhcpType::None:
      if (options_.bootp && state_ == State::Selecting) take_lease(message);
      return;
    case DhcpType::Offer:
      if (state_ == State::Selecting) take_offer(message);
      return;
    case DhcpType::Ack:
      ++acks_;
      if (state_ == State::Requesting || state_ == State::Renewing) take_lease(message);
      return;
    case DhcpType::Nak:
      ++naks_;
      if (state_ == State::Requesting || state_ == State::Renewing) enter(State::Selecting);
      return;
    default:
      return;
  }
}

void DhcpClient::take_offer(const DhcpMessage& offer) {
  offered_ = offer.yiaddr;
  server_ = offer.address_option(kOptionServer);
  if (server_) enter(State::Requesting);
}

void DhcpClient::take_lease(const DhcpMessage& ack) {
  lease_ = ack.yiaddr;
  leased_at_ = host_.timeline().now();
  const auto mask = ack.address_option(kOptionMask).value_or(Ipv4Address{0xffffff00});
  const auto bits = static_cast<std::uint8_t>(std::popcount(mask.number));
  host_.add_address_unasked({*lease_, bits});
  if (const auto router = ack.address_option(kOptionRouter)) host_.set_gateway(*router);
  const bool fresh = state_ != State::Renewing;
  enter(State::Bound);
  if (fresh && !options_.bootp) host_.announce(*lease_);
}

}  // namespace laneway::test

// tests/support/dhcp_server.h: a small DHCPv4 server on a test host (RFC 2131), that answers in any
// of the forms that real servers, relays and access points bring about.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "tests/support/dhcp_message.h"
#include "tests/support/host.h"

namespace laneway::test {

// How a reply to a client without an address is sent.
enum class ReplyForm : std::uint8_t {
  AsAsked,  // RFC 2131 §4.1: broadcast flag set: broadcast; else to chaddr and yiaddr
  Broadcast,
  UnicastBroadcastIp,  // to the MAC that asked, IP 255.255.255.255
  UnicastYiaddr,       // to the MAC that asked, IP yiaddr
};

struct DhcpServerOptions {
  Ipv4Address first{};  // of the pool
  std::uint32_t size = 100;
  std::uint8_t prefix_bits = 24;
  std::uint32_t lease_seconds = 3600;
  ReplyForm form = ReplyForm::AsAsked;
  bool udp_checksum = true;
};

class DhcpServer {
 public:
  // Serves as the IPv4 address of `host`, which it also names as router.
  DhcpServer(Host& host, const DhcpServerOptions& options);

  DhcpServerOptions& options() { return options_; }
  // What it received, in order: chaddr and client ids as they arrived.
  const std::vector<DhcpMessage>& heard() const { return heard_; }
  std::size_t leases() const { return leases_.size(); }
  std::optional<Ipv4Address> lease_of(MacAddress chaddr) const;
  const std::set<Ipv4Address>& declined() const { return declined_; }

 private:
  void input(const DhcpMessage& message, const IpPacket& packet);
  std::optional<Ipv4Address> offer_for(const DhcpMessage& message);
  void answer_request(const DhcpMessage& message, const IpPacket& packet);
  void reply(const DhcpMessage& to, const IpPacket& packet, DhcpType type, Ipv4Address yiaddr);
  void send_reply(const DhcpMessage& to, const IpPacket& packet, const DhcpMessage& answer);
  Ipv4Address self() const { return host_.address(Family::Ipv4)->v4(); }

  Host& host_;
  DhcpServerOptions options_;
  std::map<Bytes, Ipv4Address> leases_;  // by client id, or chaddr without one
  std::set<Ipv4Address> declined_;
  std::vector<DhcpMessage> heard_;
};

}  // namespace laneway::test

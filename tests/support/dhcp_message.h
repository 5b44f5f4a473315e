// tests/support/dhcp_message.h: BOOTP and DHCPv4 messages (RFC 951, 2131, 2132) as test hosts and
// the access point read and write them; see packet.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "tests/support/packet.h"

namespace laneway::test {

enum class DhcpType : std::uint8_t {
  None = 0,  // plain BOOTP: no cookie, no options
  Discover = 1,
  Offer,
  Request,
  Decline,
  Ack,
  Nak,
  Release,
  Inform,
};

constexpr std::uint16_t kDhcpServerPort = 67;
constexpr std::uint16_t kDhcpClientPort = 68;
constexpr std::uint8_t kOptionMask = 1;
constexpr std::uint8_t kOptionRouter = 3;
constexpr std::uint8_t kOptionRequested = 50;
constexpr std::uint8_t kOptionLease = 51;
constexpr std::uint8_t kOptionType = 53;
constexpr std::uint8_t kOptionServer = 54;
constexpr std::uint8_t kOptionClient = 61;

struct DhcpMessage {
  std::uint8_t op = 1;  // 1 from clients, 2 from servers
  std::uint32_t xid = 0;
  bool broadcast = false;
  Ipv4Address ciaddr{};
  Ipv4Address yiaddr{};
  Ipv4Address giaddr{};
  MacAddress chaddr{};
  DhcpType type = DhcpType::None;
  std::map<std::uint8_t, Bytes> options{};  // but kOptionType

  std::optional<Ipv4Address> address_option(std::uint8_t option) const;
  DhcpMessage& set(std::uint8_t option, Ipv4Address address);
};

// Of a UDP payload; nullopt unless it is a whole message for Ethernet.
std::optional<DhcpMessage> read_dhcp(View payload);
// The DHCP message of a frame, whatever its ports; nullopt if there is none.
std::optional<DhcpMessage> dhcp_of(View frame);
Bytes dhcp_bytes(const DhcpMessage& message);

}  // namespace laneway::test

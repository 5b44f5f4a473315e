// switch/wire/dhcpv6.h: which side a DHCPv6 message is of (RFC 8415 section 7.3).
#pragma once

#include <cstdint>
#include <optional>

#include "switch/wire/udp.h"

namespace laneway::wire {

constexpr std::uint16_t kDhcpv6ClientPort = 546;
constexpr std::uint16_t kDhcpv6ServerPort = 547;

enum class Dhcpv6Type : std::uint8_t {
  Solicit = 1,
  Advertise = 2,
  Request = 3,
  Confirm = 4,
  Renew = 5,
  Rebind = 6,
  Reply = 7,
  Release = 8,
  Decline = 9,
  Reconfigure = 10,
  InformationRequest = 11,
  RelayForward = 12,
  RelayReply = 13,
};

// The type of a datagram to or from a DHCPv6 port; nullopt for any other and for an empty one.
std::optional<Dhcpv6Type> dhcpv6_type(const UdpView& udp) noexcept;
// Only servers and relays send it.
constexpr bool is_server_message(Dhcpv6Type type) noexcept {
  return type == Dhcpv6Type::Advertise || type == Dhcpv6Type::Reply ||
         type == Dhcpv6Type::Reconfigure || type == Dhcpv6Type::RelayForward ||
         type == Dhcpv6Type::RelayReply;
}

}  // namespace laneway::wire

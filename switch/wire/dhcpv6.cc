#include "switch/wire/dhcpv6.h"

namespace laneway::wire {

std::optional<Dhcpv6Type> dhcpv6_type(const UdpView& udp) noexcept {
  const auto is_dhcpv6 = [](std::uint16_t port) {
    return port == kDhcpv6ClientPort || port == kDhcpv6ServerPort;
  };
  if (!is_dhcpv6(udp.source_port()) && !is_dhcpv6(udp.destination_port())) return std::nullopt;
  if (udp.payload().empty()) return std::nullopt;
  return Dhcpv6Type{load_u8(udp.payload().data())};
}

}  // namespace laneway::wire

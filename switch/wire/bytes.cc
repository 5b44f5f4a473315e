#include "switch/wire/bytes.h"

namespace laneway::wire {

MacAddress load_mac(const std::byte* at) noexcept {
  MacAddress mac;
  std::memcpy(mac.octets.data(), at, mac.octets.size());
  return mac;
}

void store_mac(std::byte* at, MacAddress mac) noexcept {
  std::memcpy(at, mac.octets.data(), mac.octets.size());
}

Ipv4Address load_ipv4(const std::byte* at) noexcept { return {load_be32(at)}; }

void store_ipv4(std::byte* at, Ipv4Address address) noexcept { store_be32(at, address.number); }

Ipv6Address load_ipv6(const std::byte* at) noexcept {
  Ipv6Address address;
  std::memcpy(address.octets.data(), at, address.octets.size());
  return address;
}

void store_ipv6(std::byte* at, const Ipv6Address& address) noexcept {
  std::memcpy(at, address.octets.data(), address.octets.size());
}

}  // namespace laneway::wire

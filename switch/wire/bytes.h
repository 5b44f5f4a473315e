// switch/wire/bytes.h: numbers and addresses in network byte order, at any alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "switch/types.h"

namespace laneway::wire {

inline std::uint8_t load_u8(const std::byte* at) noexcept {
  return std::to_integer<std::uint8_t>(*at);
}
inline std::uint16_t load_be16(const std::byte* at) noexcept {
  return static_cast<std::uint16_t>((load_u8(at) << 8U) | load_u8(at + 1));
}
inline std::uint32_t load_be32(const std::byte* at) noexcept {
  return (std::uint32_t{load_be16(at)} << 16U) | load_be16(at + 2);
}
inline void store_u8(std::byte* at, std::uint8_t value) noexcept { *at = std::byte{value}; }
inline void store_be16(std::byte* at, std::uint16_t value) noexcept {
  at[0] = std::byte{static_cast<std::uint8_t>(value >> 8U)};
  at[1] = std::byte{static_cast<std::uint8_t>(value & 0xffU)};
}
inline void store_be32(std::byte* at, std::uint32_t value) noexcept {
  store_be16(at, static_cast<std::uint16_t>(value >> 16U));
  store_be16(at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}

MacAddress load_mac(const std::byte* at) noexcept;
void store_mac(std::byte* at, MacAddress mac) noexcept;
Ipv4Address load_ipv4(const std::byte* at) noexcept;
void store_ipv4(std::byte* at, Ipv4Address address) noexcept;
Ipv6Address load_ipv6(const std::byte* at) noexcept;
void store_ipv6(std::byte* at, const Ipv6Address& address) noexcept;

}  // namespace laneway::wire

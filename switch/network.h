// switch/network.h: what is known of the network on the uplink's other side, and of ourselves on
// it.
//
// The control plane fills it from rtnetlink and nl80211; stages read it. `bridge/` and `proxy/`
// meet here and in neighbor_table.h.
//
// Threads: changed on the worker, between two bursts, by a command that carries a whole new value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "switch/types.h"

namespace laneway {

struct Gateway {
  IpAddress address;
  MacAddress mac{};  // zero: not known yet
  Nanos until{};     // when heard information runs out; 0: as long as the host has it
  auto operator<=>(const Gateway&) const = default;
};

// Limits: 256 host addresses, 256 closed prefixes, 16 gateways, 32 on-link prefixes.
struct Network {
  static constexpr std::size_t kMaxHostAddresses = 256;  // an adapter with more is a server farm's
  static constexpr std::size_t kMaxClosed = 256;
  static constexpr std::size_t kMaxGateways = 16;  // RFC 4861 section 6.3.4 asks for 2 at least
  static constexpr std::size_t kMaxOnLink = 32;

  bool translated = false;  // one station address on the air
  bool wifi = false;
  MacAddress station{};      // STA: the adapter's address
  MacAddress own{};          // Own: the host port's address, or a drawn one
  std::uint32_t mtu = 1500;  // bytes of an IP packet on the uplink

  std::vector<IpPrefix> host;     // H: the host's addresses on the uplink, with their prefix length
  std::vector<IpPrefix> closed;   // connected prefixes of the host's other interfaces
  std::vector<Gateway> gateways;  // G: default routes; RAs and DHCP servers heard are added below
  std::vector<IpPrefix> on_link;  // PIOs of RAs heard

  bool is_host(const IpAddress& address) const noexcept;     // in H, Own's fe80:: included
  bool is_gateway(const IpAddress& address) const noexcept;  // in G
  bool is_closed(const IpAddress& address) const noexcept;   // in Closed, but in no prefix of H
  // In a prefix of H or on_link, or link-local of either family.
  bool is_on_link(const IpAddress& address) const noexcept;
  // 255.255.255.255 or the directed broadcast of a prefix of H.
  bool is_broadcast(Ipv4Address address) const noexcept;
  // An IPv4 address of the host, to ask in its name; nullopt if it has none.
  std::optional<Ipv4Address> host_v4() const noexcept;
  Ipv6Address own_link_local() const noexcept { return Ipv6Address::link_local(own); }
  // The nonce of our own duplicate-address detection on the uplink (RFC 7527): Own, which nobody
  // else has.
  std::span<const std::byte> own_nonce() const noexcept {
    return std::as_bytes(std::span(own.octets));
  }
};

}  // namespace laneway

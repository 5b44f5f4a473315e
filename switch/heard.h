// switch/heard.h: routers, DHCP servers and on-link prefixes that were heard on the uplink.
//
// They come beside what the host knows (switch/network.h): no guest may take a gateway's address,
// and data from an on-link prefix makes a binding. Filled from RAs (RFC 4861 section 6.3.4) and
// DHCP ACKs.
//
// Invariants: (1) bounded; a full list refuses the newcomer, so a flood of RAs ousts no real
// router; (2) an entry lasts as long as its sender said, and nothing ends it before.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "switch/network.h"
#include "switch/types.h"

namespace laneway {

class Heard {
 public:
  struct Prefix {
    IpPrefix prefix;
    Nanos until{};
  };

  // Notes a router or DHCP server; a known one gets the new time, and its MAC if `gateway.mac` is
  // not zero. False if there is no room: at most `room` of Network::kMaxGateways are used.
  bool note_gateway(const Gateway& gateway, std::size_t room, Nanos now) noexcept;
  // Notes an on-link prefix until then. False if there is no room.
  bool note_prefix(const IpPrefix& prefix, Nanos until, Nanos now) noexcept;

  bool is_gateway(const IpAddress& address, Nanos now) const noexcept;
  bool is_on_link(const IpAddress& address, Nanos now) const noexcept;

  // All entries, those that have run out included.
  std::span<const Gateway> gateways() const noexcept { return {gateways_.data(), gateway_count_}; }
  std::span<const Prefix> prefixes() const noexcept { return {prefixes_.data(), prefix_count_}; }

  // The station is on another network now.
  void clear() noexcept { gateway_count_ = prefix_count_ = 0; }

 private:
  std::array<Gateway, Network::kMaxGateways> gateways_;
  std::array<Prefix, Network::kMaxOnLink> prefixes_;
  std::size_t gateway_count_ = 0;
  std::size_t prefix_count_ = 0;
};

}  // namespace laneway

// proxy/defender.h: tells a guest that an address which it claims is somebody else's, by the
// owner's announcement, to that guest alone (RFC 5227 section 2.4, RFC 4862 section 5.4.4).
//
// The owner does not hear the claim: it could be made to give up.
//
// Threads: used by the worker that owns the switch.
#pragma once

#include <array>

#include "proxy/context.h"

namespace laneway {

class Defender {
 public:
  explicit Defender(const ProxyContext& context) noexcept : context_(context) {}

  // Says that `address` is at `mac`, to `claimant` alone; at most once in 10 s an address and port.
  void defend(const IpAddress& address, MacAddress mac, PortId claimant, Nanos now) noexcept;

 private:
  struct Said {
    IpAddress address;
    Nanos free_at{};  // when it may be said again
  };
  Said* room_for(const IpAddress& address, PortId claimant, Nanos now) noexcept;
  bool announce(const IpAddress& address, MacAddress mac, PortId claimant, Nanos now) noexcept;

  ProxyContext context_;
  std::array<std::array<Said, limits::kDefences>, kMaxPorts> said_{};
};

}  // namespace laneway

// bridge/dhcp_relay.h: a DHCPv4 lease where broadcast replies do not arrive.
//
// Some access points deliver no group frames, or no broadcast DHCP replies. After two unanswered
// tries a guest's request goes out in turns as if the host relayed it (giaddr is the host's
// address, so the server answers the host by unicast: RFC 2131 section 4.1, RFC 1542 section 4.1)
// and as the guest sent it. Hardware address and client identifier stay, so the server sees the
// guest.
//
// Invariants: (1) bounded for each port; (2) nothing allocates.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/types.h"

namespace laneway {

class DhcpRelay {
 public:
  static constexpr std::uint32_t kDirectTries = 2;
  static constexpr std::size_t kPortClients =
      4;  // of a port: a guest, its boot loader, nested ones
  static constexpr Nanos kMemory =
      std::chrono::minutes{2};  // RFC 2131 section 4.1: up to 64 s apart

  enum class Form : std::uint8_t { Broadcast, AsSent, Relayed };

  // The form in which the next request of `client` goes out, which is thereby a try more. Relayed
  // only with `can_relay`.
  Form next_form(PortId port, MacAddress client, bool can_relay, Nanos now) noexcept;
  // A reply for `client` arrived, by the relay or not.
  void answered(PortId port, MacAddress client, bool relayed, Nanos now) noexcept;

  void forget(PortId port) noexcept { ports_[index(port)] = {}; }
  void forget_all() noexcept { ports_ = {}; }

 private:
  struct Client {
    MacAddress mac{};
    std::uint32_t tries = 0;  // since the last answer
    bool by_relay = false;    // the last answer came so
    Nanos seen = -kMemory;
  };

  Client& client_of(PortId port, MacAddress mac, Nanos now) noexcept;

  std::array<std::array<Client, kPortClients>, kMaxPorts> ports_;
};

}  // namespace laneway

// switch/dhcp_transactions.h: which port asked a DHCP server for what (RFC 2131 section 4.1).
//
// A reply over a translated uplink names its client by transaction id and hardware address alone.
// An ACK that answers no question of a guest binds nothing.
//
// Invariants: (1) a port has a fixed share, and its newest questions push out its own oldest;
// (2) nothing is found after limits::kDhcpTransactionAge.
//
// Threads: used by one worker only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "switch/types.h"

namespace laneway {

class DhcpTransactions {
 public:
  DhcpTransactions();
  ~DhcpTransactions();

  // Notes that the client `chaddr` behind `port` asked with transaction id `xid`.
  void remember(PortId port, std::uint32_t xid, MacAddress chaddr, Nanos now) noexcept;
  // A port came or went.
  void forget(PortId port) noexcept;

  // The port that last asked so; nullopt if none did of late.
  std::optional<PortId> port_of(std::uint32_t xid, MacAddress chaddr, Nanos now) const noexcept;
  std::optional<PortId> port_of(std::uint32_t xid, Nanos now) const noexcept;
  // True if `port` asked so.
  bool asked(PortId port, std::uint32_t xid, MacAddress chaddr, Nanos now) const noexcept;

 private:
  struct Ports;
  std::unique_ptr<Ports> ports_;
};

}  // namespace laneway

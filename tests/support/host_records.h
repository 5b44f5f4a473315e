// tests/support/host_records.h: what a test host keeps of its addresses and of what happened to it.
#pragma once

#include <cstdint>
#include <optional>

#include "switch/types.h"
#include "tests/support/frame_log.h"

namespace laneway::test {

enum class AddressState : std::uint8_t { None, Tentative, Preferred, Duplicate };

struct OwnAddress {
  IpPrefix prefix;
  AddressState state = AddressState::Tentative;
  int probes_left = 0;
  std::uint64_t attempt = 0;  // makes timers of an earlier one void
  Bytes nonce{};              // RFC 7527; empty without
  std::optional<Nanos> defended{};
};

struct PingResult {
  int sent = 0;
  int answered = 0;
  int repeated = 0;            // answers beyond the first to one request
  std::uint8_t hop_limit = 0;  // of the last answer
};
enum class PingId : std::uint16_t {};

struct IcmpError {
  IpAddress from;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t mtu = 0;
};

struct HostCounters {
  std::uint64_t filtered = 0;    // frames for another address: the adapter does not take them
  std::uint64_t unreadable = 0;  // headers or checksums wrong
  std::uint64_t self_heard = 0;  // frames, ARP or ND with its own address: an echo
  std::uint64_t conflicts = 0;   // claims of an address that it holds
  std::uint64_t sent_frames = 0;
};

}  // namespace laneway::test

// switch/wire/icmpv4.h: ICMP (RFC 792): echo, and the error that path MTU discovery needs (RFC
// 1191).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/frame_builder.h"
#include "switch/wire/ipv4.h"

namespace laneway::wire {

enum class IcmpType : std::uint8_t {
  EchoReply = 0,
  DestinationUnreachable = 3,
  SourceQuench = 4,
  Redirect = 5,
  Echo = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
};
constexpr std::uint8_t kFragmentationNeeded = 4;  // code of DestinationUnreachable

class Icmpv4View {
 public:
  static constexpr std::size_t kType = 0;
  static constexpr std::size_t kCode = 1;
  static constexpr std::size_t kChecksum = 2;
  static constexpr std::size_t kId = 4;          // of an echo
  static constexpr std::size_t kSequence = 6;    // of an echo
  static constexpr std::size_t kNextHopMtu = 6;  // of FragmentationNeeded
  static constexpr std::size_t kSize = 8;

  // nullopt: not ICMP, not the first fragment, or shorter than 8 bytes.
  static std::optional<Icmpv4View> parse(const Ipv4View& ip) noexcept;

  std::uint8_t type() const noexcept { return load_u8(&bytes_[kType]); }
  bool is(IcmpType wanted) const noexcept { return type() == static_cast<std::uint8_t>(wanted); }
  std::uint8_t code() const noexcept { return load_u8(&bytes_[kCode]); }
  std::uint16_t checksum() const noexcept { return load_be16(&bytes_[kChecksum]); }
  std::uint16_t id() const noexcept { return load_be16(&bytes_[kId]); }
  std::uint16_t sequence() const noexcept { return load_be16(&bytes_[kSequence]); }
  std::uint16_t next_hop_mtu() const noexcept { return load_be16(&bytes_[kNextHopMtu]); }
  // Not a question or an answer to one: nobody may send an error about it (RFC 1122 section 3.2.2).
  bool is_error() const noexcept;
  bool checksum_valid() const noexcept;
  // Behind the 8 bytes, as much as is readable.
  std::span<std::byte> body() const noexcept { return bytes_.subspan(kSize); }

 private:
  explicit Icmpv4View(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

struct EchoFields {
  bool is_reply = false;
  std::uint16_t id = 0;
  std::uint16_t sequence = 0;
  std::span<const std::byte> data{};
};

// A whole frame in `out`; empty if it does not fit.
std::span<std::byte> build_echo4(std::span<std::byte> out, const MacPair& macs,
                                 const Ipv4Fields& ip, const EchoFields& echo) noexcept;

// Room for an error frame of either family: an IPv6 packet of 1,280 bytes (RFC 4443 section 2.4
// (c)).
constexpr std::size_t kIcmpErrorFrameBytes = 14 + 1280;
constexpr std::size_t kIcmpv4QuoteBytes = 548;  // of 576 bytes in all (RFC 1812 section 4.3.2.3)
// "`packet` does not fit `mtu`", from `router` to the packet's source.
std::span<std::byte> build_fragmentation_needed(std::span<std::byte> out, const MacPair& macs,
                                                Ipv4Address router, const Ipv4View& packet,
                                                std::uint16_t mtu) noexcept;

}  // namespace laneway::wire

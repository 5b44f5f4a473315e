// switch/wire/icmpv6.h: ICMPv6 (RFC 4443): echo and Packet Too Big; Neighbor Discovery is in ndp.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/icmpv4.h"
#include "switch/wire/ipv6.h"

namespace laneway::wire {

enum class Icmpv6Type : std::uint8_t {
  DestinationUnreachable = 1,
  PacketTooBig = 2,
  TimeExceeded = 3,
  ParameterProblem = 4,
  EchoRequest = 128,
  EchoReply = 129,
  MldQuery = 130,
  MldReport = 131,
  MldDone = 132,
  RouterSolicitation = 133,
  RouterAdvertisement = 134,
  NeighborSolicitation = 135,
  NeighborAdvertisement = 136,
  Redirect = 137,
  Mldv2Report = 143,
};
constexpr std::uint8_t number(Icmpv6Type type) noexcept { return static_cast<std::uint8_t>(type); }

class Icmpv6View {
 public:
  static constexpr std::size_t kType = 0;
  static constexpr std::size_t kCode = 1;
  static constexpr std::size_t kChecksum = 2;
  static constexpr std::size_t kMtu = 4;       // of PacketTooBig
  static constexpr std::size_t kId = 4;        // of an echo
  static constexpr std::size_t kSequence = 6;  // of an echo
  static constexpr std::size_t kSize = 4;      // what all messages have

  // nullopt: not ICMPv6, or its header is not in this packet.
  static std::optional<Icmpv6View> parse(const Ipv6View& ip, const Ipv6Chain& chain) noexcept;

  std::uint8_t type() const noexcept { return load_u8(&bytes_[kType]); }
  bool is(Icmpv6Type wanted) const noexcept { return type() == number(wanted); }
  bool is_neighbor_discovery() const noexcept {
    return type() >= number(Icmpv6Type::RouterSolicitation) &&
           type() <= number(Icmpv6Type::Redirect);
  }
  bool is_error() const noexcept { return type() < 128; }  // RFC 4443 section 2.1
  std::uint8_t code() const noexcept { return load_u8(&bytes_[kCode]); }
  std::uint16_t checksum() const noexcept { return load_be16(&bytes_[kChecksum]); }
  // False too if not all of the message is readable here.
  bool checksum_valid(const Ipv6View& ip) const noexcept;
  // From the type on, as much as is readable; whole if it has message_bytes().
  std::span<std::byte> message() const noexcept { return bytes_; }
  std::size_t message_bytes() const noexcept { return message_bytes_; }

 private:
  Icmpv6View(std::span<std::byte> bytes, std::size_t message_bytes) noexcept
      : bytes_(bytes), message_bytes_(message_bytes) {}
  std::span<std::byte> bytes_;
  std::size_t message_bytes_;
};

// Whole frames in `out`; empty if they do not fit.
std::span<std::byte> build_echo6(std::span<std::byte> out, const MacPair& macs,
                                 const Ipv6Fields& ip, const EchoFields& echo) noexcept;

constexpr std::size_t kIcmpv6QuoteBytes = 1280 - 40 - 8;  // RFC 4443 section 2.4 (c)
// "`packet` does not fit `mtu`", from `router` to the packet's source.
std::span<std::byte> build_packet_too_big(std::span<std::byte> out, const MacPair& macs,
                                          const Ipv6Address& router, const Ipv6View& packet,
                                          std::uint32_t mtu) noexcept;

}  // namespace laneway::wire

// tests/support/nd_message.h: Neighbor Discovery (RFC 4861) and multicast listener reports as the
// test hosts read and write them; see packet.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/support/packet.h"

namespace laneway::test {

enum class NdType : std::uint8_t {
  RouterSolicitation = 133,
  RouterAdvertisement = 134,
  NeighborSolicitation = 135,
  NeighborAdvertisement = 136,
  Redirect = 137,
};

struct NdOption {
  std::uint8_t type = 0;
  Bytes body{};  // behind type and length; a multiple of 8 bytes less 2
};
constexpr std::uint8_t kSourceLinkLayer = 1;
constexpr std::uint8_t kTargetLinkLayer = 2;
constexpr std::uint8_t kPrefixInformation = 3;
constexpr std::uint8_t kNonce = 14;  // RFC 3971 §5.3.2, RFC 7527

struct NdMessage {
  NdType type = NdType::NeighborSolicitation;
  // The 32 bits behind the checksum: flags of an NA, hop limit, flags and lifetime of an RA.
  std::uint32_t word = 0;
  Ipv6Address target{};       // NS, NA, Redirect
  Ipv6Address destination{};  // Redirect
  std::vector<NdOption> options{};

  static constexpr std::uint32_t kRouter = 0x80000000;     // NA: R
  static constexpr std::uint32_t kSolicited = 0x40000000;  // NA: S
  static constexpr std::uint32_t kOverride = 0x20000000;   // NA: O

  NdMessage& with(std::uint8_t option, MacAddress mac);
  // The address in the first option of this type; nullopt without one.
  std::optional<MacAddress> link_layer(std::uint8_t option) const;
  const NdOption* find(std::uint8_t option) const;
};

// nullopt unless `packet` is a valid ND message: hop limit, code, lengths, checksum.
std::optional<NdMessage> read_nd(const IpPacket& packet);
IpPacket nd_packet(const Ipv6Address& source, const Ipv6Address& destination,
                   const NdMessage& message);

// An MLDv2 report (RFC 3810 §5.2) that joins (exclude none) or leaves (include none) `group`.
IpPacket mld_report(const Ipv6Address& source, const Ipv6Address& group, bool join);
// An IGMPv3 report (RFC 3376 §4.2), the same way.
IpPacket igmp_report(Ipv4Address source, Ipv4Address group, bool join);

}  // namespace laneway::test

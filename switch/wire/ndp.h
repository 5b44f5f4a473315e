// switch/wire/ndp.h: Neighbor Discovery messages (RFC 4861), whole and valid.
//
// A message that fails a receiver's checks (RFC 4861 sections 6.1, 7.1 and 8.1) is not viewed at
// all: it may still carry somebody's address. The one check left to the caller is the ICMPv6
// checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/ipv6.h"
#include "switch/wire/ndp_option.h"

namespace laneway::wire {

class NdView {
 public:
  // The message from its type on. Fixed parts: RS 8, RA 16, NS and NA 24, Redirect 40 bytes.
  static constexpr std::size_t kChecksum = 2;
  static constexpr std::size_t kFlags = 4;           // NA: R, S, O
  static constexpr std::size_t kRouterFlags = 5;     // RA: M, O, H, Prf, P
  static constexpr std::size_t kRouterLifetime = 6;  // RA
  static constexpr std::size_t kTarget = 8;          // NS, NA, Redirect
  static constexpr std::size_t kDestination = 24;    // Redirect

  Icmpv6Type type() const noexcept { return Icmpv6Type{load_u8(&message_[0])}; }
  bool is(Icmpv6Type wanted) const noexcept { return type() == wanted; }
  const Ipv6View& ip() const noexcept { return ip_; }
  Ipv6Address source() const noexcept { return ip_.source(); }
  std::uint16_t checksum() const noexcept { return load_be16(&message_[kChecksum]); }
  bool checksum_valid() const noexcept;
  std::span<std::byte> message() const noexcept { return message_; }

  // Somebody asks whether the target is free (RFC 4862 section 5.4.2).
  bool is_dad_solicitation() const noexcept {
    return is(Icmpv6Type::NeighborSolicitation) && source().is_unspecified();
  }
  // Require NS, NA or Redirect.
  Ipv6Address target() const noexcept { return load_ipv6(&message_[kTarget]); }
  // Requires Redirect: the address that shall be reached through target().
  Ipv6Address redirected() const noexcept { return load_ipv6(&message_[kDestination]); }
  // Require NA.
  bool is_router() const noexcept { return (load_u8(&message_[kFlags]) & 0x80U) != 0; }
  bool is_solicited() const noexcept { return (load_u8(&message_[kFlags]) & 0x40U) != 0; }
  bool is_override() const noexcept { return (load_u8(&message_[kFlags]) & 0x20U) != 0; }
  // Require RA.
  std::uint16_t router_lifetime_s() const noexcept { return load_be16(&message_[kRouterLifetime]); }
  bool is_proxied() const noexcept {  // P, RFC 4389 section 4.1.3.3
    return (load_u8(&message_[kRouterFlags]) & 0x04U) != 0;
  }

  NdOptions options() const noexcept { return NdOptions(message_.subspan(fixed_bytes_)); }
  // The first link-layer address option of `kind`; nullopt if there is none.
  std::optional<MacAddress> link_layer(NdOptionType kind) const noexcept;
  std::optional<NdOption> find(NdOptionType kind) const noexcept;
  // Signed (RFC 3971): an edit would break the signature.
  bool is_signed() const noexcept {
    return find(NdOptionType::Cga).has_value() || find(NdOptionType::RsaSignature).has_value();
  }
  // Puts `mac` into a link-layer address option of this message.
  void set_link_layer(const NdOption& option, MacAddress mac, ChecksumEdit edit) noexcept;

 private:
  friend struct NdParse;
  NdView(const Ipv6View& ip, std::span<std::byte> message, std::size_t fixed_bytes) noexcept
      : ip_(ip), message_(message), fixed_bytes_(fixed_bytes) {}

  Ipv6View ip_;
  std::span<std::byte> message_;
  std::size_t fixed_bytes_;
};

// What an IPv6 packet is to Neighbor Discovery.
struct NdParse {
  // HeaderChain: too many extension headers, or a chain that is cut: nobody can tell what it
  // carries. Fragmented: ND with a fragment header (RFC 6980). Malformed: fails a receiver's
  // checks.
  enum class Kind : std::uint8_t { Other, HeaderChain, Fragmented, Malformed, Valid };

  Kind kind = Kind::Other;
  Ipv6Chain chain;
  std::optional<NdView> view;  // if Valid

  static NdParse of(const Ipv6View& ip) noexcept;
};

// Whole frames in `out`; empty if they do not fit, which kNdFrameBytes prevents.
constexpr std::size_t kNdFrameBytes = 14 + 40 + 32 + 8 + 32;

// A solicitation from `source`; with SLLAO `macs.source` unless `source` is "::" (then it is DAD).
struct NsFields {
  Ipv6Address source{};
  Ipv6Address destination{};  // target.solicited_node() or the target itself
  Ipv6Address target{};
  std::span<const std::byte> nonce{};  // none, or 6 bytes (RFC 7527 section 4)
};
std::span<std::byte> build_ns(std::span<std::byte> out, const MacPair& macs,
                              const NsFields& fields) noexcept;
// A solicitation for DAD: from "::" and `mac`, to the target's solicited-node group.
std::span<std::byte> build_dad_ns(std::span<std::byte> out, MacAddress mac,
                                  const Ipv6Address& target,
                                  std::span<const std::byte> nonce = {}) noexcept;

struct NaFields {
  Ipv6Address source{};
  Ipv6Address destination{};
  Ipv6Address target{};
  MacAddress link_layer{};  // TLLAO
  bool router = false;
  bool solicited = false;
  bool override_cache = false;
};
std::span<std::byte> build_na(std::span<std::byte> out, const MacPair& macs,
                              const NaFields& fields) noexcept;
// "`address` is at `mac`", to all nodes, S = 0, O = 1.
std::span<std::byte> build_unsolicited_na(std::span<std::byte> out, MacAddress mac,
                                          const Ipv6Address& address, bool router) noexcept;

struct RaFields {
  Ipv6Address source{};
  Ipv6Address destination = Ipv6Address::all_nodes();
  std::uint16_t lifetime_s = 1800;
  std::uint8_t flags = 0;                  // M 0x80, O 0x40, P 0x04
  std::optional<MacAddress> link_layer{};  // SLLAO
  std::optional<PrefixInformation> prefix{};
};
std::span<std::byte> build_ra(std::span<std::byte> out, const MacPair& macs,
                              const RaFields& fields) noexcept;

// From "::" without option, else with SLLAO `macs.source`; to all routers.
std::span<std::byte> build_rs(std::span<std::byte> out, const MacPair& macs,
                              const Ipv6Address& source) noexcept;

struct RedirectFields {
  Ipv6Address source{};       // the router's link-local address
  Ipv6Address destination{};  // of the packet that is redirected: its sender
  Ipv6Address target{};
  Ipv6Address redirected{};
  std::optional<MacAddress> link_layer{};  // TLLAO
};
std::span<std::byte> build_redirect(std::span<std::byte> out, const MacPair& macs,
                                    const RedirectFields& fields) noexcept;

}  // namespace laneway::wire

// switch/wire/arp.h: ARP for IPv4 over Ethernet (RFC 826), and RARP and InARP of the same layout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/ethernet.h"

namespace laneway::wire {

enum class ArpOp : std::uint16_t {
  Request = 1,
  Reply = 2,
  ReverseRequest = 3,  // RARP, RFC 903
  ReverseReply = 4,
  InverseRequest = 8,  // InARP, RFC 2390
  InverseReply = 9,
};

// What an ARP packet says.
struct ArpFields {
  ArpOp op = ArpOp::Request;
  MacAddress sender_mac{};
  Ipv4Address sender_ip{};
  MacAddress target_mac{};
  Ipv4Address target_ip{};

  bool operator==(const ArpFields&) const = default;
};

class ArpView {
 public:
  static constexpr std::size_t kHrd = 0;  // hardware type
  static constexpr std::size_t kPro = 2;  // protocol type
  static constexpr std::size_t kHln = 4;  // octets of a hardware address
  static constexpr std::size_t kPln = 5;  // octets of a protocol address
  static constexpr std::size_t kOp = 6;
  static constexpr std::size_t kSha = 8;   // sender's hardware address
  static constexpr std::size_t kSpa = 14;  // sender's protocol address
  static constexpr std::size_t kTha = 18;
  static constexpr std::size_t kTpa = 24;
  static constexpr std::size_t kSize = 28;  // bytes, ar$hrd to ar$tpa; padding may follow
  static_assert(kTpa + 4 == kSize);

  // `l3` starts at ar$hrd. nullopt unless ar$hrd=1, ar$pro=0x0800, ar$hln=6, ar$pln=4.
  static std::optional<ArpView> parse(std::span<std::byte> l3) noexcept;

  std::uint16_t op() const noexcept { return load_be16(at_ + kOp); }
  bool is(ArpOp wanted) const noexcept { return op() == static_cast<std::uint16_t>(wanted); }
  MacAddress sender_mac() const noexcept { return load_mac(at_ + kSha); }
  Ipv4Address sender_ip() const noexcept { return load_ipv4(at_ + kSpa); }
  MacAddress target_mac() const noexcept { return load_mac(at_ + kTha); }
  Ipv4Address target_ip() const noexcept { return load_ipv4(at_ + kTpa); }
  ArpFields fields() const noexcept;

  // A host that asks whether an address is free (RFC 5227 section 2.1.1).
  bool is_probe() const noexcept;
  // A host that states its own binding instead of asking for one (RFC 5227 section 2.3).
  bool is_announcement() const noexcept;

  void set_sender_mac(MacAddress mac) noexcept { store_mac(at_ + kSha, mac); }
  void set_target_mac(MacAddress mac) noexcept { store_mac(at_ + kTha, mac); }
  // Turns a request into the reply "target_ip() is at `answer`" (RFC 826, "Packet Reception").
  void make_reply(MacAddress answer) noexcept;

 private:
  explicit ArpView(std::byte* at) noexcept : at_(at) {}
  std::byte* at_;
};

// Writes kSize bytes. Requires that many in `out`.
void write_arp(std::span<std::byte> out, const ArpFields& fields) noexcept;

using ArpFrame = std::array<std::byte, kEthernetBytes + ArpView::kSize>;
// A whole frame around `fields`; type Arp, or Rarp for the reverse operations.
ArpFrame build_arp(MacAddress destination, MacAddress source, const ArpFields& fields) noexcept;
// "Who has `target`?", broadcast from `mac` at `ip`.
ArpFrame build_arp_request(MacAddress mac, Ipv4Address ip, Ipv4Address target) noexcept;
// "`ip` is at `mac`", to one host.
ArpFrame build_arp_reply(MacAddress mac, Ipv4Address ip, MacAddress to_mac,
                         Ipv4Address to_ip) noexcept;
// Broadcasts of RFC 5227: is `ip` free, and: `ip` is mine, in the form of a request.
ArpFrame build_arp_probe(MacAddress mac, Ipv4Address ip) noexcept;
ArpFrame build_arp_announcement(MacAddress mac, Ipv4Address ip) noexcept;

}  // namespace laneway::wire

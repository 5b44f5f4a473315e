// switch/drop.h: why a frame ended. One enumerator a reason; its snake_case name and its sentence
// are what the command line, JSON and metrics show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace laneway {

enum class Drop : std::uint8_t {
  Short,
  TooLong,
  BadOffload,
  SourceGroup,
  SourceZero,
  Reserved,
  MacClaim,
  SpoofMac,
  MacLimit,
  Storm,
  IpBad,
  HeaderChain,
  ArpBad,
  ArpOp,
  NdBad,
  NdFrag,
  NdForeignLladdr,
  NdSend,
  DhcpGuard,
  RouterGuard,
  SpoofIp,
  SpoofGw,
  BindQuota,
  ProxyLimit,
  Suppressed,
  Nonip,
  Vlan,
  Eapol,
  Echo,
  EchoArp,
  EchoDad,
  Duplicate,
  GtkUnicast,
  NotOurs,
  ForHost,
  Isolated,
  SamePort,
  NoPort,
  Mtu,
  NoBuffer,
  LinkDown,
  TxFull,
  Leak,
};
constexpr std::size_t kDropReasons = static_cast<std::size_t>(Drop::Leak) + 1;
constexpr std::size_t index(Drop reason) noexcept { return static_cast<std::size_t>(reason); }

// The port where a reason is booked: the one that the frame came in by, or should have left by.
enum class Direction : std::uint8_t { Ingress, Egress };

std::string_view name_of(Drop reason) noexcept;      // "arp_bad"
std::string_view sentence_of(Drop reason) noexcept;  // "Malformed ARP: …"
Direction direction_of(Drop reason) noexcept;
std::optional<Drop> drop_named(std::string_view name) noexcept;

}  // namespace laneway

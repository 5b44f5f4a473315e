// switch/types.h: the values that every part of laneway speaks in.
//
// Addresses are plain values in network byte order inside, except Ipv4Address, whose number is in
// host byte order. None of them owns anything.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace laneway {

// Time since an arbitrary start; programs read CLOCK_MONOTONIC once a round, tests pass what they
// like. A point in time and a span are the same type: the start is 0.
using Nanos = std::chrono::nanoseconds;

// An EUI-48 (IEEE 802-2014 section 8.2), first octet on the wire first.
struct MacAddress {
  std::array<std::uint8_t, 6> octets{};

  auto operator<=>(const MacAddress&) const = default;

  // The I/G bit: broadcast is a group address too.
  bool is_group() const noexcept { return (octets[0] & 1U) != 0; }
  bool is_zero() const noexcept { return *this == MacAddress{}; }
  bool is_broadcast() const noexcept;
  // 01-80-C2-00-00-00 to -0F, which a bridge keeps back (IEEE 802.1Q-2018 table 8-1).
  bool is_reserved_group() const noexcept { return is_reserved_group(number()); }

  static constexpr std::uint64_t kGroupBit = std::uint64_t{1} << 40U;  // I/G, in number()
  // is_reserved_group() of the address with this number.
  static constexpr bool is_reserved_group(std::uint64_t number) noexcept {
    return number >> 4U == 0x0180c2000000ULL >> 4U;
  }
  // The 48 bits as a number, first octet highest; the upper 16 bits are 0.
  std::uint64_t number() const noexcept {
    static_assert(std::endian::native == std::endian::little);
    // In two parts: a load of eight bytes would wait for the stores of six.
    std::uint32_t high = 0;
    std::uint16_t low = 0;
    std::memcpy(&high, octets.data(), sizeof(high));
    std::memcpy(&low, octets.data() + sizeof(high), sizeof(low));
    return std::uint64_t{__builtin_bswap32(high)} << 16U | __builtin_bswap16(low);
  }
  static MacAddress from_number(std::uint64_t number) noexcept {
    const std::uint32_t high = __builtin_bswap32(static_cast<std::uint32_t>(number >> 16U));
    const std::uint16_t low = __builtin_bswap16(static_cast<std::uint16_t>(number));
    MacAddress mac;
    std::memcpy(mac.octets.data(), &high, sizeof(high));
    std::memcpy(mac.octets.data() + sizeof(high), &low, sizeof(low));
    return mac;
  }
  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  // "52:54:00:6b:1f:c0", either case; nullopt for anything else.
  static std::optional<MacAddress> parse(std::string_view text);
};

// An IPv4 address; `number` is in host byte order.
struct Ipv4Address {
  std::uint32_t number = 0;

  auto operator<=>(const Ipv4Address&) const = default;

  bool is_unspecified() const noexcept { return number == 0; }
  bool is_broadcast() const noexcept { return number == 0xffffffffU; }
  bool is_multicast() const noexcept { return (number >> 28) == 0xe; }
  bool is_loopback() const noexcept { return (number >> 24) == 127; }
  bool is_link_local() const noexcept { return (number >> 16) == 0xa9fe; }  // RFC 3927

  // 01-00-5E and the lower 23 bits (RFC 1112 section 6.4).
  MacAddress multicast_mac() const noexcept;
  static std::optional<Ipv4Address> parse(std::string_view text);
};

// An IPv6 address, first octet on the wire first.
struct Ipv6Address {
  std::array<std::uint8_t, 16> octets{};

  auto operator<=>(const Ipv6Address&) const = default;

  bool is_unspecified() const noexcept { return *this == Ipv6Address{}; }
  bool is_loopback() const noexcept;
  bool is_multicast() const noexcept { return octets[0] == 0xff; }
  bool is_link_local() const noexcept { return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80; }
  bool is_v4_mapped() const noexcept;  // ::ffff:0:0/96 (RFC 4291 section 2.5.5.2)
  // ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).
  bool is_solicited_node() const noexcept;

  // 33-33 and the last four octets (RFC 2464 section 7).
  MacAddress multicast_mac() const noexcept;
  Ipv6Address solicited_node() const noexcept;
  // fe80:: and the modified EUI-64 of `mac` (RFC 4291 appendix A).
  static Ipv6Address link_local(MacAddress mac) noexcept;
  static Ipv6Address all_nodes() noexcept;    // ff02::1
  static Ipv6Address all_routers() noexcept;  // ff02::2
  static std::optional<Ipv6Address> parse(std::string_view text);
};

enum class Family : std::uint8_t { Ipv4, Ipv6 };

// An address of either family, to be used as a key. IPv4 stands in the first four octets, in
// network byte order, the others are 0.
struct IpAddress {
  Family family = Family::Ipv4;
  std::array<std::uint8_t, 16> octets{};

  IpAddress() = default;
  IpAddress(Ipv4Address v4) noexcept;  // NOLINT(google-explicit-constructor): a value of one kind
  IpAddress(Ipv6Address v6) noexcept;  // NOLINT(google-explicit-constructor)
  auto operator<=>(const IpAddress&) const = default;

  // Require the family that the name says.
  Ipv4Address v4() const noexcept;
  Ipv6Address v6() const noexcept { return {octets}; }

  bool is_unspecified() const noexcept { return octets == std::array<std::uint8_t, 16>{}; }
  bool is_multicast() const noexcept;
  bool is_link_local() const noexcept;
  static std::optional<IpAddress> parse(std::string_view text);
};

// An address and how many of its leading bits count.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;  // bits: 0 to 32 or 0 to 128

  auto operator<=>(const IpPrefix&) const = default;

  bool contains(const IpAddress& other) const noexcept;
  // The IPv4 directed broadcast address; nullopt for IPv6, /31 and /32.
  std::optional<Ipv4Address> broadcast() const noexcept;
  // "192.168.1.0/24"; without "/" the whole address.
  static std::optional<IpPrefix> parse(std::string_view text);
};

// Lower case with colons; dotted; RFC 5952; "address/length".
std::string to_string(MacAddress mac);
std::string to_string(Ipv4Address address);
std::string to_string(const Ipv6Address& address);
std::string to_string(const IpAddress& address);
std::string to_string(const IpPrefix& prefix);

// A port of one switch: an index below kMaxPorts that is used again after the port is gone.
enum class PortId : std::uint8_t {};
constexpr std::size_t kMaxPorts =
    192;  // 128 guests (8 reserved bindings each of 1,024), the uplink,
          // the host and trunk ports; three words of a port set
constexpr PortId kNoPort{255};
constexpr std::size_t index(PortId port) noexcept { return static_cast<std::size_t>(port); }

enum class PortRole : std::uint8_t { Guest, Uplink, Host };

// A VLAN identifier, 0 where frames are not told apart by tag.
enum class VlanId : std::uint16_t {};

}  // namespace laneway

template <>
struct std::hash<laneway::MacAddress> {
  std::size_t operator()(const laneway::MacAddress& mac) const noexcept {
    return std::hash<std::uint64_t>{}(mac.number());
  }
};

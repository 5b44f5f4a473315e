#include "switch/types.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace laneway {

namespace {

std::optional<std::uint8_t> parse_number(std::string_view text, int base, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

unsigned address_bits(Family family) noexcept { return family == Family::Ipv4 ? 32 : 128; }

}  // namespace

bool MacAddress::is_broadcast() const noexcept { return *this == broadcast(); }

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  constexpr std::size_t kLength = 17;  // six pairs, five colons
  if (text.size() != kLength) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) {
    if (i > 0 && text[3 * i - 1] != ':') return std::nullopt;
    const auto octet = parse_number(text.substr(3 * i, 2), 16, 0xff);
    if (!octet) return std::nullopt;
    mac.octets[i] = *octet;
  }
  return mac;
}

MacAddress Ipv4Address::multicast_mac() const noexcept {
  return MacAddress::from_number(0x01005e000000ULL | (number & 0x7fffffU));
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return Ipv4Address{ntohl(address.s_addr)};
}

bool Ipv6Address::is_loopback() const noexcept {
  Ipv6Address loopback;
  loopback.octets[15] = 1;
  return *this == loopback;
}

bool Ipv6Address::is_v4_mapped() const noexcept {
  return std::all_of(octets.begin(), octets.begin() + 10, [](auto octet) { return octet == 0; }) &&
         octets[10] == 0xff && octets[11] == 0xff;
}

bool Ipv6Address::is_solicited_node() const noexcept {
  const Ipv6Address group = solicited_node();
  return std::equal(octets.begin(), octets.begin() + 13, group.octets.begin());
}

MacAddress Ipv6Address::multicast_mac() const noexcept {
  return {{0x33, 0x33, octets[12], octets[13], octets[14], octets[15]}};
}

Ipv6Address Ipv6Address::solicited_node() const noexcept {
  return {{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, octets[13], octets[14], octets[15]}};
}

Ipv6Address Ipv6Address::link_local(MacAddress mac) noexcept {
  const auto& m = mac.octets;
  return {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(m[0] ^ 2U), m[1], m[2], 0xff,
           0xfe, m[3], m[4], m[5]}};
}

Ipv6Address Ipv6Address::all_nodes() noexcept {
  Ipv6Address group{{0xff, 0x02}};
  group.octets[15] = 1;
  return group;
}

Ipv6Address Ipv6Address::all_routers() noexcept {
  Ipv6Address group = all_nodes();
  group.octets[15] = 2;
  return group;
}

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  Ipv6Address address;
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.octets.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

// Two whole words, as the hash and comparisons read it: a load would wait for narrower stores.
IpAddress::IpAddress(Ipv4Address v4) noexcept {
  const std::array<std::uint64_t, 2> words{__builtin_bswap32(v4.number), 0};
  std::memcpy(octets.data(), words.data(), octets.size());
}

IpAddress::IpAddress(Ipv6Address v6) noexcept : family(Family::Ipv6), octets(v6.octets) {}

Ipv4Address IpAddress::v4() const noexcept {
  return {std::uint32_t{octets[0]} << 24U | std::uint32_t{octets[1]} << 16U |
          std::uint32_t{octets[2]} << 8U | octets[3]};
}

bool IpAddress::is_multicast() const noexcept {
  return family == Family::Ipv4 ? v4().is_multicast() : v6().is_multicast();
}

bool IpAddress::is_link_local() const noexcept {
  return family == Family::Ipv4 ? v4().is_link_local() : v6().is_link_local();
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (const auto v4 = Ipv4Address::parse(text)) return IpAddress(*v4);
  if (const auto v6 = Ipv6Address::parse(text)) return IpAddress(*v6);
  return std::nullopt;
}

bool IpPrefix::contains(const IpAddress& other) const noexcept {
  if (other.family != address.family) return false;
  const std::size_t whole = length / 8U;
  if (!std::equal(address.octets.begin(), address.octets.begin() + static_cast<long>(whole),
                  other.octets.begin())) {
    return false;
  }
  const unsigned rest = length % 8U;
  if (rest == 0) return true;
  return ((address.octets[whole] ^ other.octets[whole]) >> (8U - rest)) == 0;
}

std::optional<Ipv4Address> IpPrefix::broadcast() const noexcept {
  if (address.family != Family::Ipv4 || length >= 31) return std::nullopt;
  return Ipv4Address{address.v4().number | 0xffffffffU >> length};
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits = address_bits(address->family);
  if (slash == std::string_view::npos) return IpPrefix{*address, static_cast<std::uint8_t>(bits)};
  const auto length = parse_number(text.substr(slash + 1), 10, bits);
  if (!length) return std::nullopt;
  return IpPrefix{*address, *length};
}

std::string to_string(MacAddress mac) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : mac.octets) {
    if (!text.empty()) text += ':';
    text += kDigits[octet >> 4U];
    text += kDigits[octet & 0xfU];
  }
  return text;
}

std::string to_string(Ipv4Address address) {
  const in_addr raw{htonl(address.number)};
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, &raw, text.data(), text.size());
}

std::string to_string(const Ipv6Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, address.octets.data(), text.data(), text.size());
}

std::string to_string(const IpAddress& address) {
  return address.family == Family::Ipv4 ? to_string(address.v4()) : to_string(address.v6());
}

std::string to_string(const IpPrefix& prefix) {
  return to_string(prefix.address) + '/' + std::to_string(prefix.length);
}

}  // namespace laneway

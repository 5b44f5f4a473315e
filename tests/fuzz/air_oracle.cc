#include "tests/fuzz/air_oracle.h"

#include <algorithm>

namespace laneway::fuzz {
namespace {

unsigned octet(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

unsigned word(std::span<const std::byte> bytes, std::size_t at) {
  return octet(bytes, at) * 256 + octet(bytes, at + 1);
}

MacAddress mac(std::span<const std::byte> bytes, std::size_t at) {
  MacAddress address;
  for (std::size_t i = 0; i < 6; ++i) {
    address.octets[i] = static_cast<std::uint8_t>(octet(bytes, at + i));
  }
  return address;
}

bool is_local(MacAddress address, std::span<const MacAddress> locals) {
  return std::find(locals.begin(), locals.end(), address) != locals.end();
}

std::string judge_arp(std::span<const std::byte> arp, MacAddress station,
                      std::span<const MacAddress> locals) {
  if (arp.size() < 28) return "an ARP packet cut short";
  if (mac(arp, 8) != station) return "ARP with the sender " + to_string(mac(arp, 8));
  if (is_local(mac(arp, 18), locals)) return "ARP with the target " + to_string(mac(arp, 18));
  return {};
}

std::string judge_options(std::span<const std::byte> options, std::span<const MacAddress> locals) {
  while (options.size() >= 8) {
    const unsigned type = octet(options, 0);
    const std::size_t size = octet(options, 1) * 8;
    if (size == 0 || size > options.size()) return "an ND option that does not lie inside";
    if ((type == 1 || type == 2) && is_local(mac(options, 2), locals)) {
      return "ND with " + to_string(mac(options, 2));
    }
    options = options.subspan(size);
  }
  return options.empty() ? "" : "the rest of an ND option";
}

std::string judge_icmp(std::span<const std::byte> icmp, bool is_fragment,
                       std::span<const MacAddress> locals) {
  if (icmp.empty()) return "ICMPv6 without its type";
  const unsigned type = octet(icmp, 0);
  if (type < 133 || type > 137) return {};
  if (is_fragment) return "Neighbor Discovery in fragments";
  const std::size_t fixed = type == 133 ? 8 : type == 134 ? 16 : type == 137 ? 40 : 24;
  if (icmp.size() < fixed) return "Neighbor Discovery cut short";
  return judge_options(icmp.subspan(fixed), locals);
}

std::string judge_ipv6(std::span<const std::byte> ip, std::span<const MacAddress> locals) {
  if (ip.size() < 40 || 40 + word(ip, 4) > ip.size()) return "an unsound IPv6 header";
  std::span<const std::byte> rest = ip.subspan(40, word(ip, 4));
  unsigned next = octet(ip, 6);
  bool is_fragment = false;
  while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
    if (rest.size() < 8) return "a header chain that is cut";
    const std::size_t size = next == 44   ? 8
                             : next == 51 ? (octet(rest, 1) + 2) * 4
                                          : (octet(rest, 1) + 1) * 8;
    if (size > rest.size()) return "a header chain that is cut";
    if (next == 44) is_fragment = true;
    if (next == 44 && word(rest, 2) / 8 != 0) return {};  // not the first: no header follows
    next = octet(rest, 0);
    rest = rest.subspan(size);
  }
  return next == 58 ? judge_icmp(rest, is_fragment, locals) : "";
}

}  // namespace

std::string foreign_on_air(std::span<const std::byte> frame, MacAddress station,
                           std::span<const MacAddress> locals) {
  if (mac(frame, 6) != station) return "a frame from " + to_string(mac(frame, 6));
  const auto payload = frame.subspan(14);
  switch (word(frame, 12)) {
    case 0x0806:
      return judge_arp(payload, station, locals);
    case 0x86dd:
      return judge_ipv6(payload, locals);
    case 0x0800:
      return {};
    default:
      return "a type that is not carried";
  }
}

}  // namespace laneway::fuzz

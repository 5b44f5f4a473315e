// tests/bridge/nd_message.h: Neighbor Discovery as the tests write and read it.
#pragma once

#include <array>

#include "switch/wire/frame_builder.h"
#include "switch/wire/ndp.h"
#include "tests/bridge/rig.h"

namespace laneway::test {

using wire::Icmpv6Type;
using wire::IpProtocol;
using wire::NdOptionType;

inline const MacAddress kAllNodesMac = mac("33:33:00:00:00:01");
inline const Ipv6Address kAllNodes = Ipv6Address::all_nodes();
inline const std::array<std::byte, 6> kNonce{std::byte{9}, std::byte{8}, std::byte{7},
                                             std::byte{6}, std::byte{5}, std::byte{4}};

using Room = std::array<std::byte, 512>;
inline Bytes bytes_of(std::span<std::byte> frame) { return {frame.begin(), frame.end()}; }
inline MacAddress destination(const Outcome& outcome) {
  return wire::load_mac(outcome.bytes.data());
}

// An ND message with any options, valid but for what the test makes wrong.
struct Message {
  wire::MacPair macs{kSta, kRouter};
  wire::Ipv6Fields ip{
      .source = kRouter6, .destination = kA6, .next_header = IpProtocol::Icmpv6, .hop_limit = 255};
  Icmpv6Type type = Icmpv6Type::NeighborSolicitation;
  std::uint8_t code = 0;
  std::vector<std::uint8_t> body;  // behind the checksum

  Bytes build() const {
    Room room;
    std::vector<std::byte> rest;
    for (const std::uint8_t byte : body) rest.push_back(std::byte{byte});
    return bytes_of(wire::FrameBuilder(room)
                        .ethernet(macs)
                        .ipv6(ip)
                        .icmpv6(static_cast<std::uint8_t>(type), code)
                        .bytes(rest)
                        .finish());
  }
};

inline std::vector<std::uint8_t> solicitation(const Ipv6Address& target) {
  std::vector<std::uint8_t> body(4);
  body.insert(body.end(), target.octets.begin(), target.octets.end());
  return body;
}
inline void add_lladdr(std::vector<std::uint8_t>& body, std::uint8_t type, MacAddress lladdr) {
  body.push_back(type);
  body.push_back(1);
  body.insert(body.end(), lladdr.octets.begin(), lladdr.octets.end());
}

struct Seen {
  std::vector<MacAddress> lladdrs;
  bool checksum_valid = false;
};
inline Seen seen(Bytes bytes) {
  Seen seen;
  const auto ip = wire::Ipv6View::parse(std::span(bytes).subspan(14));
  if (!ip) return seen;
  const auto nd = wire::NdParse::of(*ip);
  if (!nd.view) return seen;
  seen.checksum_valid = nd.view->checksum_valid();
  for (const wire::NdOption option : nd.view->options()) {
    if (option.is_link_layer()) seen.lladdrs.push_back(option.link_layer());
  }
  return seen;
}

}  // namespace laneway::test

#include "tests/support/nd_message.h"

#include <algorithm>

#include "switch/wire/bytes.h"

namespace laneway::test {

namespace {

constexpr std::uint8_t kNdHopLimit = 255;
constexpr std::size_t kIcmpBytes = 8;  // type, code, checksum, word

std::size_t fixed_bytes(NdType type) {
  switch (type) {
    case NdType::RouterSolicitation:
      return 8;
    case NdType::RouterAdvertisement:
      return 16;
    case NdType::NeighborSolicitation:
    case NdType::NeighborAdvertisement:
      return 24;
    case NdType::Redirect:
      return 40;
  }
  return 0;
}

bool is_nd_type(std::uint8_t type) { return type >= 133 && type <= 137; }

// nullopt if an option is empty or reaches beyond the message.
std::optional<std::vector<NdOption>> read_options(View rest) {
  std::vector<NdOption> options;
  while (!rest.empty()) {
    const std::size_t bytes = rest.size() < 2 ? 0 : std::size_t{wire::load_u8(&rest[1])} * 8;
    if (bytes == 0 || bytes > rest.size()) return std::nullopt;
    const View body = rest.subspan(2, bytes - 2);
    options.push_back({wire::load_u8(rest.data()), Bytes(body.begin(), body.end())});
    rest = rest.subspan(bytes);
  }
  return options;
}

void write_option(Writer& out, const NdOption& option) {
  out.u8(option.type).u8(static_cast<unsigned>((option.body.size() + 2) / 8)).raw(option.body);
}

IpPacket sealed(IpPacket packet, Writer& message, std::size_t checksum_at) {
  message.put_u16(checksum_at, transport_checksum(packet, packet.protocol, message.bytes()));
  packet.payload = message.take();
  return packet;
}

}  // namespace

NdMessage& NdMessage::with(std::uint8_t option, MacAddress mac) {
  options.push_back({option, Writer().mac(mac).take()});
  return *this;
}

const NdOption* NdMessage::find(std::uint8_t option) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const NdOption& each) { return each.type == option; });
  return found == options.end() ? nullptr : &*found;
}

std::optional<MacAddress> NdMessage::link_layer(std::uint8_t option) const {
  const NdOption* found = find(option);
  if (found == nullptr) return std::nullopt;
  return wire::load_mac(found->body.data());
}

std::optional<NdMessage> read_nd(const IpPacket& packet) {
  const View icmp = packet.payload;
  if (packet.protocol != kIcmpv6 || packet.hop_limit != kNdHopLimit || icmp.size() < kIcmpBytes ||
      !is_nd_type(wire::load_u8(icmp.data())) || wire::load_u8(&icmp[1]) != 0) {
    return std::nullopt;
  }
  NdMessage message{.type = NdType{wire::load_u8(icmp.data())}, .word = wire::load_be32(&icmp[4])};
  const std::size_t fixed = fixed_bytes(message.type);
  if (icmp.size() < fixed || transport_checksum(packet, kIcmpv6, icmp) != 0) return std::nullopt;
  if (fixed >= 24) message.target = wire::load_ipv6(&icmp[8]);
  if (fixed >= 40) message.destination = wire::load_ipv6(&icmp[24]);
  auto options = read_options(icmp.subspan(fixed));
  if (!options) return std::nullopt;
  message.options = std::move(*options);
  return message;
}

IpPacket nd_packet(const Ipv6Address& source, const Ipv6Address& destination,
                   const NdMessage& message) {
  IpPacket packet{
      .source = source, .destination = destination, .protocol = kIcmpv6, .hop_limit = kNdHopLimit};
  Writer icmp;
  icmp.u8(static_cast<std::uint8_t>(message.type)).u8(0).u16(0).u32(message.word);
  const std::size_t fixed = fixed_bytes(message.type);
  if (fixed == 16) icmp.zeros(8);  // reachable time, retransmission timer: unspecified
  if (fixed >= 24) icmp.ip(message.target);
  if (fixed >= 40) icmp.ip(message.destination);
  for (const NdOption& option : message.options) write_option(icmp, option);
  return sealed(packet, icmp, 2);
}

IpPacket mld_report(const Ipv6Address& source, const Ipv6Address& group, bool join) {
  static const Ipv6Address kMldv2Routers = *Ipv6Address::parse("ff02::16");
  IpPacket packet{.source = source,
                  .destination = kMldv2Routers,
                  .protocol = kIcmpv6,
                  .hop_limit = 1,
                  .router_alert = true};
  Writer report;
  report.u8(143).u8(0).u16(0).u16(0).u16(1);
  report.u8(join ? 4 : 3).u8(0).u16(0).ip(group);  // to exclude {} or to include {}
  return sealed(packet, report, 2);
}

IpPacket igmp_report(Ipv4Address source, Ipv4Address group, bool join) {
  constexpr Ipv4Address kIgmpv3Routers{0xe0000016};
  IpPacket packet{.source = source,
                  .destination = kIgmpv3Routers,
                  .protocol = kIgmp,
                  .hop_limit = 1,
                  .router_alert = true};
  Writer report;
  report.u8(0x22).u8(0).u16(0).u16(0).u16(1).u8(join ? 4 : 3).u8(0).u16(0).ip(group);
  report.put_u16(2, ~internet_sum(report.bytes()) & 0xffffU);  // no pseudo-header
  packet.payload = report.take();
  return packet;
}

}  // namespace laneway::test

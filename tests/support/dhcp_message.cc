#include "tests/support/dhcp_message.h"

#include "switch/wire/bytes.h"

namespace laneway::test {

namespace {

constexpr std::size_t kBootpBytes = 236;
constexpr std::uint32_t kCookie = 0x63825363;
constexpr std::uint8_t kPad = 0;
constexpr std::uint8_t kEnd = 255;

bool read_dhcp_options(View rest, DhcpMessage& message) {
  while (!rest.empty() && wire::load_u8(rest.data()) != kEnd) {
    if (wire::load_u8(rest.data()) == kPad) {
      rest = rest.subspan(1);
      continue;
    }
    const std::size_t bytes = rest.size() < 2 ? rest.size() : wire::load_u8(&rest[1]);
    if (bytes + 2 > rest.size()) return false;
    const View body = rest.subspan(2, bytes);
    message.options[wire::load_u8(rest.data())] = Bytes(body.begin(), body.end());
    rest = rest.subspan(bytes + 2);
  }
  return true;
}

}  // namespace

std::optional<Ipv4Address> DhcpMessage::address_option(std::uint8_t option) const {
  const auto found = options.find(option);
  if (found == options.end() || found->second.size() < 4) return std::nullopt;
  return wire::load_ipv4(found->second.data());
}

DhcpMessage& DhcpMessage::set(std::uint8_t option, Ipv4Address address) {
  options[option] = Writer().ip(address).take();
  return *this;
}

std::optional<DhcpMessage> read_dhcp(View payload) {
  constexpr std::uint16_t kEthernetOfSix = 0x0106;
  if (payload.size() < kBootpBytes || wire::load_be16(&payload[1]) != kEthernetOfSix) {
    return std::nullopt;
  }
  DhcpMessage message{.op = wire::load_u8(payload.data()),
                      .xid = wire::load_be32(&payload[4]),
                      .broadcast = (wire::load_be16(&payload[10]) & 0x8000U) != 0,
                      .ciaddr = wire::load_ipv4(&payload[12]),
                      .yiaddr = wire::load_ipv4(&payload[16]),
                      .giaddr = wire::load_ipv4(&payload[24]),
                      .chaddr = wire::load_mac(&payload[28])};
  const View rest = payload.subspan(kBootpBytes);
  if (rest.size() < 4 || wire::load_be32(rest.data()) != kCookie) return message;
  if (!read_dhcp_options(rest.subspan(4), message)) return std::nullopt;
  const auto type = message.options.find(kOptionType);
  if (type != message.options.end() && type->second.size() == 1) {
    message.type = DhcpType{wire::load_u8(type->second.data())};
    message.options.erase(type);
  }
  return message;
}

std::optional<DhcpMessage> dhcp_of(View frame) {
  const auto ip = read_ip(frame);
  const auto udp = ip ? read_udp(*ip) : std::nullopt;
  if (!udp ||
      (udp->destination_port != kDhcpServerPort && udp->destination_port != kDhcpClientPort)) {
    return std::nullopt;
  }
  return read_dhcp(udp->payload);
}

Bytes dhcp_bytes(const DhcpMessage& message) {
  Writer out;
  out.u8(message.op).u16(0x0106).u8(0).u32(message.xid).u16(0);
  out.u16(message.broadcast ? 0x8000U : 0U).ip(message.ciaddr).ip(message.yiaddr);
  out.u32(0).ip(message.giaddr).mac(message.chaddr).zeros(10 + 64 + 128);  // sname, file
  if (message.type == DhcpType::None) return out.zeros(64).take();
  out.u32(kCookie).u8(kOptionType).u8(1).u8(static_cast<std::uint8_t>(message.type));
  for (const auto& [option, body] : message.options) {
    out.u8(option).u8(static_cast<unsigned>(body.size())).raw(body);
  }
  return out.u8(kEnd).take();
}

}  // namespace laneway::test

#include "tests/support/packet.h"

#include "switch/wire/bytes.h"

namespace laneway::test {

using wire::load_be16;
using wire::load_be32;
using wire::load_u8;

MacAddress destination_of(View frame) { return wire::load_mac(frame.data()); }
MacAddress source_of(View frame) { return wire::load_mac(frame.data() + 6); }
std::uint16_t ether_type_of(View frame) { return load_be16(frame.data() + 12); }

Bytes ethernet_frame(MacAddress destination, MacAddress source, std::uint16_t ether_type,
                     View payload) {
  return Writer().mac(destination).mac(source).u16(ether_type).raw(payload).take();
}

std::optional<ArpMessage> read_arp(View frame) {
  constexpr std::size_t kArpBytes = 28;
  if (frame.size() < kEthernetBytes + kArpBytes || ether_type_of(frame) != kEtherTypeArp) {
    return std::nullopt;
  }
  const std::byte* at = frame.data() + kEthernetBytes;
  constexpr std::uint32_t kEthernetForIpv4 = 0x00010800;
  constexpr std::uint16_t kSixAndFour = 0x0604;
  if (load_be32(at) != kEthernetForIpv4 || load_be16(at + 4) != kSixAndFour) return std::nullopt;
  return ArpMessage{.op = load_be16(at + 6),
                    .sender_mac = wire::load_mac(at + 8),
                    .sender = wire::load_ipv4(at + 14),
                    .target_mac = wire::load_mac(at + 18),
                    .target = wire::load_ipv4(at + 24)};
}

Bytes arp_frame(MacAddress destination, MacAddress source, const ArpMessage& message) {
  Writer arp;
  arp.u32(0x00010800).u16(0x0604).u16(message.op);
  arp.mac(message.sender_mac).ip(message.sender).mac(message.target_mac).ip(message.target);
  return ethernet_frame(destination, source, kEtherTypeArp, arp.bytes());
}

namespace {

constexpr std::size_t kIpv6Bytes = 40;

std::optional<IpPacket> read_ipv4(View ip) {
  constexpr std::size_t kMinBytes = 20;
  if (ip.size() < kMinBytes) return std::nullopt;
  const std::size_t header = std::size_t{load_u8(ip.data()) & 0xfU} * 4;
  const std::size_t total = load_be16(ip.data() + 2);
  if ((load_u8(ip.data()) >> 4U) != 4 || header < kMinBytes || total < header ||
      total > ip.size() || internet_sum(ip.first(header)) != 0xffff) {
    return std::nullopt;
  }
  const std::uint16_t fragment = load_be16(ip.data() + 6);
  constexpr std::uint8_t kRouterAlert = 148;
  const View payload = ip.subspan(header, total - header);
  return IpPacket{.source = wire::load_ipv4(ip.data() + 12),
                  .destination = wire::load_ipv4(ip.data() + 16),
                  .protocol = load_u8(ip.data() + 9),
                  .hop_limit = load_u8(ip.data() + 8),
                  .router_alert = header > kMinBytes && load_u8(ip.data() + 20) == kRouterAlert,
                  .id = load_be16(ip.data() + 4),
                  .fragment_at = static_cast<std::uint16_t>((fragment & 0x1fffU) * 8),
                  .more_fragments = (fragment & 0x2000U) != 0,
                  .payload = Bytes(payload.begin(), payload.end())};
}

// Hop-by-hop and destination options are walked; what follows any other header is its own affair.
std::optional<IpPacket> read_ipv6(View ip) {
  if (ip.size() < kIpv6Bytes || (load_u8(ip.data()) >> 4U) != 6) return std::nullopt;
  const std::size_t length = load_be16(ip.data() + 4);
  if (kIpv6Bytes + length > ip.size()) return std::nullopt;
  IpPacket packet{.source = wire::load_ipv6(ip.data() + 8),
                  .destination = wire::load_ipv6(ip.data() + 24),
                  .protocol = load_u8(ip.data() + 6),
                  .hop_limit = load_u8(ip.data() + 7)};
  View rest = ip.subspan(kIpv6Bytes, length);
  constexpr std::uint8_t kHopByHop = 0;
  constexpr std::uint8_t kDestinationOptions = 60;
  while (packet.protocol == kHopByHop || packet.protocol == kDestinationOptions) {
    const std::size_t bytes = rest.size() < 2 ? 0 : (std::size_t{load_u8(rest.data() + 1)} + 1) * 8;
    if (bytes == 0 || bytes > rest.size()) return std::nullopt;
    packet.router_alert |= packet.protocol == kHopByHop;
    packet.protocol = load_u8(rest.data());
    rest = rest.subspan(bytes);
  }
  packet.payload.assign(rest.begin(), rest.end());
  return packet;
}

Bytes ipv4_bytes(const IpPacket& packet) {
  const unsigned words = packet.router_alert ? 6 : 5;
  Writer ip;
  ip.u8(0x40U | words).u8(0).u16(static_cast<unsigned>(words * 4 + packet.payload.size()));
  ip.u16(packet.id).u16((packet.more_fragments ? 0x2000U : 0U) | (packet.fragment_at / 8U));
  ip.u8(packet.hop_limit).u8(packet.protocol).u16(0).ip(packet.source).ip(packet.destination);
  if (packet.router_alert) ip.u32(0x94040000);
  ip.put_u16(10, ~internet_sum(ip.bytes()) & 0xffffU);
  return ip.raw(packet.payload).take();
}

Bytes ipv6_bytes(const IpPacket& packet) {
  constexpr std::uint64_t kAlertBytes = 8;
  const std::size_t length = packet.payload.size() + (packet.router_alert ? kAlertBytes : 0);
  Writer ip;
  ip.u32(0x60000000).u16(static_cast<unsigned>(length));
  ip.u8(packet.router_alert ? 0 : packet.protocol).u8(packet.hop_limit);
  ip.ip(packet.source).ip(packet.destination);
  if (packet.router_alert) ip.u8(packet.protocol).u8(0).u32(0x05020000).u16(0x0100);
  return ip.raw(packet.payload).take();
}

}  // namespace

std::optional<IpPacket> read_ip(View frame) {
  if (frame.size() < kEthernetBytes) return std::nullopt;
  const View ip = frame.subspan(kEthernetBytes);
  std::optional<IpPacket> packet;
  if (ether_type_of(frame) == kEtherTypeIpv4) packet = read_ipv4(ip);
  if (ether_type_of(frame) == kEtherTypeIpv6) packet = read_ipv6(ip);
  if (packet) packet->link_source = source_of(frame);
  return packet;
}

Bytes ip_frame(MacAddress destination, MacAddress source, const IpPacket& packet) {
  if (packet.source.family == Family::Ipv4) {
    return ethernet_frame(destination, source, kEtherTypeIpv4, ipv4_bytes(packet));
  }
  return ethernet_frame(destination, source, kEtherTypeIpv6, ipv6_bytes(packet));
}

std::optional<UdpDatagram> read_udp(const IpPacket& packet) {
  constexpr std::size_t kHeader = 8;
  const View udp = packet.payload;
  if (packet.protocol != kUdp || packet.is_fragment() || udp.size() < kHeader) return std::nullopt;
  const std::size_t length = load_be16(udp.data() + 4);
  if (length < kHeader || length > udp.size()) return std::nullopt;
  const bool unchecked = packet.source.family == Family::Ipv4 && load_be16(udp.data() + 6) == 0;
  if (!unchecked && transport_checksum(packet, kUdp, udp.first(length)) != 0) return std::nullopt;
  return UdpDatagram{.source = packet.source,
                     .destination = packet.destination,
                     .source_port = load_be16(udp.data()),
                     .destination_port = load_be16(udp.data() + 2),
                     .payload = Bytes(udp.begin() + kHeader, udp.begin() + std::ptrdiff_t(length))};
}

IpPacket udp_packet(const UdpDatagram& datagram, bool with_checksum) {
  IpPacket packet{.source = datagram.source, .destination = datagram.destination, .protocol = kUdp};
  Writer udp;
  udp.u16(datagram.source_port).u16(datagram.destination_port);
  udp.u16(static_cast<unsigned>(8 + datagram.payload.size())).u16(0).raw(datagram.payload);
  if (with_checksum) {
    const std::uint16_t sum = transport_checksum(packet, kUdp, udp.bytes());
    udp.put_u16(6, sum == 0 ? 0xffffU : sum);  // RFC 768: 0 would mean "none"
  }
  packet.payload = udp.take();
  return packet;
}

std::uint32_t internet_sum(View bytes, std::uint32_t sum) {
  std::uint64_t total = sum;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) total += load_be16(bytes.data() + at);
  if (bytes.size() % 2 != 0) total += std::uint64_t{load_u8(&bytes.back())} << 8U;
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16U);
  return static_cast<std::uint32_t>(total);
}

std::uint16_t transport_checksum(const IpPacket& packet, std::uint8_t protocol, View bytes) {
  Writer pseudo;
  pseudo.ip(packet.source).ip(packet.destination).u32(static_cast<std::uint32_t>(bytes.size()));
  pseudo.u32(protocol);
  const std::uint32_t sum = internet_sum(bytes, internet_sum(pseudo.bytes()));
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

Writer& Writer::u8(unsigned value) {
  bytes_.push_back(std::byte{static_cast<std::uint8_t>(value)});
  return *this;
}

Writer& Writer::u16(unsigned value) { return u8(value >> 8U & 0xffU).u8(value & 0xffU); }

Writer& Writer::u32(std::uint32_t value) { return u16(value >> 16U).u16(value & 0xffffU); }

Writer& Writer::raw(View bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

Writer& Writer::zeros(std::size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

Writer& Writer::mac(MacAddress mac) { return raw(std::as_bytes(std::span(mac.octets))); }

Writer& Writer::ip(const IpAddress& address) {
  const std::size_t bytes = address.family == Family::Ipv4 ? 4 : 16;
  return raw(std::as_bytes(std::span(address.octets).first(bytes)));
}

void Writer::put_u16(std::size_t at, unsigned value) {
  wire::store_be16(bytes_.data() + at, static_cast<std::uint16_t>(value));
}

}  // namespace laneway::test

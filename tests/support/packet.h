// tests/support/packet.h: ARP, IPv4, IPv6 and UDP as the test hosts and the access point read and
// write them.
//
// Written beside switch/wire/ and not on top of it, for the sake of tests: a mistake there then
// shows as two sides that do not understand each other. Everything is a value; nothing is fast.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "tests/support/frame_log.h"

namespace laneway::test {

using View = std::span<const std::byte>;

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::size_t kEthernetBytes = 14;

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIgmp = 2;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;

// The Ethernet header; each requires kEthernetBytes.
MacAddress destination_of(View frame);
MacAddress source_of(View frame);
std::uint16_t ether_type_of(View frame);
Bytes ethernet_frame(MacAddress destination, MacAddress source, std::uint16_t ether_type,
                     View payload);

struct ArpMessage {
  std::uint16_t op = 1;  // 1 request, 2 reply
  MacAddress sender_mac{};
  Ipv4Address sender{};
  MacAddress target_mac{};
  Ipv4Address target{};

  bool is_request() const { return op == 1; }
  bool is_probe() const { return is_request() && sender.is_unspecified(); }  // RFC 5227 §1.1
};
// Of a whole frame; nullopt if it is none.
std::optional<ArpMessage> read_arp(View frame);
Bytes arp_frame(MacAddress destination, MacAddress source, const ArpMessage& message);

struct IpPacket {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t protocol = 0;  // behind extension headers
  std::uint8_t hop_limit = 64;
  bool router_alert = false;  // RFC 2113, RFC 2711: on IGMP and MLD
  std::uint16_t id = 0;
  std::uint16_t fragment_at = 0;  // bytes; IPv4 only
  bool more_fragments = false;
  MacAddress link_source{};  // of the frame that it came in; not written
  Bytes payload{};

  bool is_fragment() const { return more_fragments || fragment_at != 0; }
};
// Of a whole frame, padding cut off; nullopt unless its headers and the IPv4 header's sum are
// right.
std::optional<IpPacket> read_ip(View frame);
Bytes ip_frame(MacAddress destination, MacAddress source, const IpPacket& packet);

struct UdpDatagram {
  IpAddress source{};
  IpAddress destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Bytes payload{};
};
// nullopt unless `packet` is unfragmented UDP whose checksum is right, or 0 over IPv4.
std::optional<UdpDatagram> read_udp(const IpPacket& packet);
IpPacket udp_packet(const UdpDatagram& datagram, bool with_checksum = true);

// The Internet checksum's sum of `bytes`, folded, going on from `sum` (RFC 1071).
std::uint32_t internet_sum(View bytes, std::uint32_t sum = 0);
// What belongs into the checksum field of `bytes` (that field being 0) under the pseudo-header of
// `packet`, or 0 if `bytes` has its right checksum in place.
std::uint16_t transport_checksum(const IpPacket& packet, std::uint8_t protocol, View bytes);

// Appends numbers and addresses in network byte order.
class Writer {
 public:
  Writer& u8(unsigned value);
  Writer& u16(unsigned value);
  Writer& u32(std::uint32_t value);
  Writer& raw(View bytes);
  Writer& zeros(std::size_t count);
  Writer& mac(MacAddress mac);
  Writer& ip(const IpAddress& address);          // 4 or 16 bytes
  void put_u16(std::size_t at, unsigned value);  // over what stands there
  std::size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace laneway::test

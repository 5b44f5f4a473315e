#include "switch/wire/arp.h"

namespace laneway::wire {
namespace {

constexpr std::uint16_t kEthernetHardware = 1;
constexpr std::uint8_t kMacOctets = 6;
constexpr std::uint8_t kIpv4Octets = 4;

bool is_reverse(ArpOp op) noexcept {
  return op == ArpOp::ReverseRequest || op == ArpOp::ReverseReply;
}

}  // namespace

std::optional<ArpView> ArpView::parse(std::span<std::byte> l3) noexcept {
  if (l3.size() < kSize) return std::nullopt;
  const std::byte* at = l3.data();
  const bool is_ours = load_be16(at + kHrd) == kEthernetHardware &&
                       load_be16(at + kPro) == number(EtherType::Ipv4) &&
                       load_u8(at + kHln) == kMacOctets && load_u8(at + kPln) == kIpv4Octets;
  if (!is_ours) return std::nullopt;
  return ArpView(l3.data());
}

ArpFields ArpView::fields() const noexcept {
  return {.op = ArpOp{op()},
          .sender_mac = sender_mac(),
          .sender_ip = sender_ip(),
          .target_mac = target_mac(),
          .target_ip = target_ip()};
}

bool ArpView::is_probe() const noexcept {
  return is(ArpOp::Request) && sender_ip().is_unspecified();
}

bool ArpView::is_announcement() const noexcept {
  return sender_ip() == target_ip() && !sender_ip().is_unspecified();
}

void ArpView::make_reply(MacAddress answer) noexcept {
  const ArpFields asked = fields();
  write_arp({at_, kSize}, {.op = ArpOp::Reply,
                           .sender_mac = answer,
                           .sender_ip = asked.target_ip,
                           .target_mac = asked.sender_mac,
                           .target_ip = asked.sender_ip});
}

void write_arp(std::span<std::byte> out, const ArpFields& fields) noexcept {
  std::byte* at = out.data();
  store_be16(at + ArpView::kHrd, kEthernetHardware);
  store_be16(at + ArpView::kPro, number(EtherType::Ipv4));
  store_u8(at + ArpView::kHln, kMacOctets);
  store_u8(at + ArpView::kPln, kIpv4Octets);
  store_be16(at + ArpView::kOp, static_cast<std::uint16_t>(fields.op));
  store_mac(at + ArpView::kSha, fields.sender_mac);
  store_ipv4(at + ArpView::kSpa, fields.sender_ip);
  store_mac(at + ArpView::kTha, fields.target_mac);
  store_ipv4(at + ArpView::kTpa, fields.target_ip);
}

ArpFrame build_arp(MacAddress destination, MacAddress source, const ArpFields& fields) noexcept {
  ArpFrame frame{};
  write_ethernet(frame, destination, source,
                 is_reverse(fields.op) ? EtherType::Rarp : EtherType::Arp);
  write_arp(std::span(frame).subspan(kEthernetBytes), fields);
  return frame;
}

ArpFrame build_arp_request(MacAddress mac, Ipv4Address ip, Ipv4Address target) noexcept {
  return build_arp(MacAddress::broadcast(), mac,
                   {.op = ArpOp::Request,
                    .sender_mac = mac,
                    .sender_ip = ip,
                    .target_mac = {},
                    .target_ip = target});
}

ArpFrame build_arp_reply(MacAddress mac, Ipv4Address ip, MacAddress to_mac,
                         Ipv4Address to_ip) noexcept {
  return build_arp(to_mac, mac,
                   {.op = ArpOp::Reply,
                    .sender_mac = mac,
                    .sender_ip = ip,
                    .target_mac = to_mac,
                    .target_ip = to_ip});
}

ArpFrame build_arp_probe(MacAddress mac, Ipv4Address ip) noexcept {
  return build_arp_request(mac, {}, ip);
}

ArpFrame build_arp_announcement(MacAddress mac, Ipv4Address ip) noexcept {
  return build_arp_request(mac, ip, ip);
}

}  // namespace laneway::wire

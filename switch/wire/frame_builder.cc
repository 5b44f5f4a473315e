#include "switch/wire/frame_builder.h"

#include <algorithm>
#include <cassert>

namespace laneway::wire {
namespace {

constexpr std::size_t kIcmpChecksum = 2;  // of ICMP, ICMPv6 and IGMP alike

}  // namespace

std::byte* FrameBuilder::take(std::size_t count) noexcept {
  if (overflowed_ || room_.size() - size_ < count) {
    overflowed_ = true;
    return nullptr;
  }
  std::byte* at = room_.data() + size_;
  size_ += count;
  return at;
}

FrameBuilder& FrameBuilder::ethernet(const MacPair& macs, EtherType type) noexcept {
  if (std::byte* at = take(kEthernetBytes)) {
    write_ethernet({at, kEthernetBytes}, macs.destination, macs.source, type);
  }
  return *this;
}

FrameBuilder& FrameBuilder::vlan(const VlanTag& tag) noexcept {
  if (std::byte* at = take(kVlanTagBytes)) {
    const std::uint16_t inner = load_be16(&room_[type_at_]);
    write_vlan_tag({at - 2, kVlanTagBytes}, tag);
    type_at_ += kVlanTagBytes;
    store_be16(&room_[type_at_], inner);
  }
  return *this;
}

void FrameBuilder::set_type(EtherType type) noexcept {
  if (!overflowed_) store_be16(&room_[type_at_], number(type));
}

void FrameBuilder::set_next_header(IpProtocol protocol) noexcept {
  if (!overflowed_ && next_header_at_ != 0) store_u8(&room_[next_header_at_], number(protocol));
}

FrameBuilder& FrameBuilder::ipv4(const Ipv4Fields& fields) noexcept {
  set_type(EtherType::Ipv4);
  l3_at_ = size_;
  l3_ = Layer3::Ipv4;
  next_header_at_ = l3_at_ + Ipv4View::kProtocol;
  if (std::byte* at = take(Ipv4View::kMinSize)) write_ipv4({at, Ipv4View::kMinSize}, fields, 0);
  return *this;
}

FrameBuilder& FrameBuilder::ipv6(const Ipv6Fields& fields) noexcept {
  set_type(EtherType::Ipv6);
  l3_at_ = size_;
  l3_ = Layer3::Ipv6;
  next_header_at_ = l3_at_ + Ipv6View::kNextHeader;
  if (std::byte* at = take(Ipv6View::kSize)) write_ipv6({at, Ipv6View::kSize}, fields, 0);
  return *this;
}

FrameBuilder& FrameBuilder::extension(IpProtocol kind, std::span<const std::byte> rest) noexcept {
  set_next_header(kind);
  next_header_at_ = size_;
  return be8(number(IpProtocol::NoNext)).bytes(rest);
}

FrameBuilder& FrameBuilder::begin_layer4(Layer4 kind, IpProtocol protocol) noexcept {
  set_next_header(protocol);
  l4_ = kind;
  l4_at_ = size_;
  return *this;
}

FrameBuilder& FrameBuilder::udp(UdpPorts ports) noexcept {
  return begin_layer4(Layer4::Udp, IpProtocol::Udp)
      .be16(ports.source)
      .be16(ports.destination)
      .be32(0);
}

FrameBuilder& FrameBuilder::message(Layer4 kind, IpProtocol protocol, std::uint8_t type,
                                    std::uint8_t second) noexcept {
  return begin_layer4(kind, protocol).be8(type).be8(second).be16(0);
}

FrameBuilder& FrameBuilder::icmpv4(std::uint8_t type, std::uint8_t code) noexcept {
  return message(Layer4::Icmp, IpProtocol::Icmp, type, code);
}

FrameBuilder& FrameBuilder::icmpv6(std::uint8_t type, std::uint8_t code) noexcept {
  return message(Layer4::Icmpv6, IpProtocol::Icmpv6, type, code);
}

FrameBuilder& FrameBuilder::igmp(std::uint8_t type, std::uint8_t max_response) noexcept {
  return message(Layer4::Icmp, IpProtocol::Igmp, type, max_response);
}

FrameBuilder& FrameBuilder::be8(std::uint8_t value) noexcept {
  if (std::byte* at = take(1)) store_u8(at, value);
  return *this;
}

FrameBuilder& FrameBuilder::be16(std::uint16_t value) noexcept {
  if (std::byte* at = take(2)) store_be16(at, value);
  return *this;
}

FrameBuilder& FrameBuilder::be32(std::uint32_t value) noexcept {
  if (std::byte* at = take(4)) store_be32(at, value);
  return *this;
}

FrameBuilder& FrameBuilder::mac(MacAddress mac) noexcept {
  if (std::byte* at = take(mac.octets.size())) store_mac(at, mac);
  return *this;
}

FrameBuilder& FrameBuilder::address(Ipv4Address address) noexcept { return be32(address.number); }

FrameBuilder& FrameBuilder::address(const Ipv6Address& address) noexcept {
  return bytes(std::as_bytes(std::span(address.octets)));
}

FrameBuilder& FrameBuilder::bytes(std::span<const std::byte> bytes) noexcept {
  if (std::byte* at = take(bytes.size())) std::copy(bytes.begin(), bytes.end(), at);
  return *this;
}

FrameBuilder& FrameBuilder::zeros(std::size_t count) noexcept {
  if (std::byte* at = take(count)) std::fill_n(at, count, std::byte{0});
  return *this;
}

InternetSum FrameBuilder::pseudo_header(IpProtocol protocol) const noexcept {
  const auto length = static_cast<std::uint32_t>(size_ - l4_at_);
  const std::byte* l3 = &room_[l3_at_];
  if (l3_ == Layer3::Ipv4) {
    return wire::pseudo_header(load_ipv4(l3 + Ipv4View::kSource),
                               load_ipv4(l3 + Ipv4View::kDestination), number(protocol), length);
  }
  return wire::pseudo_header(load_ipv6(l3 + Ipv6View::kSource),
                             load_ipv6(l3 + Ipv6View::kDestination), number(protocol), length);
}

void FrameBuilder::fill_in_layer3() noexcept {
  std::byte* l3 = room_.data() + l3_at_;
  const std::size_t total = size_ - l3_at_;
  if (l3_ == Layer3::Ipv4) {
    store_be16(l3 + Ipv4View::kTotalLength, static_cast<std::uint16_t>(total));
    store_be16(l3 + Ipv4View::kChecksum, 0);
    store_be16(l3 + Ipv4View::kChecksum, InternetSum{}.add({l3, Ipv4View::kMinSize}).checksum());
  } else if (l3_ == Layer3::Ipv6) {
    store_be16(l3 + Ipv6View::kPayloadLength, static_cast<std::uint16_t>(total - Ipv6View::kSize));
  }
}

void FrameBuilder::fill_in_layer4() noexcept {
  const std::span<std::byte> l4 = room_.subspan(l4_at_, size_ - l4_at_);
  switch (l4_) {
    case Layer4::None:
      break;
    case Layer4::Udp:
      store_be16(&l4[UdpView::kLength], static_cast<std::uint16_t>(l4.size()));
      store_be16(&l4[UdpView::kChecksum],
                 udp_field(pseudo_header(IpProtocol::Udp).add(l4).checksum()));
      break;
    case Layer4::Icmp:
      store_be16(&l4[kIcmpChecksum], InternetSum{}.add(l4).checksum());
      break;
    case Layer4::Icmpv6:
      store_be16(&l4[kIcmpChecksum], pseudo_header(IpProtocol::Icmpv6).add(l4).checksum());
      break;
  }
}

std::span<std::byte> FrameBuilder::finish(std::size_t min_bytes) noexcept {
  if (overflowed_) return {};
  assert(l4_ == Layer4::None || l3_ != Layer3::None);
  fill_in_layer3();
  fill_in_layer4();
  if (size_ < min_bytes) zeros(min_bytes - size_);
  return overflowed_ ? std::span<std::byte>{} : room_.first(size_);
}

}  // namespace laneway::wire

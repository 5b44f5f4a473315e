// switch/wire/frame_builder.h: lays out a frame from the outside in, then fills in lengths, next
// headers and checksums.
//
// For frames of our own and for tests. It writes into room that the caller gives and never past it.
//
//   std::array<std::byte, 128> room;
//   const auto frame = FrameBuilder(room).ethernet({to, from}).ipv4({.source = a, .destination =
//   b})
//                          .udp({68, 67}).bytes(payload).finish();
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/types.h"
#include "switch/wire/ethernet.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"
#include "switch/wire/udp.h"
#include "switch/wire/vlan.h"

namespace laneway::wire {

struct MacPair {
  MacAddress destination{};
  MacAddress source{};
};

class FrameBuilder {
 public:
  explicit FrameBuilder(std::span<std::byte> room) noexcept : room_(room) {}

  // Each may be called once, in the order of the wire; what follows sets the type and next header.
  FrameBuilder& ethernet(const MacPair& macs, EtherType type = EtherType::Ipv4) noexcept;
  FrameBuilder& vlan(const VlanTag& tag) noexcept;  // as often as there are tags
  FrameBuilder& ipv4(const Ipv4Fields& fields) noexcept;
  FrameBuilder& ipv6(const Ipv6Fields& fields) noexcept;
  // An IPv6 extension header: its next header comes from what follows, `rest` is all behind that
  // byte.
  FrameBuilder& extension(IpProtocol kind, std::span<const std::byte> rest) noexcept;
  FrameBuilder& udp(UdpPorts ports) noexcept;
  // The first 4 bytes of a message.
  FrameBuilder& icmpv4(std::uint8_t type, std::uint8_t code) noexcept;
  FrameBuilder& icmpv6(std::uint8_t type, std::uint8_t code) noexcept;
  FrameBuilder& igmp(std::uint8_t type, std::uint8_t max_response) noexcept;

  // Payload, as often as needed.
  FrameBuilder& be8(std::uint8_t value) noexcept;
  FrameBuilder& be16(std::uint16_t value) noexcept;
  FrameBuilder& be32(std::uint32_t value) noexcept;
  FrameBuilder& mac(MacAddress mac) noexcept;
  FrameBuilder& address(Ipv4Address address) noexcept;
  FrameBuilder& address(const Ipv6Address& address) noexcept;
  FrameBuilder& bytes(std::span<const std::byte> bytes) noexcept;
  FrameBuilder& zeros(std::size_t count) noexcept;

  // The frame, with zeros behind the packet up to `min_bytes`; empty if `room` was too small.
  std::span<std::byte> finish(std::size_t min_bytes = 0) noexcept;

 private:
  enum class Layer3 : std::uint8_t { None, Ipv4, Ipv6 };
  enum class Layer4 : std::uint8_t { None, Udp, Icmp, Icmpv6 };

  // Where the next `count` bytes go; nullptr if they do not fit.
  std::byte* take(std::size_t count) noexcept;
  FrameBuilder& begin_layer4(Layer4 kind, IpProtocol protocol) noexcept;
  FrameBuilder& message(Layer4 kind, IpProtocol protocol, std::uint8_t type,
                        std::uint8_t second) noexcept;
  void set_type(EtherType type) noexcept;
  void set_next_header(IpProtocol protocol) noexcept;
  void fill_in_layer3() noexcept;
  void fill_in_layer4() noexcept;
  InternetSum pseudo_header(IpProtocol protocol) const noexcept;

  std::span<std::byte> room_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
  std::size_t type_at_ = EthernetView::kType;
  std::size_t next_header_at_ = 0;  // 0: there is none
  std::size_t l3_at_ = 0;
  std::size_t l4_at_ = 0;
  Layer3 l3_ = Layer3::None;
  Layer4 l4_ = Layer4::None;
};

}  // namespace laneway::wire

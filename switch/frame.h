// switch/frame.h: one frame on its way through the switch: views of its bytes, and its verdict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "switch/buffer.h"
#include "switch/drop.h"
#include "switch/types.h"

namespace laneway {

// What the EtherType says after at most two VLAN tags. Llc: a length (below 0x600).
enum class FrameKind : std::uint8_t { Other, Arp, Ipv4, Ipv6, Llc };

enum class Action : std::uint8_t { Forward, Reply, Drop };

// One frame and its verdict. `data` and what follows are views of `buffer`.
struct Frame {
  Buffer* buffer = nullptr;
  std::byte* data = nullptr;    // destination address; the first segment's start
  std::uint32_t length = 0;     // bytes of all segments
  std::uint16_t readable = 0;   // bytes from `data` on, in the first segment
  std::uint8_t l3_offset = 14;  // 14, 18 or 22: behind the tags
  std::uint8_t tags = 0;        // 802.1Q and 802.1ad tags before l3_offset, at most 2
  FrameKind kind = FrameKind::Other;
  Action action = Action::Forward;
  Drop reason = Drop::Short;  // meaningful if action is Drop
  PortId ingress = kNoPort;   // kNoPort: said by the switch itself
  std::uint8_t scope = 0;     // 0: where the tables say; else see Burst::scope_of
  VlanId vlan{};              // of the outer tag; 0 without one

  MacAddress destination() const noexcept { return mac_at(0); }
  MacAddress source() const noexcept { return mac_at(6); }
  // MacAddress::number() of both, by one load each. Requires 14 readable bytes.
  std::uint64_t destination_number() const noexcept { return number_at(0); }
  std::uint64_t source_number() const noexcept { return number_at(6); }
  void set_destination(MacAddress mac) noexcept { std::memcpy(data, mac.octets.data(), 6); }
  void set_source(MacAddress mac) noexcept { std::memcpy(data + 6, mac.octets.data(), 6); }
  // The EtherType or length at l3_offset - 2, host byte order. Requires 14 readable bytes.
  std::uint16_t ether_type() const noexcept {
    std::uint16_t type = 0;
    std::memcpy(&type, data + l3_offset - 2, sizeof(type));
    return __builtin_bswap16(type);
  }
  // From the network header to the end of the first segment; padding included.
  std::span<std::byte> l3() const noexcept {
    return readable > l3_offset ? std::span(data + l3_offset, std::size_t{readable} - l3_offset)
                                : std::span<std::byte>{};
  }

  // From now on the frame is what `of` holds.
  void view(Buffer* of) noexcept {
    buffer = of;
    data = static_cast<std::byte*>(of->buf_addr) + of->data_off;
    length = of->pkt_len;
    readable = of->data_len;
  }
  void drop(Drop why) noexcept {
    action = Action::Drop;
    reason = why;
  }
  // The same frame in `twin`, a copy or clone of its buffer.
  Frame with(Buffer* twin) const noexcept {
    Frame frame = *this;
    frame.view(twin);
    return frame;
  }
  // Sends the frame, by now its own answer, back to where it came from: source `from`, destination
  // the old source.
  void reply_from(MacAddress from) noexcept {
    set_destination(source());
    set_source(from);
    action = Action::Reply;
  }

 private:
  std::uint64_t number_at(std::size_t offset) const noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, data + offset, sizeof(bytes));
    return __builtin_bswap64(bytes) >> 16U;
  }
  MacAddress mac_at(std::size_t offset) const noexcept {
    MacAddress mac;
    std::memcpy(mac.octets.data(), data + offset, mac.octets.size());
    return mac;
  }
};

// Views `buffer` (which the frame then stands for); kind and offsets are set by classify().
inline Frame frame_of(Buffer* buffer, PortId ingress) noexcept {
  Frame frame;
  frame.view(buffer);
  frame.ingress = ingress;
  return frame;
}
// Sets kind, tags, vlan and l3_offset from the bytes (IEEE 802.1Q-2018 section 9). Requires 14
// bytes.
inline void classify(Frame& frame) noexcept;
// The part of it for frames with tags.
void classify_tagged(Frame& frame) noexcept;

constexpr std::uint16_t kTypeCustomerTag = 0x8100;  // 802.1Q-2018 table 9-1
constexpr std::uint16_t kTypeServiceTag = 0x88a8;

constexpr FrameKind kind_of_type(std::uint16_t type) noexcept {
  constexpr std::uint16_t kSmallestType = 0x600;  // below: a length (802.3-2018 section 3.2.6)
  if (type == 0x0800) return FrameKind::Ipv4;
  if (type == 0x86dd) return FrameKind::Ipv6;
  if (type == 0x0806) return FrameKind::Arp;
  return type < kSmallestType ? FrameKind::Llc : FrameKind::Other;
}

inline void classify(Frame& frame) noexcept {
  frame.tags = 0;
  frame.l3_offset = 14;
  frame.vlan = VlanId{};
  const std::uint16_t type = frame.ether_type();
  frame.kind = kind_of_type(type);
  if (type == kTypeCustomerTag || type == kTypeServiceTag) classify_tagged(frame);
}
// Takes the outer tag off: `data` and the lengths change, the frame is classified anew, offloads
// stay true. Requires tags > 0 and bytes of its own.
void pop_tag(Frame& frame) noexcept;

// Makes the frame `length` bytes long: cut at its end, or grown into the headroom before it. Its
// bytes mean nothing then, offloads are off, and the caller classifies it anew. False, and nothing
// changed, if it is a chain or there is no room. Requires bytes of its own.
bool resize(Frame& frame, std::uint32_t length) noexcept;

}  // namespace laneway

#include "switch/frame.h"

#include <cassert>

#include "switch/wire/bytes.h"

namespace laneway {

namespace {

constexpr std::uint16_t kVlanMask = 0xfff;
constexpr std::size_t kTagBytes = 4;
constexpr std::uint8_t kMaxTags = 2;
constexpr std::uint8_t kUntaggedL3 = 14;

bool is_tag(std::uint16_t type) noexcept {
  return type == kTypeCustomerTag || type == kTypeServiceTag;
}

}  // namespace

void classify_tagged(Frame& frame) noexcept {
  std::uint16_t type = frame.ether_type();
  // A tag that is not whole is an unknown EtherType.
  while (is_tag(type) && frame.tags < kMaxTags && frame.readable >= frame.l3_offset + kTagBytes) {
    if (frame.tags == 0) frame.vlan = VlanId(wire::load_be16(frame.data + 14) & kVlanMask);
    ++frame.tags;
    frame.l3_offset = static_cast<std::uint8_t>(frame.l3_offset + kTagBytes);
    type = frame.ether_type();
  }
  frame.kind = kind_of_type(type);
}

void pop_tag(Frame& frame) noexcept {
  assert(frame.tags > 0);
  Buffer& buffer = *frame.buffer;
  std::memmove(frame.data + kTagBytes, frame.data, 12);
  buffer.data_off = static_cast<std::uint16_t>(buffer.data_off + kTagBytes);
  buffer.data_len = static_cast<std::uint16_t>(buffer.data_len - kTagBytes);
  buffer.pkt_len -= static_cast<std::uint32_t>(kTagBytes);
  if (buffer.l2_len >= kUntaggedL3 + kTagBytes) {
    buffer.l2_len = static_cast<std::uint64_t>(buffer.l2_len - kTagBytes) & 0x7fU;
  }
  frame.view(&buffer);
  classify(frame);
}

bool resize(Frame& frame, std::uint32_t length) noexcept {
  Buffer& buffer = *frame.buffer;
  if (buffer.next != nullptr) return false;
  if (length > frame.length) {
    const std::uint32_t more = length - frame.length;
    if (more > buffer.data_off) return false;
    buffer.data_off = static_cast<std::uint16_t>(buffer.data_off - more);
  }
  buffer.data_len = static_cast<std::uint16_t>(length);
  buffer.pkt_len = length;
  set_offload(buffer, Offload{});
  frame.view(&buffer);
  return true;
}

}  // namespace laneway

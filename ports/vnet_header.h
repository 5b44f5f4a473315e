// ports/vnet_header.h: what a virtio-net header (virtio 1.2 section 5.1.6) says, put into a frame's
// offload fields and read from them again. TAP and packet sockets speak it with the kernel.
//
// The header comes from outside: nothing in it is believed that the frame's own headers do not bear
// out, and nothing is read past the frame. A checksum at any other place than TCP's or UDP's field
// is summed at once: who completes it later would overwrite what policy has checked by then.
#pragma once

#include <cstddef>
#include <cstdint>

#include "switch/buffer.h"

namespace laneway {

// struct virtio_net_hdr, in host byte order. (<linux/virtio_net.h> has a member called `class`.)
struct VnetHeader {
  static constexpr std::uint8_t kNeedsChecksum = 1;  // flags
  static constexpr std::uint8_t kDataValid = 2;
  static constexpr std::uint8_t kGsoNone = 0;  // gso_type
  static constexpr std::uint8_t kGsoTcp4 = 1;
  static constexpr std::uint8_t kGsoTcp6 = 4;
  static constexpr std::uint8_t kGsoUdp = 5;  // USO: cut into datagrams, not into IP fragments
  static constexpr std::uint8_t kGsoEcn = 0x80;

  std::uint8_t flags = 0;
  std::uint8_t gso_type = kGsoNone;
  std::uint16_t header_bytes = 0;  // a hint
  std::uint16_t segment_bytes = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
  bool operator==(const VnetHeader&) const = default;
};
constexpr std::size_t kVnetHeaderBytes = sizeof(VnetHeader);
static_assert(kVnetHeaderBytes == 10);

// Sets the offload fields of `frame`, of 14 bytes at least and fresh from its pool, by `header`.
// False (bad_offload): the header contradicts the frame.
bool accept_vnet_header(Buffer& frame, const VnetHeader& header) noexcept;

// What to say of `frame` to a peer that takes all offloads.
VnetHeader vnet_header_of(const Buffer& frame) noexcept;

}  // namespace laneway

// ports/gather.h: a frame as a list of memory for the kernel to read from, a virtio-net header
// first.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <sys/uio.h>

#include "ports/vnet_header.h"
#include "switch/buffer.h"

namespace laneway {

class Gather {
 public:
  // Parts that a frame may have: as many as the longest one in ordinary mbufs, and some that were
  // put before it.
  static constexpr std::size_t kSegments = kMaxFrameBytes / kSegmentBytes + 9;

  // Lists header and bytes of `frame`, which must stay. False if it has more than kSegments parts.
  bool list(const Buffer& frame) noexcept;
  // Lists a header that says nothing, and `bytes`.
  void list(std::span<std::byte> bytes) noexcept;
  std::span<iovec> vectors() noexcept { return {vectors_.data(), used_}; }

 private:
  VnetHeader header_;
  std::array<iovec, 1 + kSegments> vectors_{};
  std::size_t used_ = 0;
};

}  // namespace laneway

// ports/receive_chain.h: mbufs laid out for a frame of unknown length, up to 64 KiB, before it
// comes.
//
// The kernel fills them from the front: an ordinary one, then a large one. What a frame took leaves
// with it and is replaced; what it did not need waits for the next. No frame is copied once more.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <sys/uio.h>

#include "ports/vnet_header.h"
#include "switch/buffer.h"

namespace laneway {

// A burst ends after so many bytes: what has been read is to be in the CPU's cache when it is
// written.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

class ReceiveChain {
 public:
  // One byte more than the longest frame, to tell a longer one by.
  static_assert(kSegmentBytes + kLargeBytes > kMaxFrameBytes);

  explicit ReceiveChain(BufferPool& pool) noexcept : pool_(pool) {}
  ~ReceiveChain();
  ReceiveChain(const ReceiveChain&) = delete;
  ReceiveChain& operator=(const ReceiveChain&) = delete;

  // Makes the chain whole. False if the pool is empty: nothing may be received.
  bool refill() noexcept;
  // Where the kernel writes: a virtio-net header, then the frame. Requires refill().
  std::span<iovec> vectors() noexcept { return vectors_; }
  const VnetHeader& header() const noexcept { return header_; }
  VnetHeader& header() noexcept { return header_; }
  // The frame of `bytes`, 1 to kMaxFrameBytes, now the caller's.
  Buffer* take(std::size_t bytes) noexcept;

 private:
  BufferPool& pool_;
  VnetHeader header_;
  Buffer* first_ = nullptr;
  Buffer* rest_ = nullptr;
  std::array<iovec, 3> vectors_{};
};

}  // namespace laneway

// ports/segments.h: a frame as a medium without offloads must carry it: checksums summed, and cut
// into segments if it is longer than one (TCP over IPv4 and IPv6, UDP; RFC 9293 section 3.7.1).
//
// rte_gso of DPDK 22.11 cuts IPv4 alone, cuts UDP into IP fragments, and leaves checksums to a NIC;
// so one cut of our own serves both families. Segments are written as plain bytes, since every
// medium that needs them (a byte stream, an interface without GSO) copies them anyway; no buffer is
// taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ports/transport.h"
#include "switch/buffer.h"

namespace laneway {

// Of one frame: 64 KiB in pieces of 64 bytes. A peer that asks for more wants our time.
constexpr std::size_t kMaxSegments = 1024;

// A view of `frame`, which must outlive it. Its offload fields are those of accept_vnet_header.
class Segments {
 public:
  explicit Segments(const Buffer& frame) noexcept;

  // 1 for a frame that is not to be cut; 0: its headers are no longer what its offload fields say.
  std::size_t count() const noexcept { return count_; }
  // Bytes of the longest one and of all, Ethernet headers included.
  std::size_t longest() const noexcept { return bytes_on_wire(frame_); }
  std::size_t total() const noexcept;
  // Writes segment `at` and returns its bytes. Requires at < count() and out.size() >= longest().
  std::size_t write(std::size_t at, std::span<std::byte> out) const noexcept;

 private:
  void write_headers(std::size_t at, std::span<std::byte> segment) const noexcept;

  const Buffer& frame_;
  Offload offload_;
  std::optional<Transport> where_;  // if it is to be cut
  std::size_t count_ = 1;
};

}  // namespace laneway

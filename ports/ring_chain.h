// ports/ring_chain.h: what split and packed rings have in common (virtio 1.2 sections 2.7, 2.8): a
// chain of buffers as pieces of memory, and the ways in which a driver can break a ring.
//
// The driver is hostile and may write any shared word at any moment: each is read once, into a
// variable of ours, and checked there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "ports/guest_memory.h"

namespace laneway {

enum class RingFault : std::uint8_t {
  None,
  Index,      // an available index too far ahead, or a descriptor's number beyond the ring
  Address,    // memory that is in no region
  Direction,  // a buffer to read where one to write is due, or the reverse
  Indirect,   // a table of a size that none has, or inside another
  Chain,      // longer than kMaxPieces, or without an end
};

// struct vring_desc, little endian as the host; packed rings call `flags` id and `next` flags.
struct RingDescriptor {
  static constexpr std::uint16_t kNext = 1;
  static constexpr std::uint16_t kWrite = 2;  // the device may write
  static constexpr std::uint16_t kIndirect = 4;

  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  std::uint16_t third = 0;
  std::uint16_t fourth = 0;
};
static_assert(sizeof(RingDescriptor) == 16);

// A copy of what stands at `at`, which the compiler may not read a second time.
template <class Value>
Value read_once(const void* at) noexcept {
  Value value;
  std::memcpy(&value, at, sizeof(value));
  asm volatile("" ::: "memory");
  return value;
}

struct Chain {
  static constexpr std::size_t kMaxPieces = 1024;  // QEMU's VIRTQUEUE_MAX_SIZE

  std::uint16_t id = 0;     // what the driver knows it by
  std::uint16_t slots = 0;  // of the ring, that it takes
  std::uint64_t bytes = 0;  // of all pieces
  std::size_t count = 0;
  std::array<std::span<std::byte>, kMaxPieces> pieces;

  void clear() noexcept {
    bytes = 0;
    count = 0;
  }
  // Adds the `length` bytes at guest address `at`, in as many pieces as regions hold them.
  RingFault add(const GuestMemory& memory, std::uint64_t at, std::uint32_t length) noexcept {
    bytes += length;
    while (length > 0) {
      const std::span<std::byte> piece = memory.at_guest(at, length);
      if (piece.empty()) return RingFault::Address;
      if (count == kMaxPieces) return RingFault::Chain;
      pieces[count++] = piece;
      at += piece.size();
      length -= static_cast<std::uint32_t>(piece.size());
    }
    return RingFault::None;
  }
};

// What rings need from the device: the way of the buffers, and whether EVENT_IDX is on.
struct RingSetup {
  std::uint16_t size = 0;
  bool driver_writes = true;  // buffers for us to read (a transmit queue)
  bool event_index = false;   // VIRTIO_F_EVENT_IDX
  std::byte* descriptors = nullptr;
  std::byte* driver = nullptr;  // available ring, or the driver's event suppression
  std::byte* device = nullptr;  // used ring, or the device's
};

struct UsedChain {
  std::uint16_t id = 0;
  std::uint16_t slots = 0;
  std::uint32_t bytes = 0;
};

}  // namespace laneway

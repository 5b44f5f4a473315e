// hypervisor-glue/virtio/virtq.h: the device's side of a split virtqueue (virtio 1.2 section 2.7).
//
// The driver writes descriptors and an available ring; the device takes chains and hands them back
// in the used ring. Every word of the driver is read once and checked. A lie breaks the queue: it
// says why, takes nothing more, and the device asks for a reset (section 2.1).
//
// Threads: one device thread; the driver writes at the same time.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "hypervisor-glue/limits.h"
#include "hypervisor-glue/mem/guest_memory.h"

namespace laneway::vmm {

enum class Broken : std::uint8_t {
  No,
  BadSize,
  RingMisaligned,
  RingNotInMemory,
  TooManyAvailable,
  HeadTooLarge,
  HeadInFlight,
  NextTooLarge,
  ChainTooLong,
  ReadableAfterWritable,
  EmptyDescriptor,
  BufferNotInMemory,
  BufferTooLarge,
  IndirectNotNegotiated,
  IndirectNested,
  IndirectWithNext,
  IndirectSize,
};
constexpr std::size_t kBrokenReasons = 17;
std::string_view name_of(Broken reason) noexcept;  // "a head past the queue's size"

// One request: what the device reads, then what it writes. The spans are the guest's memory.
struct DescriptorChain {
  std::uint16_t head = 0;
  std::uint64_t readable_bytes = 0;
  std::uint64_t writable_bytes = 0;
  std::vector<std::span<std::byte>> readable;
  std::vector<std::span<std::byte>> writable;
};

class Virtq {
 public:
  // All that makes a queue, saved and restored as it is.
  struct State {
    std::uint16_t size = 0;  // entries, a power of two up to kMaxQueueSize
    GuestAddress descriptors = 0, available = 0, used = 0;
    bool indirect = false;             // VIRTIO_F_INDIRECT_DESC
    bool event_index = false;          // VIRTIO_F_EVENT_IDX
    std::uint16_t next_available = 0;  // free running
    std::uint16_t next_used = 0;
  };

  // Breaks at once if the state cannot be a queue's. `memory` must outlive it.
  Virtq(const GuestMemory& memory, const State& state);

  // The next request into `chain`; false if there is none or the queue is broken.
  bool pop(DescriptorChain& chain);
  // Hands `head` of a popped chain back, `written` bytes of its writable part filled.
  void push(std::uint16_t head, std::uint32_t written);
  // After pushing: whether the driver wants to hear of it. Before sleeping: asks it to kick, and
  // says whether something has come in the meantime.
  bool needs_interrupt() noexcept;
  bool arm_kick() noexcept;

  Broken broken() const noexcept { return broken_; }
  const State& state() const noexcept { return state_; }

 private:
  struct Descriptor {
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
  };
  static_assert(sizeof(Descriptor) == 16);

  bool fail(Broken reason) noexcept;
  std::uint16_t load(std::uint64_t offset, const std::byte* ring) const noexcept;
  bool walk(GuestAddress table, std::uint16_t size, std::uint16_t first, DescriptorChain& chain);
  bool follow_indirect(const Descriptor& one, DescriptorChain& chain);
  bool add(const Descriptor& one, DescriptorChain& chain);

  const GuestMemory& memory_;
  State state_;
  Broken broken_ = Broken::No;
  std::byte* available_ = nullptr;
  std::byte* used_ = nullptr;
  std::uint16_t signalled_ = 0;  // used index at the last question for an interrupt
  std::size_t taken_ = 0;        // descriptors of the chain that is being read
  bool in_indirect_ = false;
  std::bitset<kMaxQueueSize> in_flight_;
};

}  // namespace laneway::vmm

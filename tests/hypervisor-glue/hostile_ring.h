// tests/hypervisor-glue/hostile_ring.h: a guest in plain memory and a driver that can lie in every
// field of a split virtqueue.
//
// Two regions are adjacent for the guest and apart for us, each a heap block of its exact size, so
// that a sanitizer sees the first byte past either; a third lies behind a hole.
#pragma once

#include <cstdint>
#include <vector>

#include "hypervisor-glue/virtio/virtq.h"

namespace laneway::vmm::test {

class HostileRing {
 public:
  static constexpr GuestAddress kBase = 0x10000;
  static constexpr std::uint64_t kRegion = 0x8000;            // bytes of each region
  static constexpr GuestAddress kSeam = kBase + kRegion;      // first byte of the second
  static constexpr GuestAddress kHole = kBase + 2 * kRegion;  // first byte past the second
  static constexpr GuestAddress kFar = kHole + 0x10000;       // the third
  static constexpr GuestAddress kEnd = kFar + kRegion;        // first byte past all
  static constexpr GuestAddress kDescriptors = kBase;
  static constexpr GuestAddress kAvailable = kBase + 0x4000;
  static constexpr GuestAddress kUsed = kBase + 0x5000;
  static constexpr GuestAddress kTable = kBase + 0x7000;  // for indirect descriptors
  static constexpr GuestAddress kData = kSeam + 0x1000;
  enum Flag : std::uint16_t { kNext = 1, kWrite = 2, kIndirect = 4 };

  explicit HostileRing(std::uint16_t size = 8)
      : memory_({{kBase, first_, -1}, {kSeam, second_, -1}, {kFar, third_, -1}}), size_(size) {}

  Virtq::State state() const {
    Virtq::State state;
    state.size = size_;
    state.descriptors = kDescriptors;
    state.available = kAvailable;
    state.used = kUsed;
    return state;
  }
  const GuestMemory& memory() const { return memory_; }

  struct Words {
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
  };
  void descriptor(std::uint64_t at, const Words& words, GuestAddress table = kDescriptors) {
    memory_.write(table + 16 * at, words);
  }
  // Writes `head` into the available ring and counts its index up by `step`.
  void offer(std::uint16_t head, std::uint16_t step = 1) {
    memory_.write(kAvailable + 4 + 2U * (index_ % size_), head);
    index_ = static_cast<std::uint16_t>(index_ + step);
    memory_.write(kAvailable + 2, index_);
  }
  void set_available_flags(std::uint16_t flags) { memory_.write(kAvailable, flags); }
  void set_used_event(std::uint16_t index) { memory_.write(kAvailable + 4 + 2U * size_, index); }

  std::uint16_t used_index() const { return *memory_.read<std::uint16_t>(kUsed + 2); }
  std::uint32_t used_head(unsigned at) const {
    return *memory_.read<std::uint32_t>(kUsed + 4 + 8U * (at % size_));
  }
  std::uint32_t used_length(unsigned at) const {
    return *memory_.read<std::uint32_t>(kUsed + 8 + 8U * (at % size_));
  }
  std::uint16_t available_event() const {
    return *memory_.read<std::uint16_t>(kUsed + 4 + 8U * size_);
  }

 private:
  std::vector<std::byte> first_ = std::vector<std::byte>(kRegion);
  std::vector<std::byte> second_ = std::vector<std::byte>(kRegion);
  std::vector<std::byte> third_ = std::vector<std::byte>(kRegion);
  GuestMemory memory_;
  std::uint16_t size_;
  std::uint16_t index_ = 0;
};

}  // namespace laneway::vmm::test

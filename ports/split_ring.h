// ports/split_ring.h: the device's side of a split virtqueue (virtio 1.2 section 2.7).
//
// Chains are taken in the order they were made available, and complete in that order; completions
// stay with us until publish(), so a chain that was taken too many can go back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ports/ring_chain.h"

namespace laneway {

class SplitRing {
 public:
  // Bytes that the three parts take for `size` entries.
  static constexpr std::uint64_t descriptor_bytes(std::uint64_t size) { return 16 * size; }
  static constexpr std::uint64_t driver_bytes(std::uint64_t size) { return 6 + 2 * size; }
  static constexpr std::uint64_t device_bytes(std::uint64_t size) { return 6 + 8 * size; }
  static bool is_size(std::uint32_t size) noexcept {
    return size > 0 && size <= 32768 && (size & (size - 1)) == 0;
  }

  // Starts at `base`, the first available index not yet taken. May allocate.
  void start(const RingSetup& setup, std::uint32_t base);
  std::uint32_t base() const noexcept { return next_; }

  // Touches what the next `count` chains stand on before it is needed.
  void warm(const GuestMemory& memory, std::size_t count) const noexcept;
  // Takes the next chain; false if none waits, or the ring is broken: fault() tells.
  bool take(const GuestMemory& memory, Chain& chain) noexcept;
  void complete(const Chain& chain, std::uint32_t bytes) noexcept {
    done_[done_count_++] = {chain.id, chain.slots, bytes};
  }
  // Shows the driver what is complete; true if it wants to be told.
  bool publish() noexcept;

  struct Mark {
    std::uint16_t next = 0;
    std::size_t done = 0;
  };
  Mark mark() const noexcept { return {next_, done_count_}; }
  // As if nothing had been taken since `mark`. Requires no publish() since.
  void go_back(const Mark& mark) noexcept {
    next_ = mark.next;
    done_count_ = mark.done;
  }

  // Whether the driver shall kick for new chains. True if some wait already.
  bool ask_for_kick() noexcept;
  void want_no_kick() noexcept;

  RingFault fault() const noexcept { return fault_; }

 private:
  std::uint16_t waiting() noexcept;
  RingFault walk(const GuestMemory& memory, Chain& chain, std::uint16_t head) const noexcept;
  std::uint16_t head_at(std::uint16_t index) const noexcept;
  bool driver_wants_call(std::uint16_t before) const noexcept;

  RingSetup setup_;
  std::uint16_t mask_ = 0;
  std::uint16_t next_ = 0;   // available index to take next
  std::uint16_t shown_ = 0;  // available index as last read
  std::uint16_t used_ = 0;   // used index as the driver sees it
  RingFault fault_ = RingFault::None;
  std::vector<UsedChain> done_;
  std::size_t done_count_ = 0;
};

}  // namespace laneway

// ports/packed_ring.h: the device's side of a packed virtqueue (virtio 1.2 section 2.8).
//
// The same members as SplitRing. Chains complete in order, so one position serves both ways; a
// completion overwrites its descriptor and therefore waits until publish().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ports/ring_chain.h"

namespace laneway {

class PackedRing {
 public:
  static constexpr std::uint64_t descriptor_bytes(std::uint64_t size) { return 16 * size; }
  static constexpr std::uint64_t driver_bytes(std::uint64_t /*size*/) { return 4; }
  static constexpr std::uint64_t device_bytes(std::uint64_t /*size*/) { return 4; }
  static bool is_size(std::uint32_t size) noexcept { return size > 0 && size <= 32768; }

  // `base`: the position in 15 bits, the wrap counter above.
  void start(const RingSetup& setup, std::uint32_t base);
  std::uint32_t base() const noexcept;

  void warm(const GuestMemory& memory, std::size_t count) const noexcept;
  bool take(const GuestMemory& memory, Chain& chain) noexcept;
  void complete(const Chain& chain, std::uint32_t bytes) noexcept {
    done_[done_count_++] = {chain.id, chain.slots, bytes};
  }
  bool publish() noexcept;

  struct Position {
    std::uint16_t at = 0;
    bool wrap = true;  // of the driver's lap

    void advance(std::uint16_t slots, std::uint16_t size) noexcept;
  };
  struct Mark {
    Position next;
    std::size_t done = 0;
  };
  Mark mark() const noexcept { return {next_, done_count_}; }
  void go_back(const Mark& mark) noexcept {
    next_ = mark.next;
    done_count_ = mark.done;
  }

  bool ask_for_kick() noexcept;
  void want_no_kick() noexcept;

  RingFault fault() const noexcept { return fault_; }

 private:
  bool is_available(const Position& position) const noexcept;
  RingFault walk(const GuestMemory& memory, Chain& chain) const noexcept;
  RingFault add_indirect(const GuestMemory& memory, Chain& chain,
                         const RingDescriptor& table) const noexcept;
  RingFault add(const GuestMemory& memory, Chain& chain, const RingDescriptor& one,
                std::uint16_t flags) const noexcept;
  void write_used(const Position& position, const UsedChain& used) noexcept;
  bool driver_wants_call(const Position& before, std::uint32_t slots) const noexcept;

  RingSetup setup_;
  Position next_;  // to take
  Position used_;  // to complete
  RingFault fault_ = RingFault::None;
  std::vector<UsedChain> done_;
  std::size_t done_count_ = 0;
};

}  // namespace laneway

#include "ports/split_ring.h"

#include <algorithm>
#include <atomic>

namespace laneway {

namespace {

// Offsets in the available ring: flags, index, heads, used_event; in the used ring the like.
constexpr std::size_t kIndex = 2;
constexpr std::size_t kEntries = 4;
constexpr std::size_t kUsedEntryBytes = 8;
constexpr std::uint16_t kNoInterrupt = 1;  // VIRTQ_AVAIL_F_NO_INTERRUPT
constexpr std::uint16_t kNoNotify = 1;     // VIRTQ_USED_F_NO_NOTIFY

std::uint16_t load(const std::byte* at) noexcept {
  return __atomic_load_n(reinterpret_cast<const std::uint16_t*>(at), __ATOMIC_ACQUIRE);
}

void store(std::byte* at, std::uint16_t value) noexcept {
  __atomic_store_n(reinterpret_cast<std::uint16_t*>(at), value, __ATOMIC_RELEASE);
}

}  // namespace

void SplitRing::start(const RingSetup& setup, std::uint32_t base) {
  setup_ = setup;
  mask_ = static_cast<std::uint16_t>(setup.size - 1);
  next_ = shown_ = static_cast<std::uint16_t>(base);
  used_ = load(setup.device + kIndex);
  fault_ = RingFault::None;
  done_.resize(setup.size);
  done_count_ = 0;
  want_no_kick();
}

// Chains that wait; looks at the driver's index only when those it showed last are taken.
std::uint16_t SplitRing::waiting() noexcept {
  if (next_ == shown_) shown_ = load(setup_.driver + kIndex);
  const auto count = static_cast<std::uint16_t>(shown_ - next_);
  if (count <= setup_.size) return count;
  fault_ = RingFault::Index;
  return 0;
}

std::uint16_t SplitRing::head_at(std::uint16_t index) const noexcept {
  return read_once<std::uint16_t>(setup_.driver + kEntries + 2U * (index & mask_));
}

void SplitRing::warm(const GuestMemory& memory, std::size_t count) const noexcept {
  const auto ready = static_cast<std::uint16_t>(load(setup_.driver + kIndex) - next_);
  const std::size_t chains = std::min<std::size_t>(ready, count);
  for (std::size_t at = 0; at < chains; ++at) {
    const std::uint16_t head = head_at(static_cast<std::uint16_t>(next_ + at)) & mask_;
    const auto first = read_once<RingDescriptor>(setup_.descriptors + 16U * head);
    const std::span<std::byte> bytes = memory.at_guest(first.address, 1);
    if (setup_.driver_writes)
      __builtin_prefetch(bytes.data(), 0);
    else
      __builtin_prefetch(bytes.data(), 1);
  }
}

bool SplitRing::take(const GuestMemory& memory, Chain& chain) noexcept {
  // A driver may make more available than the ring holds while we are at it.
  if (done_count_ == done_.size() || waiting() == 0 || fault_ != RingFault::None) {
    return false;
  }
  const std::uint16_t head = head_at(next_);
  fault_ = walk(memory, chain, head);
  if (fault_ != RingFault::None) return false;
  chain.id = head;
  chain.slots = 1;
  ++next_;
  return true;
}

RingFault SplitRing::walk(const GuestMemory& memory, Chain& chain,
                          std::uint16_t head) const noexcept {
  chain.clear();
  const std::byte* table = setup_.descriptors;
  std::uint32_t entries = setup_.size;
  std::uint32_t at = head;
  for (std::size_t steps = 0; steps <= Chain::kMaxPieces; ++steps) {
    if (at >= entries) return RingFault::Index;
    const auto one = read_once<RingDescriptor>(table + std::size_t{16} * at);
    const std::uint16_t flags = one.third;
    if ((flags & RingDescriptor::kIndirect) != 0) {
      if (table != setup_.descriptors || (flags & RingDescriptor::kNext) != 0 || one.bytes == 0 ||
          one.bytes % sizeof(RingDescriptor) != 0) {
        return RingFault::Indirect;
      }
      const std::span<std::byte> list = memory.at_guest(one.address, one.bytes);
      if (list.size() != one.bytes) return RingFault::Address;
      table = list.data();
      entries = one.bytes / sizeof(RingDescriptor);
      at = 0;
      continue;
    }
    const bool we_write = (flags & RingDescriptor::kWrite) != 0;
    if (we_write == setup_.driver_writes) return RingFault::Direction;
    const RingFault fault = chain.add(memory, one.address, one.bytes);
    if (fault != RingFault::None) return fault;
    if ((flags & RingDescriptor::kNext) == 0) return RingFault::None;
    at = one.fourth;
  }
  return RingFault::Chain;
}

bool SplitRing::publish() noexcept {
  if (done_count_ == 0) return false;
  for (std::size_t at = 0; at < done_count_; ++at) {
    const std::uint64_t entry = std::uint64_t{done_[at].id} | std::uint64_t{done_[at].bytes} << 32U;
    const auto slot = static_cast<std::size_t>((used_ + at) & mask_);
    std::memcpy(setup_.device + kEntries + kUsedEntryBytes * slot, &entry, sizeof(entry));
  }
  const std::uint16_t before = used_;
  used_ = static_cast<std::uint16_t>(used_ + done_count_);
  done_count_ = 0;
  store(setup_.device + kIndex, used_);
  // The driver writes its wish and looks at the index; we do it the other way round.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return driver_wants_call(before);
}

bool SplitRing::driver_wants_call(std::uint16_t before) const noexcept {
  if (!setup_.event_index) return (load(setup_.driver) & kNoInterrupt) == 0;
  const std::uint16_t event = load(setup_.driver + kEntries + std::size_t{2} * setup_.size);
  return static_cast<std::uint16_t>(used_ - event - 1) < static_cast<std::uint16_t>(used_ - before);
}

bool SplitRing::ask_for_kick() noexcept {
  if (setup_.event_index)
    store(setup_.device + kEntries + kUsedEntryBytes * setup_.size, next_);
  else
    store(setup_.device, 0);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return load(setup_.driver + kIndex) != next_;
}

// With EVENT_IDX there is nothing to do: the index that was asked for lies behind.
void SplitRing::want_no_kick() noexcept {
  if (!setup_.event_index) store(setup_.device, kNoNotify);
}

}  // namespace laneway

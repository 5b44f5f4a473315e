// A chain is read in one walk that counts descriptors, those of an indirect table too: no chain is
// longer than the queue, so a loop ends after that many steps. Rings lie in one piece of memory
// each (checked when the queue starts); buffers may cross adjacent regions.
#include "hypervisor-glue/virtio/virtq.h"

#include <bit>

namespace laneway::vmm {
namespace {

constexpr std::uint16_t kNext = 1, kWrite = 2, kIndirect = 4;  // section 2.7.5
constexpr std::uint16_t kNoInterrupt = 1;                      // available ring's flags
constexpr std::size_t kFlags = 0, kIndex = 2, kRing = 4;       // offsets in both rings
constexpr std::size_t kUsedEntry = 8;                          // bytes: id, length

constexpr std::array<std::string_view, kBrokenReasons> kNames{
    "not broken",
    "a queue size that is no power of two or too large",
    "a ring that is not aligned",
    "a ring outside of memory",
    "more requests available than the queue holds",
    "a head past the queue's size",
    "a head that is in flight",
    "a next descriptor past the table",
    "a chain longer than the queue",
    "a readable descriptor after a writable one",
    "a descriptor of length 0",
    "a buffer outside of memory",
    "a chain of more than 4 GiB",
    "an indirect table that was not negotiated",
    "an indirect table in an indirect table",
    "an indirect descriptor with a next one",
    "an indirect table of a wrong size",
};
static_assert(static_cast<std::size_t>(Broken::IndirectSize) + 1 == kBrokenReasons);

template <typename T>
T* word(std::byte* ring, std::size_t offset) {
  return reinterpret_cast<T*>(ring + offset);  // aligned: the ring is, and so is each offset
}

// Section 2.7.7.2: whether the peer's event index lies among those just passed.
bool passed(std::uint16_t event, std::uint16_t now, std::uint16_t before) {
  return static_cast<std::uint16_t>(now - event - 1) < static_cast<std::uint16_t>(now - before);
}

}  // namespace

std::string_view name_of(Broken reason) noexcept {
  return kNames[static_cast<std::size_t>(reason)];
}

Virtq::Virtq(const GuestMemory& memory, const State& state)
    : memory_(memory), state_(state), signalled_(state.next_used) {
  const std::uint16_t size = state.size;
  if (!std::has_single_bit(size) || size > kMaxQueueSize) {
    fail(Broken::BadSize);
    return;
  }
  if (state.descriptors % 16 != 0 || state.available % 2 != 0 || state.used % 4 != 0) {
    fail(Broken::RingMisaligned);
    return;
  }
  // Each ring ends with the event index of the other side.
  const auto available = memory.span(state.available, kRing + 2 * std::uint64_t{size} + 2);
  const auto used = memory.span(state.used, kRing + kUsedEntry * std::uint64_t{size} + 2);
  if (!available || !used || !memory.contains(state.descriptors, 16 * std::uint64_t{size})) {
    fail(Broken::RingNotInMemory);
    return;
  }
  available_ = available->data();
  used_ = used->data();
}

bool Virtq::fail(Broken reason) noexcept {
  broken_ = reason;
  return false;
}

std::uint16_t Virtq::load(std::uint64_t offset, const std::byte* ring) const noexcept {
  return __atomic_load_n(reinterpret_cast<const std::uint16_t*>(ring + offset), __ATOMIC_ACQUIRE);
}

bool Virtq::pop(DescriptorChain& chain) {
  if (broken_ != Broken::No) return false;
  const auto waiting = static_cast<std::uint16_t>(load(kIndex, available_) - state_.next_available);
  if (waiting == 0) return false;
  if (waiting > state_.size) return fail(Broken::TooManyAvailable);

  const unsigned slot = state_.next_available & (state_.size - 1U);
  chain = DescriptorChain{};
  chain.head = load(kRing + 2 * std::uint64_t{slot}, available_);
  if (chain.head >= state_.size) return fail(Broken::HeadTooLarge);
  if (in_flight_[chain.head]) return fail(Broken::HeadInFlight);

  taken_ = 0;
  in_indirect_ = false;
  if (!walk(state_.descriptors, state_.size, chain.head, chain)) return false;
  in_flight_[chain.head] = true;
  ++state_.next_available;
  return true;
}

bool Virtq::walk(GuestAddress table, std::uint16_t size, std::uint16_t first,
                 DescriptorChain& chain) {
  for (std::uint16_t at = first;;) {
    if (at >= size) return fail(Broken::NextTooLarge);
    if (++taken_ > state_.size) return fail(Broken::ChainTooLong);
    const auto one = memory_.read<Descriptor>(table + 16 * std::uint64_t{at});
    if (!one) return fail(Broken::RingNotInMemory);
    if ((one->flags & kIndirect) != 0) {
      --taken_;  // the table counts for itself
      return follow_indirect(*one, chain);
    }
    if (!add(*one, chain)) return false;
    if ((one->flags & kNext) == 0) return true;
    at = one->next;
  }
}

bool Virtq::follow_indirect(const Descriptor& one, DescriptorChain& chain) {
  if (!state_.indirect) return fail(Broken::IndirectNotNegotiated);
  if (in_indirect_) return fail(Broken::IndirectNested);
  if ((one.flags & kNext) != 0) return fail(Broken::IndirectWithNext);
  if (one.length == 0 || one.length % 16 != 0 || one.length / 16 > state_.size) {
    return fail(Broken::IndirectSize);
  }
  if (!memory_.contains(one.address, one.length)) return fail(Broken::BufferNotInMemory);
  in_indirect_ = true;
  return walk(one.address, static_cast<std::uint16_t>(one.length / 16), 0, chain);
}

bool Virtq::add(const Descriptor& one, DescriptorChain& chain) {
  const bool writable = (one.flags & kWrite) != 0;
  if (one.length == 0) return fail(Broken::EmptyDescriptor);
  if (!writable && !chain.writable.empty()) return fail(Broken::ReadableAfterWritable);
  std::uint64_t& total = writable ? chain.writable_bytes : chain.readable_bytes;
  total += one.length;
  if (chain.readable_bytes + chain.writable_bytes > kMaxChainBytes) {
    return fail(Broken::BufferTooLarge);
  }
  if (!memory_.spans(one.address, one.length, writable ? chain.writable : chain.readable)) {
    return fail(Broken::BufferNotInMemory);
  }
  return true;
}

void Virtq::push(std::uint16_t head, std::uint32_t written) {
  if (broken_ != Broken::No || head >= state_.size || !in_flight_[head]) return;
  in_flight_[head] = false;
  const std::size_t slot = state_.next_used & (state_.size - 1U);
  std::byte* entry = used_ + kRing + kUsedEntry * slot;
  __atomic_store_n(word<std::uint32_t>(entry, 0), head, __ATOMIC_RELAXED);
  __atomic_store_n(word<std::uint32_t>(entry, 4), written, __ATOMIC_RELAXED);
  ++state_.next_used;
  // The driver that sees the index sees the entry (section 2.7.13).
  __atomic_store_n(word<std::uint16_t>(used_, kIndex), state_.next_used, __ATOMIC_RELEASE);
}

bool Virtq::needs_interrupt() noexcept {
  if (broken_ != Broken::No || signalled_ == state_.next_used) return false;
  // Our index must be seen before we look at what the driver waits for.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  const std::uint16_t before = signalled_;
  signalled_ = state_.next_used;
  if (!state_.event_index) return (load(kFlags, available_) & kNoInterrupt) == 0;
  const std::uint16_t event = load(kRing + 2 * std::uint64_t{state_.size}, available_);
  return passed(event, state_.next_used, before);
}

bool Virtq::arm_kick() noexcept {
  if (broken_ != Broken::No) return false;
  if (state_.event_index) {
    const std::size_t event = kRing + kUsedEntry * std::size_t{state_.size};
    __atomic_store_n(word<std::uint16_t>(used_, event), state_.next_available, __ATOMIC_RELAXED);
  }
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return load(kIndex, available_) != state_.next_available;
}

}  // namespace laneway::vmm

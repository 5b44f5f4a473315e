#include "ports/packed_ring.h"

#include <atomic>

namespace laneway {

namespace {

constexpr std::size_t kFlags = 14;  // offset in a descriptor
constexpr std::uint16_t kAvailable = 1U << 7U;
constexpr std::uint16_t kUsed = 1U << 15U;
constexpr std::uint16_t kWrapBit = 1U << 15U;
// Event suppression: offset and wrap counter, then flags.
constexpr std::size_t kEventFlags = 2;
constexpr std::uint16_t kEventsOn = 0;
constexpr std::uint16_t kEventsOff = 1;
constexpr std::uint16_t kEventAt = 2;

std::uint16_t load(const std::byte* at) noexcept {
  return __atomic_load_n(reinterpret_cast<const std::uint16_t*>(at), __ATOMIC_ACQUIRE);
}

void store(std::byte* at, std::uint16_t value) noexcept {
  __atomic_store_n(reinterpret_cast<std::uint16_t*>(at), value, __ATOMIC_RELEASE);
}

// In a packed ring the third field is the buffer's id and the fourth are the flags.
std::uint16_t flags_of(const RingDescriptor& one) noexcept { return one.fourth; }

}  // namespace

void PackedRing::Position::advance(std::uint16_t slots, std::uint16_t size) noexcept {
  const unsigned moved = unsigned{at} + slots;
  if (moved >= size) wrap = !wrap;
  at = static_cast<std::uint16_t>(moved >= size ? moved - size : moved);
}

void PackedRing::start(const RingSetup& setup, std::uint32_t base) {
  setup_ = setup;
  next_ = {static_cast<std::uint16_t>(base & 0x7fffU), (base & kWrapBit) != 0};
  used_ = next_;
  fault_ = next_.at < setup.size ? RingFault::None : RingFault::Index;
  done_.resize(setup.size);
  done_count_ = 0;
  want_no_kick();
}

std::uint32_t PackedRing::base() const noexcept {
  return next_.at | (next_.wrap ? std::uint32_t{kWrapBit} : 0U);
}

bool PackedRing::is_available(const Position& position) const noexcept {
  const std::uint16_t flags = load(setup_.descriptors + std::size_t{16} * position.at + kFlags);
  return ((flags & kAvailable) != 0) == position.wrap && ((flags & kUsed) != 0) != position.wrap;
}

// Chains of one descriptor are what counts; where they have more, some touches are in vain.
void PackedRing::warm(const GuestMemory& memory, std::size_t count) const noexcept {
  Position position = next_;
  for (std::size_t seen = 0; seen < count && is_available(position); ++seen) {
    const auto one = read_once<RingDescriptor>(setup_.descriptors + std::size_t{16} * position.at);
    const std::span<std::byte> bytes = memory.at_guest(one.address, 1);
    if (setup_.driver_writes)
      __builtin_prefetch(bytes.data(), 0);
    else
      __builtin_prefetch(bytes.data(), 1);
    position.advance(1, setup_.size);
  }
}

bool PackedRing::take(const GuestMemory& memory, Chain& chain) noexcept {
  // A driver may make more available than the ring holds while we are at it.
  if (done_count_ == done_.size() || fault_ != RingFault::None || !is_available(next_)) {
    return false;
  }
  fault_ = walk(memory, chain);
  if (fault_ != RingFault::None) return false;
  next_.advance(chain.slots, setup_.size);
  return true;
}

RingFault PackedRing::add(const GuestMemory& memory, Chain& chain, const RingDescriptor& one,
                          std::uint16_t flags) const noexcept {
  const bool we_write = (flags & RingDescriptor::kWrite) != 0;
  if (we_write == setup_.driver_writes) return RingFault::Direction;
  return chain.add(memory, one.address, one.bytes);
}

RingFault PackedRing::add_indirect(const GuestMemory& memory, Chain& chain,
                                   const RingDescriptor& table) const noexcept {
  if (table.bytes == 0 || table.bytes % sizeof(RingDescriptor) != 0) return RingFault::Indirect;
  const std::span<std::byte> list = memory.at_guest(table.address, table.bytes);
  if (list.size() != table.bytes) return RingFault::Address;
  if (list.size() / sizeof(RingDescriptor) > Chain::kMaxPieces) return RingFault::Chain;
  for (std::size_t at = 0; at < list.size(); at += sizeof(RingDescriptor)) {
    const auto one = read_once<RingDescriptor>(list.data() + at);
    if ((flags_of(one) & RingDescriptor::kIndirect) != 0) return RingFault::Indirect;
    const RingFault fault = add(memory, chain, one, flags_of(one));
    if (fault != RingFault::None) return fault;
  }
  return RingFault::None;
}

RingFault PackedRing::walk(const GuestMemory& memory, Chain& chain) const noexcept {
  chain.clear();
  Position position = next_;
  for (std::uint16_t slots = 1; slots <= setup_.size && slots <= Chain::kMaxPieces; ++slots) {
    const auto one = read_once<RingDescriptor>(setup_.descriptors + std::size_t{16} * position.at);
    const std::uint16_t flags = flags_of(one);
    const bool indirect = (flags & RingDescriptor::kIndirect) != 0;
    if (indirect && (slots > 1 || (flags & RingDescriptor::kNext) != 0)) {
      return RingFault::Indirect;
    }
    const RingFault fault =
        indirect ? add_indirect(memory, chain, one) : add(memory, chain, one, flags);
    if (fault != RingFault::None) return fault;
    chain.id = one.third;
    chain.slots = slots;
    if ((flags & RingDescriptor::kNext) == 0) return RingFault::None;
    position.advance(1, setup_.size);
  }
  return RingFault::Chain;
}

// All but the flags, which make it the driver's.
void PackedRing::write_used(const Position& position, const UsedChain& used) noexcept {
  std::byte* at = setup_.descriptors + std::size_t{16} * position.at;
  std::memcpy(at + 8, &used.bytes, sizeof(used.bytes));
  std::memcpy(at + 12, &used.id, sizeof(used.id));
}

bool PackedRing::publish() noexcept {
  if (done_count_ == 0) return false;
  const Position first = used_;
  const auto flags_at = [this](const Position& position) {
    return setup_.descriptors + std::size_t{16} * position.at + kFlags;
  };
  const std::uint16_t write = setup_.driver_writes ? std::uint16_t{0} : RingDescriptor::kWrite;
  const auto flags_for = [write](const Position& position) {
    return static_cast<std::uint16_t>(position.wrap ? kAvailable | kUsed | write : write);
  };
  std::uint32_t slots = 0;
  for (std::size_t at = 0; at < done_count_; ++at) {
    write_used(used_, done_[at]);
    // The driver reads in order: it stops at the first, which is shown last.
    if (at > 0) store(flags_at(used_), flags_for(used_));
    used_.advance(done_[at].slots, setup_.size);
    slots += done_[at].slots;
  }
  done_count_ = 0;
  store(flags_at(first), flags_for(first));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return driver_wants_call(first, slots);
}

bool PackedRing::driver_wants_call(const Position& before, std::uint32_t slots) const noexcept {
  const std::uint16_t flags = load(setup_.driver + kEventFlags);
  if (flags != kEventAt || !setup_.event_index) return flags != kEventsOff;
  const std::uint16_t event = load(setup_.driver);
  // Slots from where we began to where the driver wants to hear of us, one lap further if its wrap
  // counter is another.
  const unsigned at = event & 0x7fffU;
  const bool same_lap = ((event & kWrapBit) != 0) == before.wrap;
  const unsigned target = same_lap ? at : at + setup_.size;
  return target >= before.at && target - before.at < slots;
}

bool PackedRing::ask_for_kick() noexcept {
  store(setup_.device + kEventFlags, kEventsOn);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return is_available(next_);
}

void PackedRing::want_no_kick() noexcept { store(setup_.device + kEventFlags, kEventsOff); }

}  // namespace laneway

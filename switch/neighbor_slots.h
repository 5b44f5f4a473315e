// switch/neighbor_slots.h: where the neighbor table keeps its entries, and how many a port may
// have.
//
// Entries lie in slots that never move. A slot is on one list: that of its port, family and state,
// in the order in which entries came into that state, so the oldest of a kind is found at once,
// however fast a guest makes new ones. An open-addressed index of slot numbers leads from address
// to slot.
//
// Invariants: those of switch/neighbor_table.h about quotas, memory and the hash. A new guest port
// lowers what the others may still share but takes nothing from them: until they shrink there may
// be more entries than limits::kBindings a family, at most twice as many.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "switch/keyed_hash.h"
#include "switch/neighbor_table.h"

namespace laneway {

class NeighborSlots {
 public:
  using Gone = std::function<void(const Neighbor&)>;

  // `gone` hears of every entry that is erased, evicted ones too, and must not change anything.
  NeighborSlots(std::uint64_t seed, Gone gone);

  bool add_port(PortId port, std::size_t limit) noexcept;
  void remove_port(PortId port) noexcept;
  std::size_t erase_port(PortId port, bool keep_static) noexcept;

  Neighbor* find(const IpAddress& address) noexcept;
  // A new entry in `state`, for which others of its port may have to go. nullptr: no room. Requires
  // that there is none of this address.
  Neighbor* add(const Claim& claim, NeighborState state, Nanos now) noexcept;
  void erase(Neighbor& entry) noexcept;
  // Puts the entry into `state`, as the newest there.
  void enter(Neighbor& entry, NeighborState state, Nanos now) noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t count(PortId port, Family family) const noexcept;
  // All that may hold an entry; nullptr where slot `at` is free.
  std::size_t used_slots() const noexcept { return used_slots_; }
  Neighbor* entry_at(std::size_t at) noexcept { return taken_[at] ? &entries_[at] : nullptr; }
  // The lower 24 bits of an IPv6 address in slot `at`; otherwise none of 24 bits.
  std::uint32_t low_24_at(std::size_t at) const noexcept { return low24_[at]; }

 private:
  using Slot = std::uint16_t;
  static constexpr Slot kNoSlot = 0xffff;
  static constexpr std::size_t kFamilies = 2;
  static constexpr std::size_t kStates = 4;

  struct List {
    Slot oldest = kNoSlot;
    Slot newest = kNoSlot;
    std::uint16_t size = 0;
  };
  struct Links {
    Slot older = kNoSlot;
    Slot newer = kNoSlot;
  };
  using Share = std::array<List, kStates>;  // what a port holds of one family, by state
  struct GuestPort {
    bool present = false;
    std::size_t limit = 0;
    std::array<Share, kFamilies> shares;
  };

  static std::size_t size_of(const Share& share) noexcept;
  Share& share_of(const Neighbor& entry) noexcept;
  Slot slot_of(const Neighbor& entry) const noexcept;
  std::size_t home(const IpAddress& address) const noexcept;
  std::size_t place_of(const IpAddress& address) const noexcept;
  void unindex(const IpAddress& address) noexcept;
  void append(Neighbor& entry) noexcept;
  void unlink(Neighbor& entry) noexcept;
  bool fits(const GuestPort& port, Family family) const noexcept;
  bool evict_oldest(Share& share, NeighborState state) noexcept;
  bool make_room(PortId port, Family family, NeighborState state) noexcept;
  Slot take_slot() noexcept;

  KeyedHash hash_;
  Gone gone_;
  std::vector<Neighbor> entries_;
  std::vector<Links> links_;
  std::vector<std::uint32_t> low24_;  // apart: one NS looks at all of them
  std::vector<bool> taken_;
  std::vector<Slot> index_;
  std::vector<Slot> free_;
  std::array<GuestPort, kMaxPorts> ports_;
  std::array<std::size_t, kFamilies> shared_{};  // entries beyond their port's reserved share
  std::size_t guest_ports_ = 0;
  std::size_t size_ = 0;
  std::size_t used_slots_ = 0;  // slots beyond were never used
};

}  // namespace laneway

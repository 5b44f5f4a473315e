#include "switch/neighbor_slots.h"

#include <array>
#include <cassert>
#include <cstring>

namespace laneway {

namespace {

constexpr std::size_t kSlots =
    2 * (limits::kBindings + limits::kGuestPorts * limits::kReserved);  // both families
constexpr std::size_t kIndexBits = 13;
constexpr std::size_t kIndexSize = std::size_t{1} << kIndexBits;
constexpr std::uint32_t kNoLow24 = 0xffffffff;
static_assert(kSlots * 2 <= kIndexSize, "at half load a search meets few others");
static_assert(kSlots < 0xffff, "a slot number fits into 16 bits and is never kNoSlot");

std::size_t index(Family family) noexcept { return static_cast<std::size_t>(family); }
std::size_t index(NeighborState state) noexcept { return static_cast<std::size_t>(state); }

// Once or twice a frame, so not by memcmp().
bool same(const IpAddress& a, const IpAddress& b) noexcept {
  std::array<std::uint64_t, 2> left, right;
  std::memcpy(left.data(), a.octets.data(), sizeof left);
  std::memcpy(right.data(), b.octets.data(), sizeof right);
  return a.family == b.family && ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0;
}

std::uint32_t low_24(const IpAddress& address) noexcept {
  if (address.family != Family::Ipv6) return kNoLow24;
  return std::uint32_t{address.octets[13]} << 16U | std::uint32_t{address.octets[14]} << 8U |
         address.octets[15];
}

}  // namespace

NeighborSlots::NeighborSlots(std::uint64_t seed, Gone gone)
    : hash_(seed),
      gone_(std::move(gone)),
      entries_(kSlots),
      links_(kSlots),
      low24_(kSlots, kNoLow24),
      taken_(kSlots, false),
      index_(kIndexSize, kNoSlot) {
  free_.reserve(kSlots);
}

bool NeighborSlots::add_port(PortId port, std::size_t limit) noexcept {
  GuestPort& guest = ports_[laneway::index(port)];
  if (!guest.present && guest_ports_ == limits::kGuestPorts) return false;
  if (!guest.present) ++guest_ports_;
  guest.present = true;
  guest.limit = limit;
  return true;
}

void NeighborSlots::remove_port(PortId port) noexcept {
  GuestPort& guest = ports_[laneway::index(port)];
  if (!guest.present) return;
  erase_port(port, false);
  guest.present = false;
  --guest_ports_;
}

std::size_t NeighborSlots::erase_port(PortId port, bool keep_static) noexcept {
  std::size_t erased = 0;
  for (Share& share : ports_[laneway::index(port)].shares) {
    for (List& list : share) {
      for (Slot slot = list.oldest; slot != kNoSlot;) {
        const Slot next = links_[slot].newer;
        if (!keep_static || entries_[slot].origin != NeighborOrigin::Static) {
          erase(entries_[slot]);
          ++erased;
        }
        slot = next;
      }
    }
  }
  return erased;
}

Neighbor* NeighborSlots::find(const IpAddress& address) noexcept {
  const Slot slot = index_[place_of(address)];
  return slot == kNoSlot ? nullptr : &entries_[slot];
}

Neighbor* NeighborSlots::add(const Claim& claim, NeighborState state, Nanos now) noexcept {
  if (!make_room(claim.port, claim.address.family, state)) return nullptr;
  const Slot slot = take_slot();
  Neighbor& entry = entries_[slot] = Neighbor{};
  entry.address = claim.address;
  entry.port = claim.port;
  entry.mac = claim.mac;
  entry.state = state;
  entry.since = entry.used = now;
  if (size_of(share_of(entry)) >= limits::kReserved) ++shared_[index(claim.address.family)];
  append(entry);
  index_[place_of(claim.address)] = slot;
  low24_[slot] = low_24(claim.address);
  taken_[slot] = true;
  ++size_;
  return &entry;
}

void NeighborSlots::erase(Neighbor& entry) noexcept {
  unindex(entry.address);
  unlink(entry);
  if (size_of(share_of(entry)) >= limits::kReserved) --shared_[index(entry.address.family)];
  const Slot slot = slot_of(entry);
  low24_[slot] = kNoLow24;
  taken_[slot] = false;
  free_.push_back(slot);
  --size_;
  gone_(entry);
}

void NeighborSlots::enter(Neighbor& entry, NeighborState state, Nanos now) noexcept {
  unlink(entry);
  entry.state = state;
  entry.since = now;
  append(entry);
}

std::size_t NeighborSlots::count(PortId port, Family family) const noexcept {
  return size_of(ports_[laneway::index(port)].shares[index(family)]);
}

std::size_t NeighborSlots::size_of(const Share& share) noexcept {
  std::size_t sum = 0;
  for (const List& list : share) sum += list.size;
  return sum;
}

NeighborSlots::Share& NeighborSlots::share_of(const Neighbor& entry) noexcept {
  return ports_[laneway::index(entry.port)].shares[index(entry.address.family)];
}

NeighborSlots::Slot NeighborSlots::slot_of(const Neighbor& entry) const noexcept {
  return static_cast<Slot>(&entry - entries_.data());
}

std::size_t NeighborSlots::home(const IpAddress& address) const noexcept {
  return hash_(address) >> (64 - kIndexBits);
}

std::size_t NeighborSlots::place_of(const IpAddress& address) const noexcept {
  std::size_t place = home(address);
  while (index_[place] != kNoSlot && !same(entries_[index_[place]].address, address)) {
    place = (place + 1) % kIndexSize;
  }
  return place;
}

// Closes the gap with later entries of the same run, so that no search stops too early.
void NeighborSlots::unindex(const IpAddress& address) noexcept {
  std::size_t gap = place_of(address);
  for (std::size_t place = (gap + 1) % kIndexSize; index_[place] != kNoSlot;
       place = (place + 1) % kIndexSize) {
    const std::size_t at_home = home(entries_[index_[place]].address);
    const bool may_move = (place - at_home) % kIndexSize >= (place - gap) % kIndexSize;
    if (!may_move) continue;
    index_[gap] = index_[place];
    gap = place;
  }
  index_[gap] = kNoSlot;
}

void NeighborSlots::append(Neighbor& entry) noexcept {
  List& list = share_of(entry)[index(entry.state)];
  const Slot slot = slot_of(entry);
  links_[slot] = {list.newest, kNoSlot};
  (list.newest == kNoSlot ? list.oldest : links_[list.newest].newer) = slot;
  list.newest = slot;
  ++list.size;
}

void NeighborSlots::unlink(Neighbor& entry) noexcept {
  List& list = share_of(entry)[index(entry.state)];
  const Links& at = links_[slot_of(entry)];
  (at.older == kNoSlot ? list.oldest : links_[at.older].newer) = at.newer;
  (at.newer == kNoSlot ? list.newest : links_[at.newer].older) = at.older;
  --list.size;
}

bool NeighborSlots::fits(const GuestPort& port, Family family) const noexcept {
  const std::size_t held = size_of(port.shares[index(family)]);
  if (held >= port.limit) return false;
  return held < limits::kReserved ||
         shared_[index(family)] + limits::kReserved * guest_ports_ < limits::kBindings;
}

bool NeighborSlots::evict_oldest(Share& share, NeighborState state) noexcept {
  const Slot oldest = share[index(state)].oldest;
  if (oldest == kNoSlot) return false;
  erase(entries_[oldest]);
  return true;
}

bool NeighborSlots::make_room(PortId port_id, Family family, NeighborState state) noexcept {
  GuestPort& port = ports_[laneway::index(port_id)];
  if (!port.present || port.limit == 0) return false;
  Share& share = port.shares[index(family)];
  const std::size_t in_state = share[index(state)].size;
  const bool state_is_full =
      (state == NeighborState::Tentative && in_state >= limits::kTentative) ||
      (state == NeighborState::Unverified && in_state >= limits::kUnverified);
  if (state_is_full) evict_oldest(share, state);
  while (!fits(port, family)) {
    if (!evict_oldest(share, NeighborState::Tentative) &&
        !evict_oldest(share, NeighborState::Unverified) &&
        !evict_oldest(share, NeighborState::Stale)) {
      return false;
    }
  }
  return true;
}

NeighborSlots::Slot NeighborSlots::take_slot() noexcept {
  if (free_.empty()) {
    assert(used_slots_ < kSlots);
    return static_cast<Slot>(used_slots_++);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  return slot;
}

}  // namespace laneway

#include "proxy/lan_neighbors.h"

#include "switch/limits.h"

namespace laneway {

LanNeighbors::LanNeighbors(std::uint64_t seed) : entries_(limits::kLanNeighbors), hash_(seed) {}

void LanNeighbors::note(const Entry& heard) noexcept { entries_[slot_of(heard.address)] = heard; }

const LanNeighbors::Entry* LanNeighbors::find(const IpAddress& address, Nanos now) const noexcept {
  const Entry& entry = entries_[slot_of(address)];
  const bool is_fresh = !entry.mac.is_zero() && now - entry.heard < limits::kAnswerableAge;
  return entry.address == address && is_fresh ? &entry : nullptr;
}

void LanNeighbors::clear() noexcept {
  for (Entry& entry : entries_) entry = {};
}

std::size_t LanNeighbors::slot_of(const IpAddress& address) const noexcept {
  return (hash_(address) >> 32U) % entries_.size();
}

}  // namespace laneway

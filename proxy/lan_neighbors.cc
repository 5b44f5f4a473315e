#include "proxy/lan_neighbors.h"

#include "switch/limits.h"

namespace laneway {

LanNeighbors::LanNeighbors(std::uint64_t seed) : entries_(limits::kLanNeighbors), seed_(seed) {}
void LanNeighbors::note(const Entry&) noexcept {}
const LanNeighbors::Entry* LanNeighbors::find(const IpAddress&, Nanos) const noexcept {
  return nullptr;
}
void LanNeighbors::clear() noexcept {}

}  // namespace laneway

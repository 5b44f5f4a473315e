#include "hypervisor-glue/mem/guest_memory.h"

#include <algorithm>

#include "hypervisor-glue/limits.h"
#include "switch/error.h"

namespace laneway::vmm {

GuestMemory::GuestMemory(std::vector<Region> regions) : regions_(std::move(regions)) {
  const auto fail = [](const char* why) { return Error(ErrorCode::BadConfig, why); };
  if (regions_.empty()) throw fail("guest memory: no region");
  if (regions_.size() > kMaxMemoryRegions) throw fail("guest memory: too many regions");
  std::sort(regions_.begin(), regions_.end(),
            [](const Region& a, const Region& b) { return a.base < b.base; });
  GuestAddress free = 0;
  for (const Region& region : regions_) {
    if (region.bytes.empty()) throw fail("guest memory: an empty region");
    if (region.base < free) throw fail("guest memory: regions overlap");
    if (__builtin_add_overflow(region.base, region.bytes.size(), &free)) {
      throw fail("guest memory: a region wraps");
    }
  }
}

std::uint64_t GuestMemory::size() const noexcept {
  std::uint64_t total = 0;
  for (const Region& region : regions_) total += region.bytes.size();
  return total;
}

const GuestMemory::Region* GuestMemory::find(GuestAddress address) const noexcept {
  for (const Region& region : regions_) {
    if (address >= region.base && address - region.base < region.bytes.size()) return &region;
  }
  return nullptr;
}

bool GuestMemory::contains(GuestAddress address, std::uint64_t length) const noexcept {
  GuestAddress end = 0;
  if (__builtin_add_overflow(address, length, &end)) return false;
  if (length == 0) {  // a place in RAM, or its very end
    return find(address) != nullptr || (address != 0 && find(address - 1) != nullptr);
  }
  while (address < end) {
    const Region* region = find(address);
    if (region == nullptr) return false;
    address = region->base + region->bytes.size();
  }
  return true;
}

template <typename Visit>
void GuestMemory::for_each_piece(GuestAddress address, std::uint64_t length, Visit visit) const {
  while (length != 0) {
    const Region& region = *find(address);
    const std::uint64_t offset = address - region.base;
    const std::uint64_t part = std::min<std::uint64_t>(length, region.bytes.size() - offset);
    visit(region.bytes.subspan(offset, part));
    address += part;
    length -= part;
  }
}

std::optional<std::span<std::byte>> GuestMemory::span(GuestAddress address,
                                                      std::uint64_t length) const noexcept {
  const Region* region = find(address);
  if (region == nullptr) return std::nullopt;
  const std::uint64_t offset = address - region->base;
  if (length > region->bytes.size() - offset) return std::nullopt;
  return region->bytes.subspan(offset, length);
}

bool GuestMemory::spans(GuestAddress address, std::uint64_t length,
                        std::vector<std::span<std::byte>>& pieces) const {
  if (!contains(address, length)) return false;
  for_each_piece(address, length, [&](std::span<std::byte> piece) { pieces.push_back(piece); });
  return true;
}

bool GuestMemory::copy_in(GuestAddress from, std::span<std::byte> to) const noexcept {
  if (!contains(from, to.size())) return false;
  for_each_piece(from, to.size(), [&](std::span<std::byte> piece) {
    std::memcpy(to.data(), piece.data(), piece.size());
    to = to.subspan(piece.size());
  });
  return true;
}

bool GuestMemory::copy_out(std::span<const std::byte> from, GuestAddress to) const noexcept {
  if (!contains(to, from.size())) return false;
  for_each_piece(to, from.size(), [&](std::span<std::byte> piece) {
    std::memcpy(piece.data(), from.data(), piece.size());
    from = from.subspan(piece.size());
  });
  return true;
}

}  // namespace laneway::vmm

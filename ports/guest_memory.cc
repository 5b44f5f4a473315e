#include "ports/guest_memory.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace laneway {

namespace {

bool wraps(std::uint64_t at, std::uint64_t bytes) noexcept { return at + bytes < at; }

bool is_memory_file(int file) noexcept {
  struct statfs system {};
  return fstatfs(file, &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == HUGETLBFS_MAGIC);
}

}  // namespace

bool GuestMemory::map_one(Map& map, const Region& region, int file) noexcept {
  struct stat status {};
  if (region.bytes == 0 || wraps(region.guest, region.bytes) || wraps(region.user, region.bytes) ||
      wraps(region.offset, region.bytes) || !is_memory_file(file) || fstat(file, &status) != 0 ||
      region.offset + region.bytes > static_cast<std::uint64_t>(status.st_size)) {
    return false;
  }
  // hugetlbfs maps and unmaps whole pages of its own size, which it gives as the block size.
  const auto page = static_cast<std::uint64_t>(status.st_blksize);
  const std::uint64_t before = region.offset % page;
  const std::uint64_t mapped = (before + region.bytes + page - 1) / page * page;
  void* base = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file,
                    static_cast<off_t>(region.offset - before));
  if (base == MAP_FAILED) return false;
  map.region = region;
  map.base = static_cast<std::byte*>(base);
  map.bytes = map.base + before;
  map.mapped = mapped;
  map.guard = BusGuard(map.base, map.mapped);
  return true;
}

bool GuestMemory::map(std::span<const Region> regions, std::span<const Descriptor> files) noexcept {
  clear();
  if (regions.size() > kRegions || regions.size() != files.size()) return false;
  for (std::size_t at = 0; at < regions.size(); ++at) {
    if (!map_one(maps_[at], regions[at], files[at].get())) {
      clear();
      return false;
    }
    ++used_;
    if (!maps_[at].guard.good()) {
      clear();
      return false;
    }
  }
  return true;
}

void GuestMemory::clear() noexcept {
  for (; used_ > 0; --used_) {
    Map& map = maps_[used_ - 1];
    map.guard = BusGuard();  // before the addresses may be another's
    munmap(map.base, map.mapped);
  }
}

std::byte* GuestMemory::at_user(std::uint64_t at, std::uint64_t bytes) const noexcept {
  for (std::size_t i = 0; i < used_; ++i) {
    const std::uint64_t offset = at - maps_[i].region.user;
    if (offset < maps_[i].region.bytes && maps_[i].region.bytes - offset >= bytes) {
      return maps_[i].bytes + offset;
    }
  }
  return nullptr;
}

bool GuestMemory::cut_short() const noexcept {
  for (std::size_t i = 0; i < used_; ++i) {
    if (maps_[i].guard.hit()) return true;
  }
  return false;
}

}  // namespace laneway

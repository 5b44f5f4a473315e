// ports/guest_memory.h: the memory that a vhost-user peer shares with us, by its own addresses.
//
// Nothing in the table is believed: sizes may wrap, files may be shorter than said or become so.
// Only memory files are mapped (memfd, tmpfs, hugetlbfs): a page of any other file system may keep
// whoever touches it waiting.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ports/bus_guard.h"
#include "switch/descriptor.h"

namespace laneway {

class GuestMemory {
 public:
  static constexpr std::size_t kRegions = 8;  // VHOST_MEMORY_BASELINE_NREGIONS

  // As it stands in VHOST_USER_SET_MEM_TABLE.
  struct Region {
    std::uint64_t guest = 0;  // address that descriptors use
    std::uint64_t bytes = 0;
    std::uint64_t user = 0;    // address that VHOST_USER_SET_VRING_ADDR uses
    std::uint64_t offset = 0;  // in the file
  };

  GuestMemory() noexcept = default;
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;
  ~GuestMemory() { clear(); }

  // Maps these in place of all that was there. False, and none is mapped, if one cannot be.
  bool map(std::span<const Region> regions, std::span<const Descriptor> files) noexcept;
  void clear() noexcept;

  // The `bytes` at guest address `at`, or as many of them as lie in its region; empty if none do.
  std::span<std::byte> at_guest(std::uint64_t at, std::uint64_t bytes) const noexcept {
    for (std::size_t i = 0; i < used_; ++i) {
      const std::uint64_t offset = at - maps_[i].region.guest;
      if (offset >= maps_[i].region.bytes) continue;
      const std::uint64_t rest = maps_[i].region.bytes - offset;
      return {maps_[i].bytes + offset, bytes < rest ? bytes : rest};
    }
    return {};
  }
  // The `bytes` at the peer's own address `at`; nullptr unless one region holds them all.
  std::byte* at_user(std::uint64_t at, std::uint64_t bytes) const noexcept;

  // The peer has cut a file short: what stands there now is zero.
  bool cut_short() const noexcept;

 private:
  struct Map {
    Region region;
    std::byte* bytes = nullptr;  // where the region starts
    std::byte* base = nullptr;   // of the mapping
    std::size_t mapped = 0;
    BusGuard guard;
  };
  static bool map_one(Map& map, const Region& region, int file) noexcept;

  std::array<Map, kRegions> maps_;
  std::size_t used_ = 0;
};

}  // namespace laneway

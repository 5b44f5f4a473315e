// hypervisor-glue/mem/guest_memory.h: a guest's RAM as checked spans of our memory.
//
// A guest names memory by address and length, and may lie in both. Here the pair becomes a span or
// nothing. A range is valid if it does not wrap and lies in adjacent regions without a hole; it may
// end exactly at the end of RAM.
//
// Invariants: (1) regions are sorted, none overlaps. (2) No byte outside of a region is touched.
// Threads: any; the guest writes at the same time, so what was read once must not be read again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace laneway::vmm {

using GuestAddress = std::uint64_t;  // physical, in bytes

class GuestMemory {
 public:
  struct Region {
    GuestAddress base = 0;
    std::span<std::byte> bytes;  // not owned
    int file = -1;               // what back-ends map from offset 0; -1: not shared
  };

  // Throws Error (BadConfig) for none, too many, empty or overlapping ones, or a wrap.
  explicit GuestMemory(std::vector<Region> regions);

  const std::vector<Region>& regions() const noexcept { return regions_; }
  std::uint64_t size() const noexcept;  // bytes of all regions

  // [address, address + length) in one piece; nullopt if invalid or in more than one region.
  std::optional<std::span<std::byte>> span(GuestAddress address,
                                           std::uint64_t length) const noexcept;
  // Appends the pieces of the range to `pieces`; false, and nothing appended, if it is invalid.
  bool spans(GuestAddress address, std::uint64_t length,
             std::vector<std::span<std::byte>>& pieces) const;
  bool contains(GuestAddress address, std::uint64_t length) const noexcept;

  // Copies between the guest and us; false, and nothing copied, if the range is invalid.
  bool copy_in(GuestAddress from, std::span<std::byte> to) const noexcept;
  bool copy_out(std::span<const std::byte> from, GuestAddress to) const noexcept;

  template <typename T>
  std::optional<T> read(GuestAddress from) const noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (!copy_in(from, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    return value;
  }
  template <typename T>
  bool write(GuestAddress to, const T& value) const noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    return copy_out(std::as_bytes(std::span(&value, 1)), to);
  }

 private:
  const Region* find(GuestAddress address) const noexcept;
  // Calls visit(piece) for each region's part of a range that was checked.
  template <typename Visit>
  void for_each_piece(GuestAddress address, std::uint64_t length, Visit visit) const;

  std::vector<Region> regions_;
};

}  // namespace laneway::vmm

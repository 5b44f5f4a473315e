// hypervisor-glue/mem/memfd.h: memory that has a descriptor, so that a back-end can map it too.
//
// Shared, unreserved (pages come when touched), left out of core dumps; sealed against shrinking,
// growing and further seals, so that nobody who has the descriptor can take pages from under us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace laneway::vmm {

class Memfd {
 public:
  // `size` in bytes, a multiple of the page. Throws Error (Io): "memory: memfd of N MiB: WHY".
  explicit Memfd(std::uint64_t size);
  Memfd(Memfd&& other) noexcept;
  Memfd& operator=(Memfd&&) = delete;
  ~Memfd();

  int file() const noexcept { return file_; }
  std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  int file_ = -1;
  std::span<std::byte> bytes_;
};

}  // namespace laneway::vmm

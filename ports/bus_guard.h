// ports/bus_guard.h: memory of a peer's file, whose owner may cut the file short at any moment.
//
// The kernel answers a touch beyond the new end with SIGBUS. Inside a guarded mapping the handler
// puts zero pages in its place and marks it, so the touch goes on and only the owner notices; any
// other SIGBUS ends the process as ever.
//
// Threads: guards may be made and ended by any thread, and touched by any.
#pragma once

#include <cstddef>

namespace laneway {

class BusGuard {
 public:
  static constexpr std::size_t kGuards = 4096;  // 192 ports with 8 regions, and those on their way

  BusGuard() noexcept = default;
  // Guards [base, base + bytes), whole pages. Not good() if all are taken.
  BusGuard(std::byte* base, std::size_t bytes) noexcept;
  BusGuard(BusGuard&& other) noexcept;
  BusGuard& operator=(BusGuard&& other) noexcept;
  ~BusGuard() { release(); }

  bool good() const noexcept { return slot_ >= 0; }
  // Zero pages have been put there.
  bool hit() const noexcept;

 private:
  void release() noexcept;

  int slot_ = -1;
};

}  // namespace laneway

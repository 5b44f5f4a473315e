#include "ports/bus_guard.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include <signal.h>
#include <sys/mman.h>

namespace laneway {

namespace {

// `base` is written last and cleared first: the handler sees whole entries only.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> hit{false};
  std::atomic<std::uintptr_t> base{0};
  std::atomic<std::size_t> bytes{0};
};

std::array<Slot, BusGuard::kGuards> slots;

void on_bus_error(int, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Slot& slot : slots) {
    const std::uintptr_t base = slot.base.load(std::memory_order_acquire);
    const std::size_t bytes = slot.bytes.load(std::memory_order_relaxed);
    if (base == 0 || at - base >= bytes) continue;
    // All of it at once: a peer must not make us come here for each page.
    if (mmap(reinterpret_cast<void*>(base), bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
      break;
    }
    slot.hit.store(true, std::memory_order_release);
    return;
  }
  signal(SIGBUS, SIG_DFL);  // the same touch again ends the process
}

void handle_bus_errors() noexcept {
  static const int installed = [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGBUS, &action, nullptr);
  }();
  static_cast<void>(installed);
}

}  // namespace

BusGuard::BusGuard(std::byte* base, std::size_t bytes) noexcept {
  handle_bus_errors();
  for (std::size_t at = 0; at < slots.size(); ++at) {
    Slot& slot = slots[at];
    if (slot.taken.exchange(true, std::memory_order_acquire)) continue;
    slot.hit.store(false, std::memory_order_relaxed);
    slot.bytes.store(bytes, std::memory_order_relaxed);
    slot.base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_release);
    slot_ = static_cast<int>(at);
    return;
  }
}

BusGuard::BusGuard(BusGuard&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

BusGuard& BusGuard::operator=(BusGuard&& other) noexcept {
  release();
  slot_ = std::exchange(other.slot_, -1);
  return *this;
}

void BusGuard::release() noexcept {
  if (slot_ < 0) return;
  Slot& slot = slots[static_cast<std::size_t>(slot_)];
  slot.base.store(0, std::memory_order_release);
  slot.taken.store(false, std::memory_order_release);
  slot_ = -1;
}

bool BusGuard::hit() const noexcept {
  return slot_ >= 0 && slots[static_cast<std::size_t>(slot_)].hit.load(std::memory_order_acquire);
}

}  // namespace laneway

// ports/capture_tap.h: a port put before another while somebody listens; copies of its frames, both
// ways, go into a ring of fixed size.
//
// A full ring loses copies, not frames, and counts them. Nothing here waits, allocates or reads a
// clock. Threads: one worker writes, however many taps there are; one other thread reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ports/capture_filter.h"
#include "switch/port.h"

namespace laneway {

class CaptureRing {
 public:
  static constexpr std::size_t kFrames = 2048;
  static constexpr std::size_t kSnapBytes = 2048;  // the most that is kept of a frame

  struct Copy {
    Nanos time{};              // the worker's
    std::uint32_t length = 0;  // of the frame
    std::uint32_t kept = 0;    // bytes that are here
    std::uint16_t place = 0;   // which tap
    bool sent = false;         // by the switch; else received
    std::size_t frame = 0;     // in its burst
    std::array<std::byte, kSnapBytes> bytes;
  };

  CaptureRing(CaptureFilter filter, std::size_t snap_bytes);

  // Copies what passes the filter, not yet to be read; publish() shows the copies of the burst's
  // first `frames`.
  void stage(std::span<Buffer*> burst, std::uint16_t place, bool sent, Nanos now) noexcept;
  void publish(std::size_t frames) noexcept;

  // The oldest copy, valid until pop(); nullptr if there is none.
  const Copy* front() const noexcept;
  void pop() noexcept;
  std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  CaptureFilter filter_;
  std::size_t snap_bytes_;
  std::vector<Copy> copies_;
  std::size_t staged_ = 0;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> lost_{0};
};

class CaptureTap final : public Port {
 public:
  CaptureTap(CaptureRing& ring, std::uint16_t place) : ring_(ring), place_(place) {}

  // On the worker, between two bursts: puts the tap in `port`'s place, or takes it out of the taps
  // there; is_in() says if it is among them.
  void insert(Port*& port) noexcept;
  void remove(Port*& port) noexcept;
  bool is_in(Port* port) const noexcept;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override { return inner_->poll_fd(); }
  bool arm() noexcept override;
  void show_link(bool up) noexcept override { inner_->show_link(up); }
  void reopen(Descriptor descriptor) noexcept override { inner_->reopen(std::move(descriptor)); }
  void set_carrier(bool up) noexcept override { inner_->set_carrier(up); }

 private:
  void follow() noexcept;

  CaptureRing& ring_;
  std::uint16_t place_;
  Port* inner_ = nullptr;
};

}  // namespace laneway

// ports/memory_port.h: a port whose medium is two bounded queues in memory (`memory:`): for tests,
// benches, the demo and offline replay.
//
// What is sent from outside comes in by the port; what leaves by it can be taken outside, in order.
// No time passes and nothing is lost but what does not fit.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "switch/port.h"

namespace laneway {

class MemoryPort final : public Port {
 public:
  static constexpr std::size_t kDefaultQueue = 1024;  // frames, each way

  // Frames that come from outside as bytes are made in `pool`.
  explicit MemoryPort(BufferPool& pool, std::size_t queue = kDefaultQueue,
                      std::size_t max_frame_bytes = kMaxFrameBytes);
  ~MemoryPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  void show_link(bool up) noexcept override { shown_ = up; }

  // The far end. A frame waits until it is received; false, and it stays the caller's, if the queue
  // is full or the pool empty.
  bool send_from_outside(std::span<const std::byte> bytes) noexcept;
  bool send_from_outside(Buffer* frame) noexcept;
  // The oldest frame that left by the port, now the caller's; nullptr if there is none.
  Buffer* take() noexcept;
  // The same as bytes.
  std::optional<std::vector<std::byte>> take_bytes();
  std::size_t waiting_outside() const noexcept { return outward_.size(); }
  std::size_t waiting_inside() const noexcept { return inward_.size(); }

  void set_link(LinkState state) noexcept { link_.store(state, std::memory_order_release); }
  bool shown_link() const noexcept { return shown_; }

 private:
  // A ring of as many frames as it was made for.
  class Queue {
   public:
    explicit Queue(std::size_t frames) : ring_(frames) {}
    bool push(Buffer* frame) noexcept;
    Buffer* pop() noexcept;
    std::size_t size() const noexcept { return size_; }

   private:
    std::vector<Buffer*> ring_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  BufferPool& pool_;
  Queue inward_;
  Queue outward_;
  bool shown_ = true;
};

}  // namespace laneway

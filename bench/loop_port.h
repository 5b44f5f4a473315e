// bench/loop_port.h: a port that gives the same frames again and again, and takes whatever leaves,
// as an infinite wire would.
#pragma once

#include <cstring>
#include <functional>
#include <vector>

#include "switch/burst.h"
#include "switch/error.h"
#include "switch/port.h"

namespace laneway {

class LoopPort final : public Port {
 public:
  static constexpr std::size_t kFrameBytes = 60;  // 64 with FCS
  using Write = std::function<void(std::size_t number, std::span<std::byte> out)>;

  // `count` frames, one buffer each, as `write` makes them.
  LoopPort(BufferPool& pool, std::size_t count, const Write& write) {
    for (std::size_t at = 0; at < count; ++at) {
      Buffer* frame = pool.allocate(kFrameBytes);
      if (frame == nullptr) throw Error(ErrorCode::Internal, "bench: the pool is too small");
      std::byte* data = frame_of(frame, kNoPort).data;
      std::memset(data, 0, kFrameBytes);
      write(at, {data, kFrameBytes});
      frames_.push_back(frame);
      heads_.emplace_back();
      std::memcpy(heads_.back().data(), data, kHeadBytes);
    }
  }
  ~LoopPort() override {
    for (Buffer* frame : frames_) free_buffer(frame);
  }

  // For frames that are rewritten on their way: each gets its head back first, which is counted in.
  void restore(bool on) noexcept { restores_ = on; }

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& /*counters*/) noexcept override {
    for (Buffer*& frame : out) {
      frame = frames_[next_];
      if (restores_) std::memcpy(frame_of(frame, kNoPort).data, heads_[next_].data(), kHeadBytes);
      next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
    }
    return out.size();
  }
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept override {
    taken_ += frames.size();
    return {.taken = frames.size()};
  }
  std::uint64_t taken() const noexcept { return taken_; }

 private:
  static constexpr std::size_t kHeadBytes = 48;

  std::vector<Buffer*> frames_;
  std::vector<std::array<std::byte, kHeadBytes>> heads_;
  std::size_t next_ = 0;
  std::uint64_t taken_ = 0;
  bool restores_ = false;
};

}  // namespace laneway

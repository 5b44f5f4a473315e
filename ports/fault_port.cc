#include "ports/fault_port.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <rte_mbuf.h>

#include "switch/burst.h"

namespace laneway {

// One direction: frames on their way, in the order in which they arrive.
class FaultPort::Medium {
 public:
  Medium(const FaultSpec& faults, std::uint64_t seed, BufferPool& pool)
      : faults_(faults), random_(seed), pool_(pool), ring_(kHeldFrames) {}
  ~Medium() {
    while (size_ > 0) free_buffer(pop());
  }

  void put(Buffer* frame, Nanos now) noexcept;
  // Up to out.size() frames that have arrived by `now`; they stay until pop().
  std::size_t arrived(std::span<Buffer*> out, Nanos now) const noexcept;
  Buffer* pop() noexcept;
  bool empty() const noexcept { return size_ == 0; }

 private:
  struct OnItsWay {
    Buffer* frame = nullptr;
    Nanos arrives{};
  };
  OnItsWay& at(std::size_t place) noexcept { return ring_[(first_ + place) % kHeldFrames]; }
  bool happens(double share) noexcept {
    constexpr double kUnit = 1.0 / (std::uint64_t{1} << 53U);
    return static_cast<double>(random_() >> 11U) * kUnit < share;
  }
  Buffer* corrupted(Buffer* frame) noexcept;
  void push(Buffer* frame, Nanos arrives) noexcept;

  const FaultSpec faults_;
  std::mt19937_64 random_;
  BufferPool& pool_;
  std::vector<OnItsWay> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool last_lets_pass_ = false;
};

// Every frame draws the same numbers, so one fault's share does not move another's.
void FaultPort::Medium::put(Buffer* frame, Nanos now) noexcept {
  const bool lost = happens(faults_.loss);
  const bool broken = happens(faults_.corrupt);
  const bool twice = happens(faults_.duplicate);
  const bool late = happens(faults_.reorder);
  if (lost) return free_buffer(frame);
  if (broken) frame = corrupted(frame);
  Buffer* twin = twice ? pool_.copy(*frame) : nullptr;
  push(frame, now + faults_.delay);
  if (twin != nullptr) push(twin, now + faults_.delay);
  if (last_lets_pass_ && size_ >= 2) std::swap(at(size_ - 1).frame, at(size_ - 2).frame);
  last_lets_pass_ = late;
}

// One bit of a copy, since the bytes may be others' too.
Buffer* FaultPort::Medium::corrupted(Buffer* frame) noexcept {
  const std::uint64_t where = random_();
  Buffer* copy = pool_.copy(*frame);
  if (copy == nullptr) return frame;
  free_buffer(frame);
  std::byte* data = rte_pktmbuf_mtod(copy, std::byte*);
  data[(where >> 3U) % copy->data_len] ^= std::byte{1} << (where & 7U);
  return copy;
}

void FaultPort::Medium::push(Buffer* frame, Nanos arrives) noexcept {
  if (size_ == kHeldFrames) return free_buffer(frame);
  at(size_++) = {frame, arrives};
}

std::size_t FaultPort::Medium::arrived(std::span<Buffer*> out, Nanos now) const noexcept {
  std::size_t count = 0;
  for (; count < std::min(out.size(), size_); ++count) {
    const OnItsWay& next = ring_[(first_ + count) % kHeldFrames];
    if (next.arrives > now) break;
    out[count] = next.frame;
  }
  return count;
}

Buffer* FaultPort::Medium::pop() noexcept {
  Buffer* frame = at(0).frame;
  first_ = (first_ + 1) % kHeldFrames;
  --size_;
  return frame;
}

FaultPort::FaultPort(std::unique_ptr<Port> inner, const FaultSpec& faults, BufferPool& pool,
                     std::function<Nanos()> clock)
    : inner_(std::move(inner)),
      clock_(std::move(clock)),
      in_(std::make_unique<Medium>(faults, faults.seed, pool)),
      out_(std::make_unique<Medium>(faults, ~faults.seed, pool)),
      beyond_(std::make_unique<PortCounters>()) {
  max_frame_bytes_ = inner_->max_frame_bytes();
  follow_link();
}

FaultPort::~FaultPort() = default;

std::size_t FaultPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  const Nanos now = clock_();
  std::array<Buffer*, kBurstFrames> came;
  const std::size_t count = inner_->rx_burst(came, counters);
  for (std::size_t at = 0; at < count; ++at) in_->put(came[at], now);
  send_arrived(now);
  follow_link();
  const std::size_t arrived = in_->arrived(out, now);
  for (std::size_t at = 0; at < arrived; ++at) in_->pop();
  return arrived;
}

TxResult FaultPort::tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept {
  const Nanos now = clock_();
  for (Buffer* frame : frames) out_->put(frame, now);
  send_arrived(now);
  follow_link();
  return {.taken = frames.size()};
}

// What the far end does not take now waits.
void FaultPort::send_arrived(Nanos now) noexcept {
  std::array<Buffer*, kBurstFrames> frames;
  for (;;) {
    const std::size_t count = out_->arrived(frames, now);
    const std::size_t taken = inner_->tx_burst(std::span(frames).first(count), *beyond_).taken;
    for (std::size_t at = 0; at < taken; ++at) out_->pop();
    if (taken < frames.size()) return;
  }
}

int FaultPort::poll_fd() const noexcept { return inner_->poll_fd(); }

bool FaultPort::arm() noexcept { return in_->empty() && out_->empty() && inner_->arm(); }

void FaultPort::show_link(bool up) noexcept { inner_->show_link(up); }

void FaultPort::reopen(Descriptor descriptor) noexcept {
  inner_->reopen(std::move(descriptor));
  follow_link();
}

void FaultPort::set_carrier(bool up) noexcept {
  inner_->set_carrier(up);
  follow_link();
}

void FaultPort::follow_link() noexcept { link_.store(inner_->link(), std::memory_order_release); }

}  // namespace laneway

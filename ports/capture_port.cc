#include "ports/capture_port.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "ports/capture_writer.h"

namespace laneway {

struct CapturePort::State {
  struct Slot {
    Nanos time{};
    std::uint32_t length = 0;  // of the frame
    std::array<std::byte, kSnapBytes> bytes;
  };

  State(const std::string& file, std::function<Nanos()> stamp)
      : clock(std::move(stamp)), writer(file), ring(kRingFrames) {}

  std::size_t stage(std::span<Buffer*> frames) noexcept;
  void publish(std::size_t count) noexcept {
    written.store(written.load(std::memory_order_relaxed) + count, std::memory_order_release);
  }

  std::function<Nanos()> clock;
  CaptureWriter writer;
  std::vector<Slot> ring;
  std::atomic<std::uint64_t> written{0};  // by the port
  std::atomic<std::uint64_t> read{0};     // by drain()
  std::atomic<std::uint64_t> missed{0};
};

// Copies frames into free slots, not yet to be seen by drain(); returns how many found one.
std::size_t CapturePort::State::stage(std::span<Buffer*> frames) noexcept {
  const std::uint64_t from = written.load(std::memory_order_relaxed);
  const std::uint64_t used = from - read.load(std::memory_order_acquire);
  const std::size_t count = std::min<std::size_t>(frames.size(), kRingFrames - used);
  const Nanos now = clock();
  for (std::size_t at = 0; at < count; ++at) {
    Slot& slot = ring[(from + at) % kRingFrames];
    slot.time = now;
    slot.length = frames[at]->pkt_len;
    read_buffer(*frames[at], slot.bytes);
  }
  return count;
}

CapturePort::CapturePort(std::unique_ptr<Port> inner, const std::string& file,
                         std::function<Nanos()> clock)
    : inner_(std::move(inner)), state_(std::make_unique<State>(file, std::move(clock))) {
  max_frame_bytes_ = inner_->max_frame_bytes();
  follow_link();
}

CapturePort::~CapturePort() { drain(); }

std::size_t CapturePort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  const std::size_t count = inner_->rx_burst(out, counters);
  follow_link();
  if (count == 0) return 0;
  const std::size_t kept = state_->stage(out.first(count));
  state_->publish(kept);
  state_->missed.fetch_add(count - kept, std::memory_order_relaxed);
  return count;
}

// The frames are gone once they are sent, so they are copied before; only what was sent is shown.
TxResult CapturePort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  const std::size_t kept = state_->stage(frames);
  const TxResult result = inner_->tx_burst(frames, counters);
  follow_link();
  const std::size_t shown = std::min(kept, result.taken);
  state_->publish(shown);
  state_->missed.fetch_add(result.taken - shown, std::memory_order_relaxed);
  return result;
}

int CapturePort::poll_fd() const noexcept { return inner_->poll_fd(); }

bool CapturePort::arm() noexcept { return inner_->arm(); }

void CapturePort::show_link(bool up) noexcept { inner_->show_link(up); }

void CapturePort::reopen(Descriptor descriptor) noexcept {
  inner_->reopen(std::move(descriptor));
  follow_link();
}

void CapturePort::set_carrier(bool up) noexcept {
  inner_->set_carrier(up);
  follow_link();
}

void CapturePort::follow_link() noexcept { link_.store(inner_->link(), std::memory_order_release); }

bool CapturePort::drain() noexcept {
  State& state = *state_;
  const std::uint64_t end = state.written.load(std::memory_order_acquire);
  for (std::uint64_t at = state.read.load(std::memory_order_relaxed); at != end; ++at) {
    const State::Slot& slot = state.ring[at % kRingFrames];
    const auto kept = std::min<std::size_t>(slot.length, kSnapBytes);
    state.writer.write(slot.time, std::span(slot.bytes).first(kept), slot.length);
    state.read.store(at + 1, std::memory_order_release);
  }
  return state.writer.flush();
}

std::uint64_t CapturePort::missed() const noexcept {
  return state_->missed.load(std::memory_order_relaxed);
}

}  // namespace laneway

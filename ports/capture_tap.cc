#include "ports/capture_tap.h"

#include <algorithm>
#include <utility>

#include "switch/buffer.h"
#include "switch/counters.h"

namespace laneway {

CaptureRing::CaptureRing(CaptureFilter filter, std::size_t snap_bytes)
    : filter_(std::move(filter)), snap_bytes_(std::min(snap_bytes, kSnapBytes)), copies_(kFrames) {}

// The filter sees a copy, for a frame's bytes may lie in several pieces. A frame that finds no room
// for one counts as lost, whether or not it would have passed.
void CaptureRing::stage(std::span<Buffer*> burst, std::uint16_t place, bool sent,
                        Nanos now) noexcept {
  const std::uint64_t from = written_.load(std::memory_order_relaxed);
  const std::size_t room = kFrames - (from - read_.load(std::memory_order_acquire));
  staged_ = 0;
  for (std::size_t i = 0; i < burst.size(); ++i) {
    if (staged_ == room) {
      lost_.fetch_add(burst.size() - i, std::memory_order_relaxed);
      return;
    }
    Copy& copy = copies_[(from + staged_) % kFrames];
    copy.length = burst[i]->pkt_len;
    const std::size_t there = std::min<std::size_t>(copy.length, kSnapBytes);
    read_buffer(*burst[i], copy.bytes);
    if (!filter_.passes(std::span(copy.bytes).first(there), copy.length)) continue;
    copy.kept = static_cast<std::uint32_t>(std::min(there, snap_bytes_));
    copy.time = now;
    copy.place = place;
    copy.sent = sent;
    copy.frame = i;
    ++staged_;
  }
}

void CaptureRing::publish(std::size_t frames) noexcept {
  const std::uint64_t from = written_.load(std::memory_order_relaxed);
  std::size_t count = 0;
  while (count < staged_ && copies_[(from + count) % kFrames].frame < frames) ++count;
  written_.store(from + count, std::memory_order_release);
}

const CaptureRing::Copy* CaptureRing::front() const noexcept {
  const std::uint64_t at = read_.load(std::memory_order_relaxed);
  return at == written_.load(std::memory_order_acquire) ? nullptr : &copies_[at % kFrames];
}

void CaptureRing::pop() noexcept {
  read_.store(read_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void CaptureTap::insert(Port*& port) noexcept {
  inner_ = port;
  follow();
  port = this;
}

// Several captures of one port stand in a row.
void CaptureTap::remove(Port*& port) noexcept {
  if (port == this) {
    port = inner_;
  } else if (auto* other = dynamic_cast<CaptureTap*>(port)) {
    remove(other->inner_);
  }
}

bool CaptureTap::is_in(Port* port) const noexcept {
  if (port == this) return true;
  const auto* other = dynamic_cast<CaptureTap*>(port);
  return other != nullptr && is_in(other->inner_);
}

std::size_t CaptureTap::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  const std::size_t count = inner_->rx_burst(out, counters);
  follow();
  if (count == 0) return 0;
  ring_.stage(out.first(count), place_, false, counters.now);
  ring_.publish(count);
  return count;
}

// Frames are gone once they are sent, so they are copied before; only what was sent is shown.
TxResult CaptureTap::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  ring_.stage(frames, place_, true, counters.now);
  const TxResult result = inner_->tx_burst(frames, counters);
  follow();
  ring_.publish(result.taken);
  return result;
}

bool CaptureTap::arm() noexcept {
  follow();
  return inner_->arm();
}

void CaptureTap::follow() noexcept {
  link_.store(inner_->link(), std::memory_order_release);
  max_frame_bytes_ = inner_->max_frame_bytes();
}

}  // namespace laneway

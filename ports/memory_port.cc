#include "ports/memory_port.h"

namespace laneway {

namespace {
constexpr std::uint32_t kHeaderBytes = 14;
}

bool MemoryPort::Queue::push(Buffer* frame) noexcept {
  if (size_ == ring_.size()) return false;
  const std::size_t last = first_ + size_++;
  ring_[last < ring_.size() ? last : last - ring_.size()] = frame;
  return true;
}

Buffer* MemoryPort::Queue::pop() noexcept {
  if (size_ == 0) return nullptr;
  --size_;
  Buffer* frame = ring_[first_];
  first_ = first_ + 1 == ring_.size() ? 0 : first_ + 1;
  return frame;
}

MemoryPort::MemoryPort(BufferPool& pool, std::size_t queue, std::size_t max_frame_bytes)
    : pool_(pool), inward_(queue), outward_(queue) {
  max_frame_bytes_ = max_frame_bytes;
}

MemoryPort::~MemoryPort() {
  for (Queue* queue : {&inward_, &outward_}) {
    while (Buffer* frame = queue->pop()) free_buffer(frame);
  }
}

std::size_t MemoryPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  std::size_t count = 0;
  while (count < out.size()) {
    Buffer* frame = inward_.pop();
    if (frame == nullptr) break;
    if (frame->pkt_len >= kHeaderBytes) {
      out[count++] = frame;
      continue;
    }
    counters.rx_frames.add(1);
    counters.rx_bytes.add(frame->pkt_len);
    counters.drop(Drop::Short, frame->pkt_len);
    free_buffer(frame);
  }
  return count;
}

TxResult MemoryPort::tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept {
  std::size_t taken = 0;
  while (taken < frames.size() && outward_.push(frames[taken])) ++taken;
  return {.taken = taken};
}

bool MemoryPort::send_from_outside(std::span<const std::byte> bytes) noexcept {
  Buffer* frame = make_buffer(pool_, bytes);
  if (frame == nullptr) return false;
  if (send_from_outside(frame)) return true;
  free_buffer(frame);
  return false;
}

bool MemoryPort::send_from_outside(Buffer* frame) noexcept { return inward_.push(frame); }

Buffer* MemoryPort::take() noexcept { return outward_.pop(); }

std::optional<std::vector<std::byte>> MemoryPort::take_bytes() {
  Buffer* frame = take();
  if (frame == nullptr) return std::nullopt;
  std::vector<std::byte> bytes(frame->pkt_len);
  read_buffer(*frame, bytes);
  free_buffer(frame);
  return bytes;
}

}  // namespace laneway

#include "cli/wire_port.h"

#include <algorithm>
#include <utility>

#include "switch/burst.h"

namespace laneway::cli {

namespace {

std::span<std::byte> head_of(Buffer* buffer) noexcept {
  const Frame frame = frame_of(buffer, kNoPort);
  return {frame.data, frame.readable};
}

}  // namespace

WirePort::WirePort(std::size_t number, BufferPool& pool, std::function<Nanos()> clock)
    : number_(number), pool_(pool), clock_(std::move(clock)) {}

void WirePort::offer(const Offer& offer) noexcept {
  offer_ = offer;
  next_ = received_ = flooded_ = 0;
  over_ = !offer.frames->offers(number_);
}

std::size_t WirePort::rx_burst(std::span<Buffer*> out, PortCounters& /*counters*/) noexcept {
  if (over_) return 0;
  const Nanos now = clock_();
  const std::uint64_t until = offer_.due(now, next_, out.size());
  if (until - next_ > Offer::kDescriptors) next_ = until - Offer::kDescriptors;
  const auto count = std::min<std::size_t>(out.size(), until - next_);
  for (std::size_t at = 0; at < count; ++at, ++next_) {
    Buffer* frame = pool_.allocate(static_cast<std::uint32_t>(offer_.frames->bytes(next_)));
    if (frame == nullptr) return at;
    offer_.frames->write(number_, next_, offer_.due_time(next_, now), head_of(frame));
    out[at] = frame;
  }
  over_ = next_ == until && offer_.ends(now, next_);
  return count;
}

TxResult WirePort::tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept {
  const Nanos now = offer_.latency != nullptr ? clock_() : Nanos{};
  for (Buffer* frame : frames) {
    const auto head = head_of(frame);
    const auto due = BenchFrames::due_of(head);
    if (due && BenchFrames::is_for(number_, head)) {
      ++received_;
      if (offer_.latency != nullptr) offer_.latency->add(now - *due, received_);
    } else if (due) {
      ++flooded_;
    }
    free_buffer(frame);
  }
  return {.taken = frames.size()};
}

}  // namespace laneway::cli

#include "ports/pcap_port.h"

#include <array>

#include "switch/error.h"

namespace laneway {

namespace {
constexpr std::size_t kHeaderBytes = 14;
}

PcapPort::PcapPort(BufferPool& pool, const std::string& in, const std::string& out, Nanos epoch)
    : pool_(pool), epoch_(epoch) {
  if (!in.empty()) {
    reader_.emplace(in);
    next_ = reader_->next();
  }
  if (!out.empty()) writer_.emplace(out);
}

std::size_t PcapPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  std::size_t count = 0;
  for (; count < out.size() && next_; read_ahead()) {
    const std::size_t length = next_->bytes.size();
    Buffer* frame = length < kHeaderBytes ? nullptr : make_buffer(pool_, next_->bytes);
    if (frame != nullptr) {
      out[count++] = frame;
      continue;
    }
    counters.rx_frames.add(1);
    counters.rx_bytes.add(length);
    counters.drop(length < kHeaderBytes ? Drop::Short : Drop::NoBuffer, length);
  }
  return count;
}

void PcapPort::read_ahead() noexcept {
  try {
    next_ = reader_->next();
  } catch (const Error& error) {
    next_.reset();
    damage_ = error.what();
  }
  if (next_) return;
  // Without a file to write there is nothing left that this port could do.
  if (!writer_) link_ = damage_.empty() ? LinkState::Down : LinkState::Broken;
}

TxResult PcapPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  std::array<std::byte, kMaxFrameBytes> bytes;
  for (Buffer* frame : frames) {
    if (writer_) {
      const std::size_t length = read_buffer(*frame, bytes);
      writer_->write(epoch_ + counters.now, std::span(bytes).first(length));
    }
    free_buffer(frame);
  }
  return {.taken = frames.size()};
}

std::optional<Nanos> PcapPort::next_time() const noexcept {
  if (!next_) return std::nullopt;
  return next_->time;
}

}  // namespace laneway

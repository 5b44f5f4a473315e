// How frames leave a switch: lists by port, egress stages, the port itself, and where each that
// nobody takes is counted.
#include <algorithm>
#include <array>
#include <span>

#include "switch/switch.h"
#include "switch/switch_out.h"

namespace laneway {

void Switch::queue(const Frame& frame, PortId to, Nanos now) noexcept {
  if (edited_.has(to)) return queue_for_stages(frame, to, now);
  Leaving& leaving = out_->leaving[index(to)];
  if (leaving.size == kBurstFrames) {
    depart(leaving, to, *out_->sent, now);
    leaving.clear();
  }
  leaving.add(frame.buffer, frame.length);
  out_->waiting.add(to);
}

void Switch::queue_for_stages(const Frame& frame, PortId to, Nanos now) noexcept {
  Burst& staged = out_->staged[index(to)];
  if (staged.full()) {
    send(staged, to, *out_->sent, now);
    staged.clear();
  }
  staged.add(frame).scope = 0;
  out_->waiting.add(to);
}

void Switch::flush(Nanos now) noexcept {
  out_->waiting.for_each([&](PortId to) {
    if (edited_.has(to)) {
      send(out_->staged[index(to)], to, *out_->sent, now);
      out_->staged[index(to)].clear();
    } else {
      depart(out_->leaving[index(to)], to, *out_->sent, now);
      out_->leaving[index(to)].clear();
    }
  });
  out_->waiting = PortSet{};
}

// Through the egress stages. Taken frames count as `sent`.
void Switch::send(Burst& burst, PortId to, Counter& sent, Nanos now) noexcept {
  for (Stage* stage : egress_[at(ports_[to].settings.role)]) stage->process(burst, to, now);
  Leaving leaving;
  for (Frame& frame : burst) {
    if (frame.action == Action::Drop) {
      end(frame, frame.reason, to);
    } else {
      leaving.add(frame.buffer, frame.length);
    }
  }
  if (leaving.size != 0) depart(leaving, to, sent, now);
}

// To the port; what it does not take is freed and counted.
void Switch::depart(Leaving& leaving, PortId to, Counter& sent, Nanos now) noexcept {
  PortEntry& entry = ports_[to];
  const bool generated = &sent == &counters_.generated;
  PortCounters& ledger = generated ? out_->unsaid : *entry.counters;
  entry.counters->now = ledger.now = now;
  if (entry.port->link() != LinkState::Up) {
    return end_all(std::span(leaving.buffers).first(leaving.size), Drop::LinkDown, to, generated);
  }
  const std::size_t longest = entry.port->max_frame_bytes();
  if (leaving.longest > longest) keep_short(leaving, longest, to, generated);
  const std::span frames = std::span(leaving.buffers).first(leaving.size);
  if (frames.empty()) return;
  const TxResult result = entry.port->tx_burst(frames, ledger);
  for (Buffer* left : frames.subspan(result.taken)) leaving.bytes -= left->pkt_len;
  end_all(frames.subspan(result.taken), Drop::TxFull, to, generated);
  sent.add(result.taken - result.refused);
  if (generated) counters_.unsaid.add(result.refused);
  entry.counters->tx_frames.add(result.taken - result.refused);
  entry.counters->tx_bytes.add(leaving.bytes - result.refused_bytes);
}

void Switch::end_all(std::span<Buffer*> buffers, Drop reason, PortId to, bool generated) noexcept {
  for (Buffer* buffer : buffers) end(frame_of(buffer, generated ? kNoPort : to), reason, to);
}

// Ends frames that are too long for the port, even in pieces.
void Switch::keep_short(Leaving& leaving, std::size_t longest, PortId to, bool generated) noexcept {
  const Leaving all = leaving;
  leaving.clear();
  for (Buffer* buffer : std::span(all.buffers).first(all.size)) {
    if (bytes_on_wire(*buffer) <= longest) {
      leaving.add(buffer, buffer->pkt_len);
    } else {
      end(frame_of(buffer, generated ? kNoPort : to), Drop::TooLong, to);
    }
  }
}

// Sends what stages have said. What their egress stages say meanwhile waits for the next round, so
// that this one ends.
void Switch::say(Nanos now) noexcept {
  std::array<Outbox::Said, kOutboxFrames> said;
  const std::size_t count = outbox_.said().size();
  std::copy_n(outbox_.said().begin(), count, said.begin());
  outbox_.release();
  out_->sent = &counters_.generated;
  for (std::size_t i = 0; i < count; ++i) {
    Frame frame = frame_of(said[i].buffer, kNoPort);
    if (index(said[i].port) < kMaxPorts && ports_[said[i].port].present()) {
      classify(frame);
      queue(frame, said[i].port, now);
    } else {
      free_buffer(frame.buffer);
      counters_.unsaid.add(1);
    }
  }
  flush(now);
  out_->sent = &counters_.forwarded;
}

void Switch::end(const Frame& frame, Drop reason, PortId egress) noexcept {
  book(frame, reason, egress);
  free_buffer(frame.buffer);
}

// At the port where the reason belongs. A generated frame came in by none, so it is in no ledger;
// but a leak is a bug that must be seen.
void Switch::book(const Frame& frame, Drop reason, PortId egress) noexcept {
  const bool generated = frame.ingress == kNoPort;
  const bool leaves = direction_of(reason) == Direction::Egress && egress != kNoPort;
  const PortId where = leaves || generated ? egress : frame.ingress;
  if (generated) counters_.unsaid.add(1);
  PortCounters& counters =
      generated && reason != Drop::Leak ? out_->unsaid : *ports_[where].counters;
  counters.drop(reason, frame.length);
  if (reason == Drop::Nonip) {
    counters.last_nonip.store(frame.ether_type(), std::memory_order_relaxed);
  }
}

}  // namespace laneway

#include "ports/vhost_queue.h"

#include <algorithm>

#include <rte_mbuf.h>

#include "ports/refusal.h"

namespace laneway {

namespace {

constexpr std::size_t kBuffersOffset = 10;  // num_buffers in struct virtio_net_hdr_mrg_rxbuf
constexpr std::size_t kMaxHeader = 12;

// Walks over the pieces of a chain.
class Walk {
 public:
  explicit Walk(const Chain& chain) noexcept
      : piece_(chain.pieces.data()), end_(piece_ + chain.count) {}

  // The next bytes in one piece, at most `most`; empty at the end.
  std::span<std::byte> next(std::size_t most) noexcept {
    while (piece_ != end_ && at_ == piece_->size()) {
      ++piece_;
      at_ = 0;
    }
    if (piece_ == end_) return {};
    const std::span<std::byte> bytes = piece_->subspan(at_, std::min(most, piece_->size() - at_));
    at_ += bytes.size();
    return bytes;
  }
  // Copies out.size() bytes, which must be there.
  void read(std::span<std::byte> out) noexcept {
    while (!out.empty()) {
      const std::span<std::byte> bytes = next(out.size());
      std::memcpy(out.data(), bytes.data(), bytes.size());
      out = out.subspan(bytes.size());
    }
  }

 private:
  const std::span<std::byte>* piece_;
  const std::span<std::byte>* end_;
  std::size_t at_ = 0;
};

// The frame in `chain`; nullptr if it is refused.
Buffer* accept(const Chain& chain, std::size_t header_bytes, BufferPool& pool,
               PortCounters& counters) noexcept {
  const std::uint64_t bytes = chain.bytes < header_bytes ? 0 : chain.bytes - header_bytes;
  if (bytes < kEthernetHeader || bytes > kMaxFrameBytes) {
    refuse_rx(counters, bytes < kEthernetHeader ? Drop::Short : Drop::TooLong, bytes);
    return nullptr;
  }
  Buffer* frame = pool.allocate(static_cast<std::uint32_t>(bytes));
  if (frame == nullptr) {
    refuse_rx(counters, Drop::NoBuffer, bytes);
    return nullptr;
  }
  Walk walk(chain);
  std::array<std::byte, kMaxHeader> raw;
  walk.read(std::span(raw).first(header_bytes));
  for (Buffer* segment = frame; segment != nullptr; segment = segment->next) {
    walk.read({rte_pktmbuf_mtod(segment, std::byte*), segment->data_len});
  }
  VnetHeader header;
  std::memcpy(&header, raw.data(), sizeof(header));
  if (header.flags == 0 && header.gso_type == VnetHeader::kGsoNone) return frame;
  if (accept_vnet_header(*frame, header)) return frame;
  refuse_rx(counters, Drop::BadOffload, bytes);
  free_buffer(frame);
  return nullptr;
}

// The bytes that are to leave: a header, then parts of memory.
class Source {
 public:
  Source(std::span<const std::byte> header,
         std::span<const std::span<const std::byte>> parts) noexcept
      : now_(header), parts_(parts) {
    skip();
  }
  bool empty() const noexcept { return now_.empty(); }
  // Fills the chain as far as the bytes go; returns how many.
  std::uint32_t write(const Chain& chain) noexcept {
    Walk walk(chain);
    std::size_t done = 0;
    while (!now_.empty()) {
      const std::span<std::byte> to = walk.next(now_.size());
      if (to.empty()) break;
      std::memcpy(to.data(), now_.data(), to.size());
      now_ = now_.subspan(to.size());
      done += to.size();
      skip();
    }
    return static_cast<std::uint32_t>(done);
  }

 private:
  void skip() noexcept {
    for (; now_.empty() && !parts_.empty(); parts_ = parts_.subspan(1)) now_ = parts_.front();
  }
  std::span<const std::byte> now_;
  std::span<const std::span<const std::byte>> parts_;
};

// Where the two bytes of num_buffers lie, which may be in two pieces.
struct BuffersField {
  explicit BuffersField(const Chain& chain) noexcept {
    Walk walk(chain);
    for (std::size_t left = kBuffersOffset; left > 0;) left -= walk.next(left).size();
    low = walk.next(1).data();
    high = walk.next(1).data();
  }
  void set(std::size_t count) const noexcept {
    *low = static_cast<std::byte>(count & 0xffU);
    *high = static_cast<std::byte>(count >> 8U);
  }
  std::byte* low;
  std::byte* high;
};

template <class Ring>
std::size_t receive_from(Ring& ring, const GuestMemory& memory, std::size_t header_bytes,
                         Chain& chain, BufferPool& pool, std::span<Buffer*> out,
                         PortCounters& counters) noexcept {
  ring.warm(memory, out.size());
  std::size_t count = 0;
  for (std::size_t seen = 0; seen < out.size() && ring.take(memory, chain); ++seen) {
    Buffer* frame = accept(chain, header_bytes, pool, counters);
    ring.complete(chain, 0);
    if (frame != nullptr) out[count++] = frame;
  }
  return count;
}

template <class Ring>
VhostQueue::Put put_into(Ring& ring, const GuestMemory& memory, const VhostTerms& terms,
                         Chain& chain, Source source) noexcept {
  if (!ring.take(memory, chain)) return VhostQueue::Put::Full;
  if (chain.bytes < terms.header_bytes) return VhostQueue::Put::TooLong;
  ring.complete(chain, source.write(chain));
  if (source.empty()) return VhostQueue::Put::Done;
  if (!terms.mergeable) return VhostQueue::Put::TooLong;
  const BuffersField field(chain);
  std::size_t buffers = 1;
  for (; !source.empty(); ++buffers) {
    if (!ring.take(memory, chain)) return VhostQueue::Put::Full;
    ring.complete(chain, source.write(chain));
  }
  field.set(buffers);
  return VhostQueue::Put::Done;
}

}  // namespace

bool VhostQueue::set_size(std::uint32_t size) noexcept {
  if (!PackedRing::is_size(size)) return false;
  size_ = static_cast<std::uint16_t>(size);
  return true;
}

template <class Ring>
bool VhostQueue::start_ring(const GuestMemory& memory, RingSetup setup) {
  const auto aligned = [](const std::byte* at, std::size_t to) {
    return at != nullptr && reinterpret_cast<std::uintptr_t>(at) % to == 0;
  };
  setup.descriptors = memory.at_user(addresses_.descriptors, Ring::descriptor_bytes(size_));
  setup.driver = memory.at_user(addresses_.driver, Ring::driver_bytes(size_));
  setup.device = memory.at_user(addresses_.device, Ring::device_bytes(size_));
  // Virtio 1.2 sections 2.7 and 2.8.10.1.
  if (!Ring::is_size(size_) || !aligned(setup.descriptors, 16) || !aligned(setup.driver, 2) ||
      !aligned(setup.device, 4)) {
    return false;
  }
  if (!std::holds_alternative<Ring>(ring_)) ring_.template emplace<Ring>();
  std::get<Ring>(ring_).start(setup, base_);
  running_ = true;
  return true;
}

bool VhostQueue::start(const GuestMemory& memory, const VhostTerms& terms, bool driver_writes) {
  if (running_) stop();
  if (!kicked || size_ == 0 || addresses_.descriptors == 0) return true;
  const RingSetup setup{
      .size = size_, .driver_writes = driver_writes, .event_index = terms.event_index};
  return terms.packed ? start_ring<PackedRing>(memory, setup)
                      : start_ring<SplitRing>(memory, setup);
}

std::uint32_t VhostQueue::stop() noexcept {
  if (running_) base_ = std::visit([](const auto& ring) { return ring.base(); }, ring_);
  running_ = false;
  return base_;
}

RingFault VhostQueue::fault() const noexcept {
  if (!running_) return RingFault::None;
  return std::visit([](const auto& ring) { return ring.fault(); }, ring_);
}

std::size_t VhostQueue::receive(const GuestMemory& memory, const VhostTerms& terms, Chain& chain,
                                BufferPool& pool, std::span<Buffer*> out,
                                PortCounters& counters) noexcept {
  const std::size_t count = std::visit(
      [&](auto& ring) {
        return receive_from(ring, memory, terms.header_bytes, chain, pool, out, counters);
      },
      ring_);
  publish();
  return count;
}

VhostQueue::Put VhostQueue::put(const GuestMemory& memory, const VhostTerms& terms, Chain& chain,
                                const VnetHeader& header,
                                std::span<const std::span<const std::byte>> parts) noexcept {
  std::array<std::byte, kMaxHeader> raw{};
  std::memcpy(raw.data(), &header, sizeof(header));
  raw[kBuffersOffset] = std::byte{1};
  const Source source(std::span<const std::byte>(raw).first(terms.header_bytes), parts);
  return std::visit(
      [&](auto& ring) {
        const auto before = ring.mark();
        const Put result = put_into(ring, memory, terms, chain, source);
        if (result != Put::Done) ring.go_back(before);
        return result;
      },
      ring_);
}

void VhostQueue::warm(const GuestMemory& memory, std::size_t frames) const noexcept {
  std::visit([&](const auto& ring) { ring.warm(memory, frames); }, ring_);
}

void VhostQueue::publish() noexcept {
  if (std::visit([](auto& ring) { return ring.publish(); }, ring_)) signal();
}

VhostQueue::Mark VhostQueue::mark() const noexcept {
  return std::visit([](const auto& ring) -> Mark { return ring.mark(); }, ring_);
}

void VhostQueue::go_back(const Mark& mark) noexcept {
  if (auto* split = std::get_if<SplitRing>(&ring_))
    split->go_back(std::get<SplitRing::Mark>(mark));
  else
    std::get<PackedRing>(ring_).go_back(std::get<PackedRing::Mark>(mark));
}

bool VhostQueue::ask_for_kick() noexcept {
  return std::visit([](auto& ring) { return ring.ask_for_kick(); }, ring_);
}

void VhostQueue::want_no_kick() noexcept {
  std::visit([](auto& ring) { ring.want_no_kick(); }, ring_);
}

void VhostQueue::signal() const noexcept {
  constexpr std::uint64_t kOne = 1;
  if (call.is_open() && write(call.get(), &kOne, sizeof(kOne)) < 0) return;  // it is told already
}

}  // namespace laneway

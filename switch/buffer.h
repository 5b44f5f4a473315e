// switch/buffer.h: where frames live: DPDK mbufs, and the pools that they come from and go back to.
//
// A frame is one mbuf, or a chain of them if it is longer than a segment: of ordinary ones, or of
// an ordinary and a large one where the kernel wrote it (a long chain costs more than its copying).
// Programs use a mempool of DPDK's; unit tests, scenarios and fuzzers use a heap pool that needs no
// EAL and gives blocks of the exact size, so that a sanitizer sees the first byte read past a
// frame.
//
// Offloads travel in the mbuf as DPDK defines them (RTE_MBUF_F_TX_*, l2_len, l3_len, tso_segsz);
// code that includes no DPDK header reads them through `Offload`.
//
// Threads: a pool may be used from any thread; a buffer belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <rte_mbuf_core.h>

struct rte_mempool;

namespace laneway {

using Buffer = rte_mbuf;

constexpr std::size_t kSegmentBytes = 2048;    // of one mbuf, without headroom
constexpr std::size_t kHeadroomBytes = 128;    // before the frame: tags and virtio-net headers fit
constexpr std::size_t kMaxFrameBytes = 65535;  // what a 16-bit length and any GSO frame can have
constexpr std::size_t kLargeBytes = kMaxFrameBytes + 1 - kSegmentBytes;  // of a large mbuf
constexpr std::size_t kReadableBytes =
    kSegmentBytes;  // of a frame, that ports put into segment one

// What the sender of a frame left for others to do (virtio 1.2 section 5.1.6).
struct Offload {
  bool needs_checksum = false;        // the L4 checksum field holds the pseudo-header's sum only
  bool checksum_valid = false;        // a port has verified the L4 checksum
  std::uint16_t checksum_start = 0;   // bytes from the frame's start to where summing begins
  std::uint16_t checksum_offset = 0;  // bytes from there to the field: 16 TCP, 6 UDP
  enum class Gso : std::uint8_t { None, Tcp4, Tcp6, Udp } gso = Gso::None;
  std::uint16_t segment_bytes = 0;  // payload of each segment
  std::uint16_t header_bytes = 0;   // before the payload; 0 if no GSO
};

// A pool; frees go to the pool that the buffer names, by free_buffer.
class BufferPool {
 public:
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  virtual ~BufferPool() = default;

  // A frame of `length` bytes, contents undefined, chained if over kSegmentBytes, no offloads.
  // nullptr if the pool is empty.
  virtual Buffer* allocate(std::uint32_t length) noexcept = 0;
  // One mbuf with room for kLargeBytes, empty: for what the longest frame has beyond its first
  // segment. nullptr if none is left.
  virtual Buffer* allocate_large() noexcept = 0;
  // The same frame with bytes of its own, offloads included. nullptr if the pool is empty.
  Buffer* copy(const Buffer& frame) noexcept;
  // The same frame sharing its bytes, headroom included, which nobody may write as long as both
  // live; nullptr if the pool is empty.
  Buffer* clone(Buffer& frame) noexcept;

  // Mbufs taken and not yet given back; exact when no other thread works.
  std::size_t in_use() const noexcept;
  std::size_t size() const noexcept;  // mbufs that it has in all
  rte_mempool* mempool() const noexcept { return mempool_; }

 protected:
  explicit BufferPool(rte_mempool* mempool) noexcept : mempool_(mempool) {}
  rte_mempool* mempool_;
  rte_mempool* large_ = nullptr;  // if large mbufs have a pool of their own
};

// A pool of DPDK's for programs. Requires EAL (ports/eal.h).
class MempoolBuffers final : public BufferPool {
 public:
  // In 32 MiB on top of the others: two packet ports' and 400 taps' at work.
  static constexpr std::size_t kLargeCount = 500;
  static constexpr std::size_t kLargeMebibytes = 32;

  // `count` mbufs and the large ones. Throws Error (DeviceFailed) if EAL's memory does not hold
  // them.
  explicit MempoolBuffers(const char* name, std::size_t count);
  ~MempoolBuffers() override;
  Buffer* allocate(std::uint32_t length) noexcept override;
  Buffer* allocate_large() noexcept override;
};

// A pool on the heap, at most `count` mbufs at a time; frames lie in blocks of their exact size. It
// is a mempool of DPDK's in all but its memory, so rte_pktmbuf_free, _alloc and _clone work on it.
class HeapBuffers final : public BufferPool {
 public:
  explicit HeapBuffers(std::size_t count = 65536);
  ~HeapBuffers() override;  // requires in_use() == 0
  Buffer* allocate(std::uint32_t length) noexcept override;
  Buffer* allocate_large() noexcept override;

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

// Gives the whole chain back to its pool.
void free_buffer(Buffer* frame) noexcept;

// A frame with these bytes; nullptr if the pool is empty.
Buffer* make_buffer(BufferPool& pool, std::span<const std::byte> bytes) noexcept;
// Copies out min(out.size(), length) bytes, all segments; returns how many.
std::size_t read_buffer(const Buffer& frame, std::span<std::byte> out) noexcept;

Offload offload_of(const Buffer& frame) noexcept;
// Writes `offload` into the mbuf's fields. False, and none is set, if it cannot be expressed there
// (a checksum that is neither TCP's nor UDP's over IP): the caller then sums in software.
bool set_offload(Buffer& frame, const Offload& offload) noexcept;

// The longest frame that `frame` becomes on a wire, bytes: its own length, or of a GSO frame the
// headers and one segment.
inline std::uint32_t bytes_on_wire(const Buffer& frame) noexcept {
  if ((frame.ol_flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) == 0) return frame.pkt_len;
  const auto segment =
      static_cast<std::uint32_t>(frame.l2_len + frame.l3_len + frame.l4_len + frame.tso_segsz);
  return segment < frame.pkt_len ? segment : frame.pkt_len;
}

}  // namespace laneway

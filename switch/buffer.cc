// Theory of operation
//
// rte_pktmbuf_free() gives an mbuf back to the mempool that it names, through that mempool's ops.
// So a pool without EAL needs no second kind of buffer, only a mempool object whose ops call the
// heap: no cache, nothing populated, "dequeue" allocates an mbuf and "enqueue" frees one.
//
//   block of the heap:  | pad | rte_mempool_objhdr | rte_mbuf | headroom | bytes |   ends exactly
//   here
//                       0                         64        192        320
//
// What DPDK takes itself (rte_pktmbuf_alloc, the second mbuf of a clone) is of the standard size,
// as rte_pktmbuf_detach() would restore it.
#include "switch/buffer.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::size_t kBlockHeader = 64;  // keeps the mbuf on a cache line of its own
constexpr std::size_t kDataRoom = kHeadroomBytes + kSegmentBytes;
constexpr std::size_t kLargeRoom = kHeadroomBytes + kLargeBytes;
constexpr unsigned kPoolCache = 256;  // mbufs a thread keeps back: eight bursts
constexpr unsigned kLargeCache = 16;  // few: the one freed last is still in the CPU's cache
static_assert(sizeof(rte_mempool_objhdr) <= kBlockHeader);
static_assert(kHeadroomBytes == RTE_PKTMBUF_HEADROOM);
static_assert(kDataRoom <= UINT16_MAX && kLargeRoom <= UINT16_MAX);
static_assert(MempoolBuffers::kLargeCount * (kLargeRoom + 512) < MempoolBuffers::kLargeMebibytes
                                                                     << 20U);

// The offloads that travel from port to port; everything else in ol_flags is a port's own.
constexpr std::uint64_t kOffloadFlags = RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG |
                                        RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_IPV4 |
                                        RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_RX_L4_CKSUM_MASK;

// What the ops of a heap pool work on; `pool_data` of its mempool.
struct HeapState {
  std::atomic<std::size_t> taken{0};
};

HeapState& state_of(const rte_mempool* pool) noexcept {
  return *static_cast<HeapState*>(pool->pool_data);
}

// Takes one of the pool's mbufs, or none if all are out.
bool take_one(rte_mempool* pool) noexcept {
  auto& taken = state_of(pool).taken;
  if (taken.fetch_add(1, std::memory_order_relaxed) < pool->size) return true;
  taken.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

// An mbuf with `room` bytes behind it, as rte_pktmbuf_init() and rte_pktmbuf_reset() leave one.
rte_mbuf* new_mbuf(rte_mempool* pool, std::size_t room) noexcept {
  if (!take_one(pool)) return nullptr;
  void* block = nullptr;
  if (posix_memalign(&block, kBlockHeader, kBlockHeader + sizeof(rte_mbuf) + room) != 0) {
    state_of(pool).taken.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  auto* at = static_cast<std::byte*>(block) + kBlockHeader;
  auto* header = new (at - sizeof(rte_mempool_objhdr)) rte_mempool_objhdr{};
  header->mp = pool;
  header->iova = RTE_BAD_IOVA;
  auto* mbuf = new (at) rte_mbuf{};
  mbuf->buf_addr = at + sizeof(rte_mbuf);
  rte_mbuf_iova_set(mbuf, RTE_BAD_IOVA);
  mbuf->buf_len = static_cast<std::uint16_t>(room);
  mbuf->pool = pool;
  rte_mbuf_refcnt_set(mbuf, 1);
  rte_pktmbuf_reset(mbuf);
  return mbuf;
}

int heap_enqueue(rte_mempool* pool, void* const* objects, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    std::free(static_cast<std::byte*>(objects[i]) - kBlockHeader);
  state_of(pool).taken.fetch_sub(count, std::memory_order_relaxed);
  return 0;
}

int heap_dequeue(rte_mempool* pool, void** objects, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    objects[i] = new_mbuf(pool, kDataRoom);
    if (objects[i] != nullptr) continue;
    heap_enqueue(pool, objects, i);
    return -ENOBUFS;
  }
  return 0;
}

unsigned heap_count(const rte_mempool* pool) {
  const auto taken = state_of(pool).taken.load(std::memory_order_relaxed);
  return static_cast<unsigned>(pool->size - std::min<std::size_t>(taken, pool->size));
}

int heap_ops() {
  static const int index = [] {
    rte_mempool_ops ops{};
    std::strncpy(ops.name, "laneway_heap", sizeof(ops.name) - 1);
    ops.alloc = [](rte_mempool*) { return 0; };
    ops.enqueue = heap_enqueue;
    ops.dequeue = heap_dequeue;
    ops.get_count = heap_count;
    return rte_mempool_register_ops(&ops);
  }();
  return index;
}

// As rte_pktmbuf_pool_create does it, except that without hugepages, where no device reads memory
// by its physical address, mbufs may lie across pages: 4 KiB for each of 2 KiB would be touched
// else, and no large one would fit.
rte_mempool* new_pool(const std::string& name, std::size_t count, unsigned cache,
                      std::size_t room) {
  const unsigned flags = rte_eal_has_hugepages() != 0 ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
  rte_mempool* pool = rte_mempool_create_empty(
      name.c_str(), static_cast<unsigned>(count), static_cast<unsigned>(sizeof(rte_mbuf) + room),
      cache, sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, flags);
  int status = pool == nullptr
                   ? -rte_errno
                   : rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr);
  if (status == 0) {
    rte_pktmbuf_pool_private sizes{
        .mbuf_data_room_size = static_cast<std::uint16_t>(room), .mbuf_priv_size = 0, .flags = 0};
    rte_pktmbuf_pool_init(pool, &sizes);
    status = std::min(0, rte_mempool_populate_default(pool));
  }
  if (status == 0) {
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
  }
  rte_mempool_free(pool);
  throw Error(ErrorCode::DeviceFailed, "buffer pool " + name + " of " + std::to_string(count) +
                                           " mbufs: " + rte_strerror(-status));
}

// Links segments of `take(bytes)` into a frame of `length` bytes; frees them all if one is missing.
template <class Take>
Buffer* chain(std::uint32_t length, Take&& take) noexcept {
  Buffer* head = nullptr;
  Buffer* tail = nullptr;
  std::uint32_t left = length;
  do {
    const auto bytes = std::min<std::uint32_t>(left, kSegmentBytes);
    Buffer* segment = take(bytes);
    if (segment == nullptr) {
      rte_pktmbuf_free(head);
      return nullptr;
    }
    segment->data_len = static_cast<std::uint16_t>(bytes);
    if (head == nullptr) {
      head = segment;
    } else {
      tail->next = segment;
      ++head->nb_segs;
    }
    tail = segment;
    left -= bytes;
  } while (left > 0);
  head->pkt_len = length;
  return head;
}

std::byte* bytes_of(const Buffer& segment) noexcept {
  return static_cast<std::byte*>(segment.buf_addr) + segment.data_off;
}

// The network header's offset behind at most two VLAN tags, and its EtherType; offset 0 if the
// first segment does not hold them.
struct NetworkHeader {
  std::uint16_t offset = 0;
  std::uint16_t type = 0;
};

NetworkHeader network_header(const Buffer& frame) noexcept {
  const std::byte* bytes = bytes_of(frame);
  for (std::uint16_t at = 12; at <= 20 && at + 2 <= frame.data_len; at = at + 4) {
    const auto type = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8U |
                                                 std::to_integer<unsigned>(bytes[at + 1]));
    if (type != 0x8100 && type != 0x88a8) return {static_cast<std::uint16_t>(at + 2), type};
  }
  return {};
}

}  // namespace

Buffer* BufferPool::copy(const Buffer& frame) noexcept {
  Buffer* twin = allocate(frame.pkt_len);
  if (twin == nullptr) return nullptr;
  Buffer* to = twin;
  std::size_t filled = 0;
  for (const Buffer* from = &frame; from != nullptr; from = from->next) {
    for (std::size_t done = 0; done < from->data_len;) {
      if (filled == to->data_len) {
        to = to->next;
        filled = 0;
      }
      const auto bytes = std::min<std::size_t>(from->data_len - done, to->data_len - filled);
      std::memcpy(bytes_of(*to) + filled, bytes_of(*from) + done, bytes);
      done += bytes;
      filled += bytes;
    }
  }
  twin->ol_flags = frame.ol_flags & kOffloadFlags;
  twin->tx_offload = frame.tx_offload;
  twin->packet_type = frame.packet_type;
  return twin;
}

Buffer* BufferPool::clone(Buffer& frame) noexcept { return rte_pktmbuf_clone(&frame, mempool_); }

std::size_t BufferPool::in_use() const noexcept {
  return rte_mempool_in_use_count(mempool_) +
         (large_ != nullptr ? rte_mempool_in_use_count(large_) : 0);
}

std::size_t BufferPool::size() const noexcept { return mempool_->size; }

MempoolBuffers::MempoolBuffers(const char* name, std::size_t count)
    : BufferPool(new_pool(name, count, kPoolCache, kDataRoom)) {
  try {
    large_ = new_pool(std::string(name) + "-large", kLargeCount, kLargeCache, kLargeRoom);
  } catch (...) {
    rte_mempool_free(mempool_);
    throw;
  }
}

MempoolBuffers::~MempoolBuffers() {
  rte_mempool_free(large_);
  rte_mempool_free(mempool_);
}

Buffer* MempoolBuffers::allocate(std::uint32_t length) noexcept {
  return chain(length, [this](std::uint32_t) { return rte_pktmbuf_alloc(mempool_); });
}

Buffer* MempoolBuffers::allocate_large() noexcept { return rte_pktmbuf_alloc(large_); }

// A mempool and, where DPDK looks for it, the private data of a packet pool.
struct HeapBuffers::Storage {
  rte_mempool pool{};
  rte_pktmbuf_pool_private packet{};
  HeapState state;
};

HeapBuffers::HeapBuffers(std::size_t count)
    : BufferPool(nullptr), storage_(std::make_unique<Storage>()) {
  static_assert(offsetof(Storage, packet) == sizeof(rte_mempool));  // rte_mempool_get_priv()
  rte_mempool& pool = storage_->pool;
  std::strncpy(pool.name, "laneway_heap", sizeof(pool.name) - 1);
  pool.pool_data = &storage_->state;
  pool.size = pool.populated_size = static_cast<std::uint32_t>(count);
  pool.elt_size = sizeof(rte_mbuf) + kDataRoom;
  pool.header_size = kBlockHeader;
  pool.private_data_size = sizeof(rte_pktmbuf_pool_private);
  pool.socket_id = SOCKET_ID_ANY;
  pool.ops_index = heap_ops();
  storage_->packet.mbuf_data_room_size = static_cast<std::uint16_t>(kDataRoom);
  mempool_ = &pool;
  assert(rte_pktmbuf_data_room_size(mempool_) == kDataRoom);
}

HeapBuffers::~HeapBuffers() { assert(in_use() == 0); }

Buffer* HeapBuffers::allocate(std::uint32_t length) noexcept {
  return chain(length,
               [this](std::uint32_t bytes) { return new_mbuf(mempool_, kHeadroomBytes + bytes); });
}

Buffer* HeapBuffers::allocate_large() noexcept { return new_mbuf(mempool_, kLargeRoom); }

void free_buffer(Buffer* frame) noexcept { rte_pktmbuf_free(frame); }

Buffer* make_buffer(BufferPool& pool, std::span<const std::byte> bytes) noexcept {
  Buffer* frame = pool.allocate(static_cast<std::uint32_t>(bytes.size()));
  for (Buffer* segment = frame; segment != nullptr; segment = segment->next) {
    if (segment->data_len == 0) break;  // memcpy from an empty span may be from nullptr
    std::memcpy(bytes_of(*segment), bytes.data(), segment->data_len);
    bytes = bytes.subspan(segment->data_len);
  }
  return frame;
}

std::size_t read_buffer(const Buffer& frame, std::span<std::byte> out) noexcept {
  std::size_t done = 0;
  for (const Buffer* segment = &frame; segment != nullptr && done < out.size();
       segment = segment->next) {
    const auto bytes = std::min<std::size_t>(segment->data_len, out.size() - done);
    std::memcpy(out.data() + done, bytes_of(*segment), bytes);
    done += bytes;
  }
  return done;
}

Offload offload_of(const Buffer& frame) noexcept {
  Offload offload;
  const std::uint64_t flags = frame.ol_flags;
  offload.checksum_valid = (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  const std::uint64_t sum = flags & RTE_MBUF_F_TX_L4_MASK;
  if (sum != RTE_MBUF_F_TX_TCP_CKSUM && sum != RTE_MBUF_F_TX_UDP_CKSUM) return offload;
  offload.needs_checksum = true;
  offload.checksum_start = static_cast<std::uint16_t>(frame.l2_len + frame.l3_len);
  offload.checksum_offset = sum == RTE_MBUF_F_TX_TCP_CKSUM ? 16 : 6;
  if ((flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) == 0) return offload;
  if ((flags & RTE_MBUF_F_TX_UDP_SEG) != 0) {
    offload.gso = Offload::Gso::Udp;
  } else {
    offload.gso = (flags & RTE_MBUF_F_TX_IPV4) != 0 ? Offload::Gso::Tcp4 : Offload::Gso::Tcp6;
  }
  offload.segment_bytes = frame.tso_segsz;
  offload.header_bytes = static_cast<std::uint16_t>(offload.checksum_start + frame.l4_len);
  return offload;
}

bool set_offload(Buffer& frame, const Offload& offload) noexcept {
  frame.ol_flags &= ~kOffloadFlags;
  frame.tx_offload = 0;
  if (offload.checksum_valid) frame.ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  if (!offload.needs_checksum) return offload.gso == Offload::Gso::None;

  const NetworkHeader network = network_header(frame);
  const bool v4 = network.type == 0x0800;
  const bool tcp = offload.checksum_offset == 16;
  const std::size_t l3_bytes = offload.checksum_start - std::size_t{network.offset};
  // The mbuf has 9 bits for the length of the network header, extension headers included.
  if ((!v4 && network.type != 0x86dd) || (!tcp && offload.checksum_offset != 6) ||
      offload.checksum_start <= network.offset || l3_bytes >= 512) {
    return false;
  }
  std::uint64_t flags = v4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
  flags |= tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
  if (offload.gso != Offload::Gso::None) {
    const int l4_bytes = offload.header_bytes - offload.checksum_start;
    if (l4_bytes <= 0 || l4_bytes > UINT8_MAX || tcp == (offload.gso == Offload::Gso::Udp)) {
      return false;
    }
    flags |= tcp ? RTE_MBUF_F_TX_TCP_SEG : RTE_MBUF_F_TX_UDP_SEG;
    frame.l4_len = static_cast<std::uint8_t>(l4_bytes);
    frame.tso_segsz = offload.segment_bytes;
  }
  frame.ol_flags |= flags;
  frame.l2_len = static_cast<std::uint64_t>(network.offset) & 0x7fU;
  frame.l3_len = l3_bytes & 0x1ffU;
  return true;
}

}  // namespace laneway

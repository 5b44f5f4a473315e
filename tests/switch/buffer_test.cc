#include "switch/buffer.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using test::Bytes;
using test::ethernet;
using test::station;

Bytes numbered(std::size_t length) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}

Bytes bytes_of(const Buffer& frame) {
  Bytes bytes(frame.pkt_len);
  EXPECT_EQ(read_buffer(frame, bytes), bytes.size());
  return bytes;
}

TEST(HeapBuffers, FrameOfAnyLengthComesBackByteForByte) {
  HeapBuffers pool;
  for (const std::size_t length : {0U, 1U, 14U, 60U, 2047U, 2048U, 2049U, 4096U, 65535U}) {
    const Bytes bytes = numbered(length);
    Buffer* frame = make_buffer(pool, bytes);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(frame->pkt_len, length);
    EXPECT_EQ(frame->nb_segs, length == 0 ? 1 : (length + kSegmentBytes - 1) / kSegmentBytes);
    EXPECT_EQ(bytes_of(*frame), bytes);
    EXPECT_EQ(pool.in_use(), frame->nb_segs);
    free_buffer(frame);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST(HeapBuffers, ASegmentEndsWhereItsFrameEnds) {
  HeapBuffers pool;
  Buffer* frame = pool.allocate(60);
  EXPECT_EQ(rte_pktmbuf_tailroom(frame), 0);
  EXPECT_EQ(rte_pktmbuf_headroom(frame), kHeadroomBytes);
  free_buffer(frame);
}

TEST(HeapBuffers, GivesNothingWhenAllAreOutAndAllAgainAfter) {
  HeapBuffers pool(3);
  Buffer* one = pool.allocate(60);
  EXPECT_EQ(pool.allocate(3 * kSegmentBytes), nullptr);  // two are left, three are needed
  EXPECT_EQ(pool.in_use(), 1U);
  Buffer* rest = pool.allocate(2 * kSegmentBytes);
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(pool.allocate(1), nullptr);
  EXPECT_EQ(pool.clone(*one), nullptr);
  free_buffer(rest);
  free_buffer(one);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(HeapBuffers, CloneSharesBytesAndOutlivesItsOriginal) {
  HeapBuffers pool;
  const Bytes bytes = numbered(5000);
  Buffer* frame = make_buffer(pool, bytes);
  Buffer* clone = pool.clone(*frame);
  ASSERT_NE(clone, nullptr);
  EXPECT_EQ(rte_pktmbuf_mtod(clone, void*), rte_pktmbuf_mtod(frame, void*));
  free_buffer(frame);
  EXPECT_EQ(bytes_of(*clone), bytes);
  free_buffer(clone);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(HeapBuffers, CopyHasBytesOfItsOwnAndTheSameOffloads) {
  HeapBuffers pool;
  Buffer* frame = make_buffer(pool, ethernet(station(1), station(2), 0x0800, 3000, 5));
  const Offload offload{.needs_checksum = true,
                        .checksum_start = 34,
                        .checksum_offset = 16,
                        .gso = Offload::Gso::Tcp4,
                        .segment_bytes = 1448,
                        .header_bytes = 66};
  ASSERT_TRUE(set_offload(*frame, offload));
  Buffer* copy = pool.copy(*frame);
  ASSERT_NE(copy, nullptr);
  *rte_pktmbuf_mtod(frame, char*) = 'x';
  EXPECT_NE(bytes_of(*copy), bytes_of(*frame));
  EXPECT_EQ(offload_of(*copy).segment_bytes, 1448);
  EXPECT_EQ(bytes_on_wire(*copy), 66U + 1448U);
  free_buffer(frame);
  free_buffer(copy);
}

TEST(HeapBuffers, DpdksOwnCallsWorkOnIt) {
  HeapBuffers pool(8);
  rte_mbuf* frame = rte_pktmbuf_alloc(pool.mempool());
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(rte_pktmbuf_tailroom(frame), kSegmentBytes);
  EXPECT_NE(rte_pktmbuf_append(frame, 100), nullptr);
  rte_mbuf* many[8];
  EXPECT_NE(rte_pktmbuf_alloc_bulk(pool.mempool(), many, 8), 0);
  EXPECT_EQ(rte_pktmbuf_alloc_bulk(pool.mempool(), many, 7), 0);
  rte_pktmbuf_free_bulk(many, 7);
  rte_pktmbuf_free(frame);
  EXPECT_EQ(pool.in_use(), 0U);
}

struct OffloadCase {
  std::uint16_t type;
  Offload offload;
};

TEST(Offload, IsReadAsItWasWritten) {
  HeapBuffers pool;
  for (const OffloadCase& one :
       {OffloadCase{0x0800, {.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6}},
        OffloadCase{0x86dd, {.needs_checksum = true, .checksum_start = 54, .checksum_offset = 16}},
        OffloadCase{0x86dd,
                    {.needs_checksum = true,
                    .checksum_start = 54,
                    .checksum_offset = 16,
                    .gso = Offload::Gso::Tcp6,
                    .segment_bytes = 1428,
                    .header_bytes = 74}},
        OffloadCase{0x0800,
                    {.needs_checksum = true,
                    .checksum_start = 34,
                    .checksum_offset = 6,
                    .gso = Offload::Gso::Udp,
                    .segment_bytes = 1200,
                    .header_bytes = 42}},
        OffloadCase{0x0806, {.checksum_valid = true}}, OffloadCase{0x0800, {}}}) {
    Buffer* frame = make_buffer(pool, ethernet(station(1), station(2), one.type, 2000));
    ASSERT_TRUE(set_offload(*frame, one.offload));
    const Offload read = offload_of(*frame);
    EXPECT_EQ(read.needs_checksum, one.offload.needs_checksum);
    EXPECT_EQ(read.checksum_valid, one.offload.checksum_valid);
    EXPECT_EQ(read.checksum_start, one.offload.checksum_start);
    EXPECT_EQ(read.checksum_offset, one.offload.checksum_offset);
    EXPECT_EQ(read.gso, one.offload.gso);
    EXPECT_EQ(read.segment_bytes, one.offload.segment_bytes);
    EXPECT_EQ(read.header_bytes, one.offload.header_bytes);
    free_buffer(frame);
  }
}

TEST(Offload, WhatAnMbufCannotSayIsRefusedAndLeavesNone) {
  HeapBuffers pool;
  for (const OffloadCase& one :
       {OffloadCase{0x86dd, {.needs_checksum = true, .checksum_start = 54, .checksum_offset = 2}},
        OffloadCase{0x88b5, {.needs_checksum = true, .checksum_start = 34, .checksum_offset = 6}},
        OffloadCase{0x0800, {.needs_checksum = true, .checksum_start = 10, .checksum_offset = 6}},
        OffloadCase{0x0800, {.needs_checksum = true, .checksum_start = 600, .checksum_offset = 6}},
        OffloadCase{0x0800, {.gso = Offload::Gso::Tcp4, .segment_bytes = 1000}},
        OffloadCase{0x0800,
                    {.needs_checksum = true,
                    .checksum_start = 34,
                    .checksum_offset = 16,
                    .gso = Offload::Gso::Tcp4,
                    .segment_bytes = 1000,
                    .header_bytes = 34}}}) {
    Buffer* frame = make_buffer(pool, ethernet(station(1), station(2), one.type, 2000));
    EXPECT_FALSE(set_offload(*frame, one.offload)) << one.offload.checksum_offset;
    EXPECT_FALSE(offload_of(*frame).needs_checksum);
    EXPECT_EQ(bytes_on_wire(*frame), 2014U);
    free_buffer(frame);
  }
}

}  // namespace
}  // namespace laneway

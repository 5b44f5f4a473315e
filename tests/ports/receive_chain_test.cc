#include "ports/receive_chain.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace laneway {
namespace {

// As the kernel does: fills from the front.
void write(std::span<iovec> vectors, std::size_t bytes) {
  for (const iovec& part : vectors.subspan(1)) {
    const std::size_t here = std::min(bytes, part.iov_len);
    std::memset(part.iov_base, 0x5a, here);
    bytes -= here;
  }
  EXPECT_EQ(bytes, 0U);
}

std::size_t segments_of(std::size_t bytes) {
  HeapBuffers pool(8);
  ReceiveChain chain(pool);
  EXPECT_TRUE(chain.refill());
  write(chain.vectors(), bytes);
  Buffer* frame = chain.take(bytes);
  EXPECT_EQ(frame->pkt_len, bytes);
  const std::size_t segments = frame->nb_segs;
  std::vector<std::byte> copied(bytes + 1);
  EXPECT_EQ(read_buffer(*frame, copied), bytes);
  EXPECT_EQ(copied[bytes - 1], std::byte{0x5a});
  free_buffer(frame);
  return segments;
}

TEST(ReceiveChain, AFrameTakesALargeBufferOnlyIfItIsLongerThanAnOrdinaryOne) {
  EXPECT_EQ(segments_of(1), 1U);
  EXPECT_EQ(segments_of(kSegmentBytes), 1U);
  EXPECT_EQ(segments_of(kSegmentBytes + 1), 2U);
  EXPECT_EQ(segments_of(kMaxFrameBytes), 2U);
}

TEST(ReceiveChain, TellsAFrameThatIsTooLong) {
  HeapBuffers pool(8);
  ReceiveChain chain(pool);
  ASSERT_TRUE(chain.refill());
  std::size_t room = 0;
  for (const iovec& part : chain.vectors().subspan(1)) room += part.iov_len;
  EXPECT_GT(room, kMaxFrameBytes);
}

TEST(ReceiveChain, KeepsTheLargeBufferThatASmallFrameDidNotNeed) {
  HeapBuffers pool(3);
  ReceiveChain chain(pool);
  ASSERT_TRUE(chain.refill());
  Buffer* frame = chain.take(60);
  ASSERT_TRUE(chain.refill());  // one more mbuf, not two
  EXPECT_EQ(pool.in_use(), 3U);
  free_buffer(frame);
}

TEST(ReceiveChain, SaysThatThePoolIsEmptyAndGoesOnWhenItIsNot) {
  HeapBuffers pool(2);
  ReceiveChain chain(pool);
  ASSERT_TRUE(chain.refill());
  Buffer* frame = chain.take(60);
  EXPECT_FALSE(chain.refill());
  free_buffer(frame);
  EXPECT_TRUE(chain.refill());
}

}  // namespace
}  // namespace laneway

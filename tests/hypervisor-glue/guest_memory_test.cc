#include "hypervisor-glue/mem/guest_memory.h"

#include <limits>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor-glue/mem/memfd.h"
#include "switch/error.h"
#include "tests/hypervisor-glue/hostile_ring.h"

namespace laneway::vmm {
namespace {

using Ring = test::HostileRing;

TEST(GuestMemory, ARangeMayEndExactlyAtTheEndOfRam) {
  const Ring ring;
  EXPECT_TRUE(ring.memory().contains(Ring::kEnd - 16, 16));
  EXPECT_FALSE(ring.memory().contains(Ring::kEnd - 16, 17));
  EXPECT_FALSE(ring.memory().write(Ring::kEnd - 7, std::uint64_t{1}));
  EXPECT_TRUE(ring.memory().write(Ring::kEnd - 8, std::uint64_t{1}));
}

TEST(GuestMemory, ARangeOverAdjacentRegionsIsOneToTheGuest) {
  const Ring ring;
  ASSERT_TRUE(ring.memory().write(Ring::kSeam - 4, std::uint64_t{0x1122334455667788}));
  EXPECT_EQ(ring.memory().read<std::uint64_t>(Ring::kSeam - 4), 0x1122334455667788U);
  EXPECT_EQ(ring.memory().read<std::uint32_t>(Ring::kSeam), 0x11223344U);
  EXPECT_FALSE(ring.memory().span(Ring::kSeam - 4, 8));
  std::vector<std::span<std::byte>> pieces;
  ASSERT_TRUE(ring.memory().spans(Ring::kSeam - 4, 8, pieces));
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].size(), 4U);
}

TEST(GuestMemory, ARangeWithAHoleOrAWrapIsInvalid) {
  const Ring ring;
  EXPECT_FALSE(ring.memory().contains(Ring::kHole - 1, 2));
  EXPECT_FALSE(ring.memory().contains(Ring::kHole - 1, Ring::kFar - Ring::kHole + 2));
  EXPECT_FALSE(ring.memory().contains(Ring::kBase, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(ring.memory().contains(std::numeric_limits<std::uint64_t>::max(), 2));
  EXPECT_FALSE(ring.memory().contains(Ring::kBase - 1, 2));
  std::vector<std::span<std::byte>> pieces;
  EXPECT_FALSE(ring.memory().spans(Ring::kHole - 1, 2, pieces));
  EXPECT_TRUE(pieces.empty());
}

TEST(GuestMemory, RegionsThatOverlapOrWrapAreRefused) {
  std::vector<std::byte> bytes(64);
  using Regions = std::vector<GuestMemory::Region>;
  EXPECT_THROW(GuestMemory(Regions{}), Error);
  EXPECT_THROW(GuestMemory(Regions{{0, {}, -1}}), Error);
  EXPECT_THROW(GuestMemory(Regions{{0, bytes, -1}, {63, bytes, -1}}), Error);
  EXPECT_THROW(GuestMemory(Regions{{~GuestAddress{0} - 62, bytes, -1}}), Error);
  EXPECT_EQ(GuestMemory(Regions{{64, bytes, -1}, {0, bytes, -1}}).size(), 128U);
}

TEST(Memfd, IsSealedAndUnreserved) {
  const Memfd memory(64 * kMiB);
  EXPECT_EQ(memory.bytes().size(), 64 * kMiB);
  memory.bytes()[5 * kMiB] = std::byte{1};
  EXPECT_EQ(::ftruncate(memory.file(), 4096), -1);
  EXPECT_EQ(::ftruncate(memory.file(), 128 * kMiB), -1);
  EXPECT_EQ(::fcntl(memory.file(), F_ADD_SEALS, F_SEAL_WRITE), -1);
  struct stat status {};
  ASSERT_EQ(::fstat(memory.file(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 4 * 1024 * 1024) << "only what was touched";
  EXPECT_GT(status.st_blocks, 0);
}

}  // namespace
}  // namespace laneway::vmm

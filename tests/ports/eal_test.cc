#include "ports/eal.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "switch/buffer.h"
#include "switch/error.h"

namespace laneway {
namespace {

// EAL starts once a process: one test does it all.
TEST(Eal, StartsQuietlyWithoutHugepagesAndGivesBuffers) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  std::vector<std::string> lines;
  {
    const Eal eal(
        {.memory_mib = 64, .hugepages = false, .arguments = {}, .log = [&](std::string_view line) {
           lines.emplace_back(line);
         }});
    EXPECT_THROW(Eal(EalConfig{}), Error);

    MempoolBuffers pool("test", 1024);
    std::thread worker([&] {
      Eal::register_thread();
      Buffer* frame = pool.allocate(9000);
      ASSERT_NE(frame, nullptr);
      EXPECT_EQ(frame->nb_segs, 5);
      EXPECT_EQ(frame->pkt_len, 9000U);
      EXPECT_EQ(pool.in_use(), 5U);
      Buffer* large = pool.allocate_large();
      ASSERT_NE(large, nullptr);
      EXPECT_GE(large->buf_len - large->data_off, static_cast<int>(kLargeBytes));
      EXPECT_EQ(pool.in_use(), 6U);
      free_buffer(large);
      Buffer* copy = pool.copy(*frame);
      Buffer* clone = pool.clone(*frame);
      free_buffer(frame);
      free_buffer(copy);
      free_buffer(clone);
    });
    worker.join();
    EXPECT_EQ(pool.in_use(), 0U);

    std::vector<Buffer*> all;
    while (Buffer* frame = pool.allocate(60)) all.push_back(frame);
    EXPECT_GT(all.size(), 500U);  // a thread's cache may keep some back
    for (Buffer* frame : all) free_buffer(frame);
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_THROW(MempoolBuffers("too-large", 10'000'000), Error);
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(lines.empty());
}

}  // namespace
}  // namespace laneway

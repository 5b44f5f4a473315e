#include "ports/capture_port.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include "ports/memory_port.h"
#include "switch/error.h"
#include "tests/ports/plain_frame.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

using test::Bytes;

struct Recorded {
  std::size_t length = 0;
  Bytes bytes;
  std::int64_t nanoseconds = 0;
};

std::vector<Recorded> records_of(const std::string& file) {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  pcap_t* capture =
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, why.data());
  EXPECT_NE(capture, nullptr) << why.data();
  std::vector<Recorded> out;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (capture != nullptr && pcap_next_ex(capture, &header, &data) == 1) {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    out.push_back({header->len, Bytes(bytes, bytes + header->caplen),
                   header->ts.tv_sec * 1'000'000'000 + header->ts.tv_usec});
  }
  if (capture != nullptr) pcap_close(capture);
  return out;
}

class Capture : public testing::Test {
 protected:
  Capture() {
    auto inner = std::make_unique<MemoryPort>(pool_, 2);
    far_ = inner.get();
    port_ = std::make_unique<CapturePort>(std::move(inner), file_, [this] { return now_; });
  }

  std::size_t transmit(std::size_t count) {
    std::vector<Buffer*> frames;
    for (std::size_t n = 0; n < count; ++n) frames.push_back(make_buffer(pool_, Bytes(60 + n)));
    const std::size_t taken = port_->tx_burst(frames, counters_).taken;
    for (std::size_t n = taken; n < count; ++n) free_buffer(frames[n]);
    return taken;
  }
  void empty_far_end() {
    while (Buffer* frame = far_->take()) free_buffer(frame);
  }

  const test::TemporaryFolder folder_;
  const std::string file_ = folder_.file("both.pcap");
  HeapBuffers pool_;
  PortCounters counters_;
  Nanos now_{std::chrono::seconds{1'000'000'000} + Nanos{7}};
  MemoryPort* far_ = nullptr;
  std::unique_ptr<CapturePort> port_;
};

TEST_F(Capture, FramesOfBothWaysAreWritten) {
  far_->send_from_outside(Bytes(100));
  Buffer* frame = nullptr;
  ASSERT_EQ(port_->rx_burst({&frame, 1}, counters_), 1U);
  free_buffer(frame);
  EXPECT_EQ(transmit(1), 1U);
  EXPECT_TRUE(port_->drain());
  const auto records = records_of(file_);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].length, 100U);
  EXPECT_EQ(records[1].length, 60U);
  EXPECT_EQ(records[1].nanoseconds, now_.count());
}

TEST_F(Capture, FrameThatWasNotTakenIsNotWritten) {
  EXPECT_EQ(transmit(5), 2U);
  port_->drain();
  EXPECT_EQ(records_of(file_).size(), 2U);
}

TEST_F(Capture, LongFrameIsCutAndItsLengthNoted) {
  Buffer* frame = make_buffer(pool_, Bytes(60000));
  EXPECT_EQ(port_->tx_burst({&frame, 1}, counters_).taken, 1U);
  port_->drain();
  const auto records = records_of(file_);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].length, 60000U);
  EXPECT_EQ(records[0].bytes.size(), CapturePort::kSnapBytes);
}

TEST_F(Capture, FullRingLosesCopiesButNoFrame) {
  for (std::size_t n = 0; n < CapturePort::kRingFrames + 3; ++n) {
    EXPECT_EQ(transmit(1), 1U);
    empty_far_end();
  }
  EXPECT_EQ(port_->missed(), 3U);
  port_->drain();
  EXPECT_EQ(records_of(file_).size(), CapturePort::kRingFrames);
  transmit(1);
  port_->drain();
  EXPECT_EQ(records_of(file_).size(), CapturePort::kRingFrames + 1);
}

TEST_F(Capture, FileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW(
      CapturePort(std::make_unique<MemoryPort>(pool_), "/nowhere/x.pcap", [] { return Nanos{}; }),
      Error);
}

}  // namespace
}  // namespace laneway

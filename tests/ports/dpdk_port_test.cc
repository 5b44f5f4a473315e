#include "ports/dpdk_port.h"

#include <array>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "ports/eal.h"
#include "ports/open_port.h"
#include "ports/vnet_header.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;

// EAL starts once a process.
class EalForAll : public testing::Environment {
 public:
  void SetUp() override { eal_.emplace(EalConfig{.memory_mib = 128}); }
  void TearDown() override { eal_.reset(); }

 private:
  std::optional<Eal> eal_;
};

const testing::Environment* const eal = testing::AddGlobalTestEnvironment(new EalForAll);

// DPDK's ring device hears what it sends, and can nothing of itself.
class DpdkPortTest : public testing::Test {
 protected:
  ~DpdkPortTest() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  void open(const std::string& spec) {
    port_ = open_port(parse_port_spec(spec),
                      {.pool = pool_, .descriptor = {}, .clock = {}, .epoch = {}});
  }
  std::vector<Bytes> receive() {
    std::vector<Bytes> frames;
    std::array<Buffer*, kBurstFrames> burst;
    while (const std::size_t count = port_->rx_burst(burst, counters_)) {
      for (Buffer* frame : std::span(burst).first(count)) {
        frames.emplace_back(frame->pkt_len);
        read_buffer(*frame, frames.back());
        free_buffer(frame);
      }
    }
    return frames;
  }
  TxResult transmit(std::vector<Buffer*> frames) {
    const TxResult result = port_->tx_burst(frames, counters_);
    for (std::size_t at = result.taken; at < frames.size(); ++at) free_buffer(frames[at]);
    return result;
  }
  // TCP left to be summed and cut into pieces of `segment` bytes.
  Buffer* unfinished(const PlainFrame& plain, std::uint16_t segment) {
    Buffer* frame = make_buffer(pool_, plain.unsummed());
    EXPECT_TRUE(
        accept_vnet_header(*frame, {.flags = VnetHeader::kNeedsChecksum,
                                    .gso_type = VnetHeader::kGsoTcp4,
                                    .segment_bytes = segment,
                                    .checksum_start = static_cast<std::uint16_t>(plain.transport()),
                                    .checksum_offset = 16}));
    return frame;
  }

  MempoolBuffers pool_{"dpdk_port_test", 8192};
  PortCounters counters_;
  std::unique_ptr<Port> port_;
};

std::string refusal_of(const std::string& spec, BufferPool& pool, ErrorCode code) {
  try {
    open_port(parse_port_spec(spec), {.pool = pool, .descriptor = {}, .clock = {}, .epoch = {}});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "";
}

TEST_F(DpdkPortTest, FramesComeAndGoUnchanged) {
  open("dpdk:net_ring0");
  EXPECT_EQ(port_->link(), LinkState::Up);
  std::vector<Buffer*> frames;
  std::vector<Bytes> want;
  for (std::size_t n = 0; n < 100; ++n) {
    want.push_back(PlainFrame{.tcp = n % 2 == 0, .payload = n * 14}.bytes());
    frames.push_back(make_buffer(pool_, want.back()));
  }
  EXPECT_EQ(transmit(frames).taken, 100U);
  EXPECT_EQ(receive(), want);
}

TEST_F(DpdkPortTest, WhatTheDeviceCannotDoIsDoneBeforeIt) {
  open("dpdk:net_ring1");
  const PlainFrame whole{.payload = 20000};
  EXPECT_EQ(transmit({unfinished(whole, 1460)}).taken, 1U);
  const std::vector<Bytes> pieces = receive();
  ASSERT_EQ(pieces.size(), 14U);
  std::size_t payload = 0;
  for (const Bytes& piece : pieces) {
    PlainFrame one;
    one.payload = piece.size() - whole.headers();
    payload += one.payload;
    EXPECT_TRUE(checksums_right(piece, one));
  }
  EXPECT_EQ(payload, 20000U);
}

TEST_F(DpdkPortTest, AFullDeviceKeepsTheRestOfAFrameForTheNextBurst) {
  open("dpdk:net_ring2");  // holds 1,023
  std::vector<Buffer*> filling;
  for (std::size_t n = 0; n < 1020; ++n) filling.push_back(make_buffer(pool_, Bytes(60)));
  EXPECT_EQ(transmit(filling).taken, 1020U);
  EXPECT_EQ(transmit({unfinished(PlainFrame{.payload = 20000}, 1460)}).taken, 1U);
  EXPECT_EQ(transmit({make_buffer(pool_, Bytes(60))}).taken, 0U);
  EXPECT_EQ(receive().size(), 1020U + 14U);
  EXPECT_EQ(transmit({make_buffer(pool_, Bytes(60))}).taken, 1U);
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(DpdkPortTest, FramesThatNoBurstCarriesAreRefusedWithTheirReason) {
  open("dpdk:net_ring3,mtu=1500");
  const TxResult result =
      transmit({make_buffer(pool_, Bytes(1523)), make_buffer(pool_, Bytes(1522))});
  EXPECT_EQ(result.taken, 2U);
  EXPECT_EQ(result.refused, 1U);
  EXPECT_EQ(counters_.drop_frames[index(Drop::TooLong)].get(), 1U);
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(DpdkPortTest, OneDeviceServesOnePortAtATime) {
  open("dpdk:net_ring4");
  EXPECT_EQ(refusal_of("dpdk:net_ring4", pool_, ErrorCode::InUse),
            "dpdk:net_ring4: another port has this device");
  EXPECT_EQ(transmit({make_buffer(pool_, Bytes(60))}).taken, 1U);
  EXPECT_EQ(receive().size(), 1U);
  port_.reset();
  open("dpdk:net_ring4");
  EXPECT_EQ(transmit({make_buffer(pool_, Bytes(60))}).taken, 1U);
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(DpdkPortTest, DevicesThatCannotBeOpenedAreRefusedWithTheCause) {
  EXPECT_NE(refusal_of("dpdk:0000:03:00.0", pool_, ErrorCode::NeedsHugepages).find("hugepages"),
            std::string::npos);
  EXPECT_NE(refusal_of("dpdk:net_nothing0", pool_, ErrorCode::DeviceFailed).find("probe: "),
            std::string::npos);
  EXPECT_NE(refusal_of("dpdk:\"net_pcap0,rx_pcap=/nosuch\"", pool_, ErrorCode::DeviceFailed)
                .find("/nosuch"),
            std::string::npos);
  EXPECT_NE(refusal_of("dpdk:crypto_null0", pool_, ErrorCode::DeviceFailed).find("Ethernet"),
            std::string::npos);
}

}  // namespace
}  // namespace laneway

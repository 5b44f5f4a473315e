#include "ports/vnet_header.h"

#include <gtest/gtest.h>

#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;

class Vnet : public testing::Test {
 protected:
  // Whether the header is accepted; `frame` is then what came of it.
  bool accept(const Bytes& bytes, const VnetHeader& header) {
    if (frame_ != nullptr) free_buffer(frame_);
    frame_ = make_buffer(pool_, bytes);
    return accept_vnet_header(*frame_, header);
  }
  Bytes bytes() const {
    Bytes out(frame_->pkt_len);
    read_buffer(*frame_, out);
    return out;
  }
  ~Vnet() override { free_buffer(frame_); }

  HeapBuffers pool_;
  Buffer* frame_ = nullptr;
};

std::vector<std::uint16_t> words(std::initializer_list<std::uint16_t> list) { return list; }

VnetHeader checksum_of(const PlainFrame& frame) {
  return {.flags = VnetHeader::kNeedsChecksum,
          .checksum_start = static_cast<std::uint16_t>(frame.transport()),
          .checksum_offset = static_cast<std::uint16_t>(frame.field() - frame.transport())};
}

VnetHeader gso_of(const PlainFrame& frame, std::uint16_t segment) {
  VnetHeader header = checksum_of(frame);
  header.gso_type = !frame.tcp ? VnetHeader::kGsoUdp
                    : frame.v6 ? VnetHeader::kGsoTcp6
                               : VnetHeader::kGsoTcp4;
  header.header_bytes = static_cast<std::uint16_t>(frame.headers());
  header.segment_bytes = segment;
  return header;
}

TEST_F(Vnet, HeadersSurviveTheWayThroughTheFrame) {
  for (const bool v6 : {false, true}) {
    for (const bool tcp : {false, true}) {
      for (const std::size_t tags : {0U, 1U, 2U}) {
        const PlainFrame frame{.v6 = v6, .tcp = tcp, .tags = tags, .payload = 40000};
        for (const VnetHeader& header : {VnetHeader{}, VnetHeader{.flags = VnetHeader::kDataValid},
                                         checksum_of(frame), gso_of(frame, 1400)}) {
          ASSERT_TRUE(accept(frame.unsummed(), header));
          EXPECT_EQ(vnet_header_of(*frame_), header) << v6 << tcp << tags;
          EXPECT_EQ(bytes(), frame.unsummed());
        }
      }
    }
  }
}

TEST_F(Vnet, CongestionFlagIsToldToWhoCuts) {
  const PlainFrame frame{.payload = 5000, .flags = 0x90};
  VnetHeader header = gso_of(frame, 1000);
  header.gso_type |= VnetHeader::kGsoEcn;
  ASSERT_TRUE(accept(frame.unsummed(), header));
  EXPECT_EQ(vnet_header_of(*frame_), header);
}

TEST_F(Vnet, ChecksumAtAnUnusualPlaceIsSummedAtOnce) {
  const PlainFrame frame{.tcp = false, .payload = 3000};  // spans two mbufs
  VnetHeader header = checksum_of(frame);
  header.checksum_start = static_cast<std::uint16_t>(header.checksum_start + 8);
  Bytes want = frame.unsummed();
  ASSERT_TRUE(accept(want, header));
  EXPECT_FALSE(offload_of(*frame_).needs_checksum);
  unsigned sum = 0;
  for (std::size_t at = header.checksum_start; at < want.size(); at += 2) {
    sum += test::get16(want, at);
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  test::put16(want, header.checksum_start + std::size_t{header.checksum_offset}, ~sum & 0xffffU);
  EXPECT_EQ(bytes(), want);
}

TEST_F(Vnet, ChecksumFieldInTheIpHeaderIsWrittenBeforePolicyLooks) {
  const PlainFrame frame{.payload = 100};
  const VnetHeader header{.flags = VnetHeader::kNeedsChecksum,
                          .checksum_start = 15,
                          .checksum_offset = 16};  // TCP's offset, but it points at the addresses
  ASSERT_TRUE(accept(frame.bytes(), header));
  EXPECT_FALSE(offload_of(*frame_).needs_checksum);
}

TEST_F(Vnet, MergedFrameOfAVerifiedChecksumCanBeCutAgain) {
  const PlainFrame frame{.v6 = true, .payload = 9000};
  VnetHeader header = gso_of(frame, 1000);
  header.flags = VnetHeader::kDataValid;
  header.checksum_start = header.checksum_offset = 0;
  ASSERT_TRUE(accept(frame.bytes(), header));
  EXPECT_EQ(bytes(), frame.unsummed());
  EXPECT_EQ(vnet_header_of(*frame_), gso_of(frame, 1000));
}

TEST_F(Vnet, FrameOfOneSegmentIsNotToBeCut) {
  const PlainFrame frame{.payload = 1000};
  ASSERT_TRUE(accept(frame.unsummed(), gso_of(frame, 1000)));
  EXPECT_EQ(vnet_header_of(*frame_), checksum_of(frame));
  ASSERT_TRUE(accept(frame.unsummed(), gso_of(frame, 999)));
  EXPECT_EQ(vnet_header_of(*frame_), gso_of(frame, 999));
}

TEST_F(Vnet, HeaderThatContradictsTheFrameIsRefused) {
  const PlainFrame frame{.payload = 5000};
  const VnetHeader good = gso_of(frame, 1000);
  ASSERT_TRUE(accept(frame.unsummed(), good));
  const auto refused = [&](auto&& change) {
    VnetHeader header = good;
    change(header);
    return !accept(frame.unsummed(), header);
  };
  EXPECT_TRUE(refused([](VnetHeader& h) { h.segment_bytes = 0; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.segment_bytes = 4; }));  // 1,250 segments
  EXPECT_TRUE(refused([](VnetHeader& h) { h.gso_type = 2; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.gso_type = 3; }));  // UFO: offered to nobody
  EXPECT_TRUE(refused([](VnetHeader& h) { h.gso_type = VnetHeader::kGsoTcp6; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.gso_type = VnetHeader::kGsoUdp; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.gso_type = VnetHeader::kGsoEcn; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.header_bytes = 5055; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { ++h.checksum_start; }));
  EXPECT_TRUE(refused([](VnetHeader& h) { h.checksum_offset = 6; }));
}

TEST_F(Vnet, ChecksumFieldMustLieInTheFrame) {
  const PlainFrame frame{.tcp = false, .payload = 18};
  for (const std::uint16_t start : words({0, 13, 14, 58, 59, 60, 65535})) {
    VnetHeader header{.flags = VnetHeader::kNeedsChecksum, .checksum_start = start};
    EXPECT_EQ(accept(frame.unsummed(), header), start >= 14 && start <= 58) << start;
    header.checksum_offset = 65535;
    EXPECT_FALSE(accept(frame.unsummed(), header)) << start;
  }
}

// Frames of each kind cut short at every length, with every mix of fields: no report of the
// sanitizers, no frame that grows, nothing accepted that points past the frame.
TEST_F(Vnet, G04_SweepOverFlagsTypesStartsAndOffsetsStaysInTheFrame) {
  const std::vector<Bytes> frames{
      PlainFrame{.payload = 20}.unsummed(), PlainFrame{.tcp = false, .payload = 20}.unsummed(),
      PlainFrame{.v6 = true, .payload = 20}.unsummed(),
      PlainFrame{.v6 = true, .tcp = false, .payload = 20}.unsummed(), Bytes(64, std::byte{0xff})};
  for (const Bytes& whole : frames) {
    for (std::size_t length = 14; length <= std::min<std::size_t>(whole.size(), 64); ++length) {
      const Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      for (const std::uint16_t type : words({0, 1, 3, 4, 5, 0x81, 0x84, 0xff})) {
        for (const std::uint16_t flags : words({0, 1, 2, 3})) {
          for (const std::uint16_t start : words({0, 14, 34, 54, 63, 65535})) {
            for (const std::uint16_t offset : words({0, 6, 16, 65535})) {
              const VnetHeader header{static_cast<std::uint8_t>(flags),
                                      static_cast<std::uint8_t>(type),
                                      54,
                                      10,
                                      start,
                                      offset};
              const bool ok = accept(bytes, header);
              ASSERT_EQ(frame_->pkt_len, length);
              const std::size_t field = std::size_t{start} + offset + 2;
              ASSERT_TRUE(!ok || (flags & 1) == 0 || field <= length);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace laneway

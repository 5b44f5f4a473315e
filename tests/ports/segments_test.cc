#include "ports/segments.h"

#include <gtest/gtest.h>

#include "ports/vnet_header.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;

class SegmentsTest : public testing::Test {
 protected:
  // What goes on the wire for `plain` in pieces of `segment` bytes; 0: only the checksum is
  // missing.
  std::vector<Bytes> cut(const PlainFrame& plain, std::uint16_t segment) {
    VnetHeader header{
        .flags = VnetHeader::kNeedsChecksum,
        .gso_type = VnetHeader::kGsoNone,
        .segment_bytes = segment,
        .checksum_start = static_cast<std::uint16_t>(plain.transport()),
        .checksum_offset = static_cast<std::uint16_t>(plain.field() - plain.transport())};
    if (segment > 0) {
      header.gso_type = !plain.tcp ? VnetHeader::kGsoUdp
                        : plain.v6 ? VnetHeader::kGsoTcp6
                                   : VnetHeader::kGsoTcp4;
    }
    Buffer* frame = make_buffer(pool_, plain.unsummed());
    EXPECT_TRUE(accept_vnet_header(*frame, header));
    const Segments segments(*frame);
    std::vector<Bytes> out;
    std::size_t total = 0;
    for (std::size_t at = 0; at < segments.count(); ++at) {
      Bytes bytes(segments.longest());  // exact: the sanitizer sees a byte too many
      bytes.resize(segments.write(at, bytes));
      total += bytes.size();
      out.push_back(std::move(bytes));
    }
    EXPECT_EQ(total, segments.total());
    free_buffer(frame);
    return out;
  }

  HeapBuffers pool_;
};

TEST_F(SegmentsTest, EachIsTheFrameThatItsSenderWouldHaveSent) {
  for (const bool v6 : {false, true}) {
    for (const bool tcp : {false, true}) {
      for (const std::size_t tags : {0U, 1U}) {
        const PlainFrame whole{.v6 = v6,
                               .tcp = tcp,
                               .tags = tags,
                               .options = tcp ? 12U : 0U,
                               .payload = 30001,
                               .sequence = 0xfffff000,
                               .id = 0xfffe,
                               .flags = 0x19};
        const auto pieces = cut(whole, 1448);
        ASSERT_EQ(pieces.size(), 21U);
        std::size_t sent = 0;
        for (std::size_t at = 0; at < pieces.size(); ++at) {
          PlainFrame one = whole;
          one.payload = std::min<std::size_t>(1448, 30001 - sent);
          one.sequence = whole.sequence + static_cast<std::uint32_t>(sent);
          one.id = static_cast<std::uint16_t>(whole.id + at);
          one.flags = at + 1 == pieces.size() ? 0x19 : 0x10;  // FIN and PSH on the last
          Bytes want = one.bytes();
          for (std::size_t byte = 0; byte < one.payload; ++byte) {
            want[one.headers() + byte] = static_cast<std::byte>((sent + byte) % 251);
          }
          EXPECT_TRUE(checksums_right(pieces[at], one));
          // The payload differs from what `want` was summed over.
          test::put16(want, one.field(), test::get16(pieces[at], one.field()));
          EXPECT_EQ(pieces[at], want) << v6 << tcp << tags << " segment " << at;
          sent += one.payload;
        }
        EXPECT_EQ(sent, 30001U);
      }
    }
  }
}

TEST_F(SegmentsTest, CongestionFlagStaysOnTheFirstAlone) {
  const auto pieces = cut({.payload = 3000, .flags = 0x90}, 1000);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0][47], std::byte{0x90});
  EXPECT_EQ(pieces[1][47], std::byte{0x10});
  EXPECT_EQ(pieces[2][47], std::byte{0x10});
}

TEST_F(SegmentsTest, LongestFrameAndSmallestPieces) {
  const PlainFrame longest{.v6 = true, .payload = 65535 - 74};
  EXPECT_EQ(cut(longest, 64).size(), 1023U);
  EXPECT_EQ(cut(longest, 65000).size(), 2U);
}

TEST_F(SegmentsTest, MissingChecksumIsSummed) {
  for (const bool v6 : {false, true}) {
    for (const bool tcp : {false, true}) {
      for (const std::size_t payload : {0U, 1U, 1400U, 2001U, 60000U}) {
        const PlainFrame plain{.v6 = v6, .tcp = tcp, .payload = payload};
        const auto pieces = cut(plain, 0);
        ASSERT_EQ(pieces.size(), 1U);
        EXPECT_EQ(pieces[0], plain.bytes()) << v6 << tcp << payload;
      }
    }
  }
}

TEST_F(SegmentsTest, UdpChecksumIsNeverZero) {
  // The two bytes of payload run through all values: one of them makes the sum 0xffff.
  PlainFrame plain{.tcp = false, .payload = 2};
  Bytes bytes = plain.unsummed();
  for (unsigned value = 0; value < 65536; ++value) {
    test::put16(bytes, plain.headers(), value);
    Buffer* frame = make_buffer(pool_, bytes);
    ASSERT_TRUE(
        accept_vnet_header(*frame, {.flags = 1, .checksum_start = 34, .checksum_offset = 6}));
    Bytes out(bytes.size());
    Segments(*frame).write(0, out);
    free_buffer(frame);
    ASSERT_NE(test::get16(out, plain.field()), 0);
    ASSERT_TRUE(checksums_right(out, plain));
  }
}

TEST_F(SegmentsTest, FrameWithoutOffloadsIsItself) {
  const Bytes bytes = PlainFrame{.payload = 5000}.bytes();
  Buffer* frame = make_buffer(pool_, bytes);
  const Segments segments(*frame);
  EXPECT_EQ(segments.count(), 1U);
  Bytes out(segments.longest());
  EXPECT_EQ(segments.write(0, out), bytes.size());
  EXPECT_EQ(out, bytes);
  free_buffer(frame);
}

TEST_F(SegmentsTest, FrameThatWasChangedUnderItsOffloadsIsNotCut) {
  const PlainFrame plain{.payload = 5000};
  Buffer* frame = make_buffer(pool_, plain.unsummed());
  ASSERT_TRUE(accept_vnet_header(*frame, {1, VnetHeader::kGsoTcp4, 54, 1000, 34, 16}));
  static_cast<std::byte*>(frame->buf_addr)[frame->data_off + 23] = std::byte{17};
  EXPECT_EQ(Segments(*frame).count(), 0U);
  free_buffer(frame);
}

}  // namespace
}  // namespace laneway

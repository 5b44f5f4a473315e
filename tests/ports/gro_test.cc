#include "ports/gro.h"

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "ports/segments.h"
#include "ports/vnet_header.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;

constexpr std::uint8_t kAck = 0x10, kPsh = 0x08, kFin = 0x01;

// One byte of a frame changed, its checksums right again.
Bytes with(const PlainFrame& plain, std::size_t at, std::byte value) {
  Bytes bytes = plain.bytes();
  bytes[at] = value;
  sum_anew(bytes, plain);
  return bytes;
}

class GroTest : public testing::Test {
 protected:
  // What the frames become, as bytes on a wire: `joined` says how many frames there were.
  std::vector<Bytes> merge_and_cut(const std::vector<Bytes>& frames) {
    std::vector<Buffer*> burst;
    for (const Bytes& bytes : frames) burst.push_back(make_buffer(pool_, bytes));
    joined_ = merge_segments(burst);
    std::vector<Bytes> out;
    for (std::size_t frame = 0; frame < joined_; ++frame) {
      const Segments segments(*burst[frame]);
      EXPECT_GT(segments.count(), 0U);
      for (std::size_t at = 0; at < segments.count(); ++at) {
        Bytes bytes(segments.longest());
        bytes.resize(segments.write(at, bytes));
        out.push_back(std::move(bytes));
      }
      free_buffer(burst[frame]);
    }
    EXPECT_EQ(pool_.in_use(), 0U);
    return out;
  }
  // In how many frames these leave; checks that a cut gives them back as they came.
  std::size_t frames_left(const std::vector<Bytes>& frames) {
    EXPECT_EQ(merge_and_cut(frames), frames);
    return joined_;
  }
  // Two segments in sequence, the second changed by `change`.
  std::size_t left_of_two(const std::function<Bytes(const PlainFrame&)>& change,
                          PlainFrame first = {.payload = 100, .sequence = 1000, .id = 5}) {
    PlainFrame second = first;
    second.sequence += 100;
    second.id = 6;
    return frames_left({first.bytes(), change(second)});
  }

  HeapBuffers pool_;
  std::size_t joined_ = 0;
};

std::vector<Bytes> row(PlainFrame like, std::size_t count, std::size_t last) {
  std::vector<Bytes> frames;
  for (std::size_t at = 0; at < count; ++at) {
    PlainFrame one = like;
    if (at + 1 == count) {
      one.payload = last;
      one.flags |= kPsh;
    }
    frames.push_back(one.bytes());
    like.sequence += static_cast<std::uint32_t>(like.payload);
    ++like.id;
  }
  return frames;
}

TEST_F(GroTest, ARowBecomesOneFrameAndIsTheSameWhenCut) {
  for (const bool v6 : {false, true}) {
    for (const std::size_t tags : {0U, 2U}) {
      for (const std::size_t options : {0U, 12U}) {
        const PlainFrame first{.v6 = v6,
                               .tags = tags,
                               .options = options,
                               .payload = 1448,
                               .sequence = 0xfffffa00,
                               .id = 0xfffe};
        EXPECT_EQ(frames_left(row(first, 32, 700)), 1U) << v6 << tags << options;
      }
    }
  }
}

TEST_F(GroTest, OneAloneIsLeftAsItIs) {
  Bytes wrong = PlainFrame{.payload = 100}.bytes();
  wrong.back() ^= std::byte{1};
  EXPECT_EQ(frames_left({wrong}), 1U);
  EXPECT_EQ(frames_left({}), 0U);
}

TEST_F(GroTest, WhatDiffersInAFieldStaysApart) {
  const PlainFrame like{.payload = 100};
  const std::size_t ip = like.network(), tcp = like.transport();
  EXPECT_EQ(left_of_two([](const PlainFrame& plain) { return plain.bytes(); }), 1U);
  for (const std::size_t at : {std::size_t{0}, std::size_t{6}, ip + 1, ip + 8, ip + 12, ip + 19,
                               tcp + 0, tcp + 3, tcp + 4, tcp + 11, tcp + 14, tcp + 18}) {
    const auto change = [&](const PlainFrame& plain) { return with(plain, at, std::byte{77}); };
    EXPECT_EQ(left_of_two(change), 2U) << "byte " << at;
  }
  const PlainFrame six{.v6 = true, .payload = 100, .sequence = 1000};
  for (const std::size_t at : {ip + 1, ip + 3, ip + 7, ip + 8, ip + 39}) {
    const auto change = [&](const PlainFrame& plain) { return with(plain, at, std::byte{9}); };
    EXPECT_EQ(left_of_two(change, six), 2U) << "byte " << at;
  }
}

TEST_F(GroTest, OtherOptionsStayApart) {
  const PlainFrame first{.options = 12, .payload = 100, .sequence = 1000, .id = 5};
  const auto stamped = [](const PlainFrame& plain) {
    return with(plain, plain.transport() + 31, std::byte{0});
  };
  EXPECT_EQ(left_of_two(stamped, first), 2U);
  const auto longer = [](PlainFrame plain) {
    plain.options = 16;
    return plain.bytes();
  };
  EXPECT_EQ(left_of_two(longer, first), 2U);
}

TEST_F(GroTest, FlagsThatStandAloneStayApart) {
  for (const unsigned flag : {0x02U, 0x04U, 0x20U, 0x40U, 0x80U}) {
    const auto change = [&](PlainFrame plain) {
      plain.flags = static_cast<std::uint8_t>(kAck | flag);
      return plain.bytes();
    };
    EXPECT_EQ(left_of_two(change), 2U) << flag;
    if (flag == 0x40) continue;  // ECE on both: alike
    const PlainFrame first{
        .payload = 100, .sequence = 1000, .id = 5, .flags = static_cast<std::uint8_t>(kAck | flag)};
    EXPECT_EQ(left_of_two([](const PlainFrame& plain) { return plain.bytes(); }, first), 2U)
        << flag;
  }
}

TEST_F(GroTest, AFrameOfAnotherSizeEndsTheRow) {
  const PlainFrame first{.payload = 100, .sequence = 1000, .id = 1};
  const auto at = [&](std::uint32_t sequence, std::size_t payload, std::uint16_t id,
                      std::uint8_t flags = kAck) {
    PlainFrame one = first;
    one.sequence = sequence, one.payload = payload, one.id = id, one.flags = flags;
    return one.bytes();
  };
  EXPECT_EQ(frames_left({at(0, 100, 1), at(100, 101, 2)}), 2U);
  EXPECT_EQ(frames_left({at(0, 100, 1), at(100, 99, 2), at(199, 99, 3)}), 2U);
  EXPECT_EQ(frames_left({at(0, 100, 1, kAck | kPsh), at(100, 100, 2)}), 2U);
  EXPECT_EQ(frames_left({at(0, 100, 1), at(100, 100, 2, kAck | kFin), at(200, 100, 3)}), 2U);
  EXPECT_EQ(frames_left({at(0, 100, 1), at(100, 0, 2), at(100, 100, 3)}), 3U)
      << "a bare ACK between";
}

TEST_F(GroTest, TheIdMustCountOnlyWhereFragmentsAreAllowed) {
  const PlainFrame first{.payload = 100, .sequence = 1000, .id = 5};
  const auto constant = [](PlainFrame plain) {
    plain.id = 5;
    return plain.bytes();
  };
  EXPECT_EQ(left_of_two(constant, first), 2U);

  std::vector<Bytes> frames;
  for (const std::uint32_t at : {0U, 1U}) {
    PlainFrame one = first;
    one.sequence += 100 * at;
    frames.push_back(with(one, one.network() + 6, std::byte{0x40}));
  }
  const auto cut = merge_and_cut(frames);
  EXPECT_EQ(joined_, 1U);
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0], frames[0]);
  for (const Bytes& bytes : cut) EXPECT_TRUE(checksums_right(bytes, first));
}

TEST_F(GroTest, AWrongChecksumStaysAlone) {
  for (const std::size_t wrong : {0U, 1U, 2U}) {
    auto frames = row({.payload = 100, .sequence = 7}, 4, 100);
    frames[wrong].back() ^= std::byte{1};
    EXPECT_GE(frames_left(frames), 2U) << wrong;
    frames = row({.payload = 100, .sequence = 7}, 4, 100);
    frames[wrong][14 + 11] ^= std::byte{1};
    EXPECT_GE(frames_left(frames), 2U) << "IPv4 header of " << wrong;
  }
}

TEST_F(GroTest, AChecksumLeftToOthersIsTrusted) {
  const PlainFrame first{.payload = 100};
  PlainFrame second = first;
  second.sequence = 100, second.id = 1;
  const VnetHeader unsummed{.flags = VnetHeader::kNeedsChecksum,
                            .checksum_start = static_cast<std::uint16_t>(first.transport()),
                            .checksum_offset = 16};
  std::vector<Buffer*> burst;
  for (const PlainFrame& plain : {first, second}) {
    burst.push_back(make_buffer(pool_, plain.unsummed()));
    ASSERT_TRUE(accept_vnet_header(*burst.back(), unsummed));
  }
  EXPECT_EQ(merge_segments(burst), 1U);
  const Segments segments(*burst[0]);
  ASSERT_EQ(segments.count(), 2U);
  Bytes bytes(segments.longest());
  segments.write(1, bytes);
  EXPECT_EQ(bytes, second.bytes());
  free_buffer(burst[0]);
}

TEST_F(GroTest, WhatHasPaddingStaysApart) {
  const auto padded = [](const PlainFrame& plain) {
    Bytes bytes = plain.bytes();
    bytes.resize(bytes.size() + 6);
    return bytes;
  };
  EXPECT_EQ(left_of_two(padded), 2U);
}

TEST_F(GroTest, WhatMayBeAFragmentEndsEveryRow) {
  auto frames = row({.payload = 100, .sequence = 7}, 2, 100);
  const PlainFrame datagram{.tcp = false, .payload = 100};
  frames.insert(frames.begin() + 1, datagram.bytes());
  merge_and_cut(frames);
  EXPECT_EQ(joined_, 2U) << "UDP is no part of the flow";
  frames[1] = with(datagram, datagram.network() + 7, std::byte{3});
  EXPECT_EQ(frames_left(frames), 3U);
}

// Rows of several senders, mixed, some broken: whatever is joined, each flow is cut into what came,
// in order.
TEST_F(GroTest, EachFlowIsWhatItWas) {
  std::mt19937 random(20);
  for (int round = 0; round < 400; ++round) {
    std::vector<PlainFrame> senders(1 + random() % 12);
    for (PlainFrame& next : senders) {
      next = {.v6 = random() % 2 == 0, .options = random() % 2 * 12, .payload = 10};
      next.sequence = static_cast<std::uint32_t>(random());
    }
    std::vector<Bytes> frames;
    for (int frame = 0; frame < 32; ++frame) {
      const std::size_t from = random() % senders.size();
      PlainFrame& next = senders[from];
      if (random() % 8 == 0) next.sequence += 10;
      next.flags = random() % 8 == 0 ? kAck | kPsh : kAck;
      next.payload = random() % 10 == 0 ? random() % 10 : 10;
      Bytes bytes = next.bytes();
      test::put16(bytes, next.transport(), from);
      sum_anew(bytes, next);
      if (random() % 16 == 0) bytes[random() % bytes.size()] ^= std::byte{1};
      frames.push_back(bytes);
      next.sequence += static_cast<std::uint32_t>(next.payload);
      ++next.id;
    }
    const auto addresses_and_ports = [](const Bytes& bytes) {
      const bool v6 = test::get16(bytes, 12) == 0x86dd;
      return Bytes(bytes.begin() + (v6 ? 22 : 26), bytes.begin() + (v6 ? 58 : 38));
    };
    std::map<Bytes, std::vector<Bytes>> sent, got;
    for (const Bytes& bytes : frames) sent[addresses_and_ports(bytes)].push_back(bytes);
    for (const Bytes& bytes : merge_and_cut(frames))
      got[addresses_and_ports(bytes)].push_back(bytes);
    ASSERT_TRUE(sent == got) << "round " << round;
  }
}

}  // namespace
}  // namespace laneway

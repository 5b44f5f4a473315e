#include "bridge/duplicate_filter.h"

#include <vector>

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::milliseconds;
using Form = DuplicateFilter::Form;

// A frame over bytes of its own, without a buffer: all that the filter looks at.
struct Packet {
  explicit Packet(std::uint8_t content, std::size_t length = 61)
      : bytes(length, std::byte{content}) {
    frame.data = bytes.data();
    frame.length = static_cast<std::uint32_t>(length);
    frame.readable = static_cast<std::uint16_t>(length);
  }
  std::vector<std::byte> bytes;
  Frame frame;
};

TEST(DuplicateFilter, In5_OtherFormOfAPacketIsTheSecond) {
  DuplicateFilter filter(1);
  const Packet packet(7);
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, Nanos{0}));
  EXPECT_TRUE(filter.is_second_form(packet.frame, Form::Unicast, milliseconds{1}));
}

TEST(DuplicateFilter, In5_UnicastFirstIsTheSame) {
  DuplicateFilter filter(1);
  const Packet packet(7);
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Unicast, Nanos{0}));
  EXPECT_TRUE(filter.is_second_form(packet.frame, Form::Group, milliseconds{1}));
}

TEST(DuplicateFilter, In5_TwoOfOneFormAreTwoPackets) {
  DuplicateFilter filter(1);
  const Packet packet(7);
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, Nanos{0}));
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, Nanos{1}));
  EXPECT_TRUE(filter.is_second_form(packet.frame, Form::Unicast, Nanos{2}));
  EXPECT_TRUE(filter.is_second_form(packet.frame, Form::Unicast, Nanos{3}));
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Unicast, Nanos{4}));
}

TEST(DuplicateFilter, In5_AnotherPacketOfOneByteDifferenceIsNone) {
  DuplicateFilter filter(1);
  const Packet packet(7);
  for (std::size_t at = 6; at < packet.bytes.size(); ++at) {
    if (at == 12 || at == 13) continue;  // the EtherType follows from what is behind it
    Packet other(7);
    other.bytes[at] = std::byte{8};
    filter.is_second_form(packet.frame, Form::Group, Nanos{0});
    EXPECT_FALSE(filter.is_second_form(other.frame, Form::Unicast, Nanos{0})) << at;
  }
}

TEST(DuplicateFilter, In5_EndsAt100Milliseconds) {
  DuplicateFilter filter(1);
  const Packet packet(7);
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, milliseconds{50}));
  EXPECT_TRUE(filter.is_second_form(packet.frame, Form::Unicast, milliseconds{150} - Nanos{1}));
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, milliseconds{200}));
  EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Unicast, milliseconds{300}));
}

TEST(DuplicateFilter, In5_EveryLengthIsHashedToItsEnd) {
  DuplicateFilter filter(1);
  for (std::size_t length = 15; length < 64; ++length) {
    const Packet packet(7, length);
    Packet other(7, length);
    other.bytes.back() = std::byte{8};
    EXPECT_FALSE(filter.is_second_form(packet.frame, Form::Group, Nanos{0})) << length;
    EXPECT_FALSE(filter.is_second_form(other.frame, Form::Unicast, Nanos{0})) << length;
  }
}

TEST(DuplicateFilter, In5_FloodOfPacketsLetsSecondFormsThroughAtWorst) {
  DuplicateFilter filter(1);
  const Packet first(0, 20);
  filter.is_second_form(first.frame, Form::Group, Nanos{0});
  int second = 0;
  for (int n = 0; n < 10000; ++n) {
    Packet packet(0, 20);
    packet.bytes[15] = std::byte{static_cast<std::uint8_t>(n & 0xff)};
    packet.bytes[16] = std::byte{static_cast<std::uint8_t>(n >> 8)};
    packet.bytes[17] = std::byte{1};
    second += filter.is_second_form(packet.frame, Form::Group, Nanos{n}) ? 1 : 0;
  }
  EXPECT_EQ(second, 0);
}

}  // namespace
}  // namespace laneway

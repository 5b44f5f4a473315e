#include "switch/wire/checksum.h"

#include <array>
#include <random>

#include <gtest/gtest.h>

#include "switch/wire/bytes.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

struct Edit {
  std::uint16_t before;
  std::uint16_t after;
};
// No change, to and from the two zeros, the broadcast flag, a carry, and any.
constexpr std::array<Edit, 9> kEdits{{{0x1234, 0x1234},
                                      {0x0000, 0xffff},
                                      {0xffff, 0x0000},
                                      {0x0000, 0x8000},
                                      {0x8000, 0x0000},
                                      {0x0000, 0x0001},
                                      {0xfffe, 0xffff},
                                      {0x5555, 0x3285},
                                      {0xbeef, 0x0042}}};

std::uint16_t sum_of(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
  return InternetSum{}.add_word(a).add_word(b).add_word(c).folded();
}

// The word that, beside `word`, makes `checksum` right.
std::uint16_t partner(std::uint16_t checksum, std::uint16_t word) {
  const auto inverse = [](std::uint16_t x) { return static_cast<std::uint16_t>(~x); };
  return InternetSum{}.add_word(inverse(checksum)).add_word(inverse(word)).folded();
}

TEST(Checksum, ExampleOfRfc1071) {
  const auto bytes = octets("0001 f203 f4f5 f6f7");
  EXPECT_EQ(InternetSum{}.add(bytes).folded(), 0xddf2);
  EXPECT_EQ(InternetSum{}.add(bytes).checksum(), 0x220d);
}

TEST(Checksum, OddLengthIsPaddedAtItsEnd) {
  EXPECT_EQ(InternetSum{}.add(octets("0102 03")).folded(), 0x0402);
}

TEST(Checksum, ChainOfPiecesSumsAsOne) {
  const auto bytes = octets("0123 4567 89ab cdef fedc ba98 7654 3210 01");
  const auto whole = InternetSum{}.add(bytes).checksum();
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      const std::span<const std::byte> all(bytes);
      InternetSum sum;
      sum.add(all.first(first)).add(all.subspan(first, second - first)).add(all.subspan(second));
      EXPECT_EQ(sum.checksum(), whole) << first << ' ' << second;
    }
  }
}

TEST(Checksum, CarriesOfALongSumAreFolded) {
  const std::vector<std::byte> bytes(65534, std::byte{0xff});
  EXPECT_EQ(InternetSum{}.add(bytes).folded(), 0xffff);
}

// RFC 1624 section 5 has this example with the result 0x0000; without the fold it would be 0xffff.
TEST(Checksum, Edit1_ExampleOfRfc1624) {
  EXPECT_EQ(update_checksum(0xdd2f, 0x5555, 0x3285), 0x0000);
}

TEST(Checksum, Edit1_G09_EveryChecksumAgainstTheFullSum) {
  for (const Edit edit : kEdits) {
    for (std::uint32_t field = 0; field <= 0xffff; ++field) {
      const auto checksum = static_cast<std::uint16_t>(field);
      const std::uint16_t other = partner(checksum, edit.before);
      ASSERT_EQ(sum_of(other, edit.before, checksum), 0xffff);
      const std::uint16_t updated = update_checksum(checksum, edit.before, edit.after);
      ASSERT_EQ(sum_of(other, edit.after, updated), 0xffff) << checksum << ' ' << edit.before;
      // 0xffff is the sum of nothing but zeros, which no pseudo-header allows.
      if (checksum == 0xffff) continue;
      const auto full = InternetSum{}.add_word(other).add_word(edit.after).checksum();
      ASSERT_EQ(updated, full) << checksum << ' ' << edit.before;
    }
  }
}

TEST(Checksum, Inv6_WrongStaysWrong) {
  for (const Edit edit : kEdits) {
    for (std::uint32_t field = 0; field <= 0xffff; ++field) {
      const auto right = static_cast<std::uint16_t>(field);
      const auto wrong = static_cast<std::uint16_t>(right ^ 0x0100U);
      const std::uint16_t other = partner(right, edit.before);
      const std::uint16_t updated = update_checksum(wrong, edit.before, edit.after);
      ASSERT_NE(sum_of(other, edit.after, updated), 0xffff) << wrong << ' ' << edit.before;
    }
  }
}

TEST(Checksum, Edit2_AbsentUdpChecksumStaysAbsent) {
  for (const Edit edit : kEdits) EXPECT_EQ(update_udp_checksum(0, edit.before, edit.after), 0);
}

TEST(Checksum, Edit2_PresentUdpChecksumNeverBecomesAbsent) {
  for (const Edit edit : kEdits) {
    for (std::uint32_t field = 1; field <= 0xffff; ++field) {
      const auto checksum = static_cast<std::uint16_t>(field);
      const std::uint16_t updated = update_udp_checksum(checksum, edit.before, edit.after);
      ASSERT_NE(updated, 0);
      ASSERT_EQ(sum_of(partner(checksum, edit.before), edit.after, updated), 0xffff);
    }
  }
  EXPECT_EQ(update_udp_checksum(0xdd2f, 0x5555, 0x3285), 0xffff);
}

TEST(Checksum, Edit1_G09_MillionRandomEditsAgainstTheFullSum) {
  std::mt19937 random(20090);
  std::array<std::byte, 16> data;
  for (std::byte& octet : data) octet = std::byte(random() & 0xffU);
  std::uint16_t field = InternetSum{}.add(data).checksum();
  for (int round = 0; round < 1'000'000; ++round) {
    const std::size_t at = (random() % 8) * 2;
    const std::size_t size = std::min<std::size_t>(data.size() - at, 2 * (1 + random() % 3));
    std::array<std::byte, 6> fresh;
    const std::uint64_t bits = (std::uint64_t{random()} << 32U) | random();
    std::memcpy(fresh.data(), &bits, fresh.size());
    const auto old_bytes = std::span(data).subspan(at, size);
    field = update_checksum(field, old_bytes, std::span(fresh).first(size));
    std::copy_n(fresh.begin(), size, old_bytes.begin());
    ASSERT_EQ(field, InternetSum{}.add(data).checksum()) << "round " << round;
  }
}

TEST(Checksum, PseudoHeaderOfIpv4) {
  const Ipv4Address source{0xc0a8070a};
  const Ipv4Address destination{0xc0a80701};
  const auto bytes = octets("c0a8 070a c0a8 0701 0011 000d");
  EXPECT_EQ(pseudo_header(source, destination, 17, 13).folded(), InternetSum{}.add(bytes).folded());
}

TEST(Checksum, PseudoHeaderOfIpv6HoldsAll32BitsOfTheLength) {
  const auto source = *Ipv6Address::parse("2001:db8::1");
  const auto destination = *Ipv6Address::parse("ff02::1:ff00:10");
  const auto bytes = octets(
      "2001 0db8 0000 0000 0000 0000 0000 0001 ff02 0000 0000 0000 0000 0001 ff00 0010 "
      "0001 0002 0000 003a");
  EXPECT_EQ(pseudo_header(source, destination, 58, 0x10002).folded(),
            InternetSum{}.add(bytes).folded());
}

}  // namespace
}  // namespace laneway::wire

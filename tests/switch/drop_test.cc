#include "switch/drop.h"

#include <set>

#include <gtest/gtest.h>

namespace laneway {
namespace {

TEST(Drop, EachReasonHasItsOwnNameAndSentence) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<Drop>(i);
    EXPECT_TRUE(names.insert(name_of(reason)).second) << name_of(reason);
    EXPECT_FALSE(sentence_of(reason).empty()) << name_of(reason);
    EXPECT_EQ(drop_named(name_of(reason)), reason);
  }
  EXPECT_EQ(drop_named("arp_bad"), Drop::ArpBad);
  EXPECT_FALSE(drop_named("arp_worse"));
}

}  // namespace
}  // namespace laneway

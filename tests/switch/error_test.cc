#include "switch/error.h"

#include <array>
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

namespace laneway {
namespace {

TEST(Error, NamesAreUniqueAndLeadBack) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_TRUE(names.insert(kind_of(code).name).second);
    EXPECT_EQ(error_code(kind_of(code).name), code);
  }
}

TEST(Error, ForbiddenCallsArePermissionDenied) {
  errno = EPERM;
  try {
    check(-1, "port tap0: open /dev/net/tun");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::PermissionDenied);
    EXPECT_STREQ(error.what(), "port tap0: open /dev/net/tun: Operation not permitted");
  }
}

TEST(Error, NearestWordIsAtMostTwoEditsAway) {
  constexpr std::array<std::string_view, 3> kWords{"uplink", "host", "name"};
  EXPECT_EQ(nearest("uplnk", kWords.data(), kWords.size()), "uplink");
  EXPECT_EQ(nearest("hots", kWords.data(), kWords.size()), "host");
  EXPECT_EQ(nearest("translate", kWords.data(), kWords.size()), "");
}

}  // namespace
}  // namespace laneway

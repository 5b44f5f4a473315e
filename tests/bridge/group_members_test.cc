#include "bridge/group_members.h"

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::seconds;

constexpr PortId kAlice{1};
constexpr PortId kBob{2};
const IpAddress kMdns = *IpAddress::parse("224.0.0.251");
const IpAddress kOther = *IpAddress::parse("ff02::fb");

IpAddress group(std::uint32_t number) { return Ipv4Address{0xe1000000U + number}; }

TEST(GroupMembers, Mc3_GroupOfAnotherGuestIsWanted) {
  GroupMembers members;
  members.join(kBob, kMdns, seconds{0});
  EXPECT_TRUE(members.others_want(kAlice, kMdns, seconds{1}));
  EXPECT_FALSE(members.others_want(kAlice, kOther, seconds{1}));
}

TEST(GroupMembers, Mc3_OwnMembershipDoesNotCount) {
  GroupMembers members;
  members.join(kAlice, kMdns, seconds{0});
  EXPECT_FALSE(members.others_want(kAlice, kMdns, seconds{1}));
}

TEST(GroupMembers, Mc3_MembershipEndsJustAfter260Seconds) {
  GroupMembers members;
  members.join(kBob, kMdns, seconds{10});
  EXPECT_TRUE(members.others_want(kAlice, kMdns, seconds{270}));
  EXPECT_FALSE(members.others_want(kAlice, kMdns, seconds{270} + Nanos{1}));
}

TEST(GroupMembers, Mc3_MembershipEndsWithALeaveAndWithThePort) {
  GroupMembers members;
  members.join(kBob, kMdns, seconds{0});
  members.join(kBob, kOther, seconds{0});
  members.leave(kBob, kMdns);
  EXPECT_FALSE(members.others_want(kAlice, kMdns, seconds{1}));
  EXPECT_TRUE(members.others_want(kAlice, kOther, seconds{1}));
  members.forget(kBob);
  EXPECT_FALSE(members.others_want(kAlice, kOther, seconds{1}));
}

TEST(GroupMembers, Mc3_HostsGroupIsWanted) {
  GroupMembers members;
  members.set_host_groups(std::span(&kMdns, 1));
  EXPECT_TRUE(members.others_want(kAlice, kMdns, seconds{1000}));
  members.set_host_groups({});
  EXPECT_FALSE(members.others_want(kAlice, kMdns, seconds{1000}));
}

TEST(GroupMembers, TooManyGroupsCostTheirPortItsOldestOnly) {
  GroupMembers members;
  members.join(kBob, kMdns, seconds{0});
  for (std::uint32_t n = 0; n <= GroupMembers::kPortGroups; ++n) {
    members.join(kAlice, group(n), seconds{1 + n});
  }
  EXPECT_FALSE(members.others_want(kBob, group(0), seconds{70}));
  EXPECT_TRUE(members.others_want(kBob, group(1), seconds{70}));
  EXPECT_TRUE(members.others_want(kBob, group(GroupMembers::kPortGroups), seconds{70}));
  EXPECT_TRUE(members.others_want(kAlice, kMdns, seconds{70}));
}

}  // namespace
}  // namespace laneway

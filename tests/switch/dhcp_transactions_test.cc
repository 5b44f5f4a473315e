#include "switch/dhcp_transactions.h"

#include <gtest/gtest.h>

#include "switch/limits.h"

namespace laneway {
namespace {

using std::chrono::seconds;

constexpr PortId kA{2};
constexpr PortId kB{3};
const MacAddress kMacA = *MacAddress::parse("52:54:00:00:00:0a");
const MacAddress kMacB = *MacAddress::parse("52:54:00:00:00:0b");

TEST(DhcpTransactions, Dhcp3_RemembersWhoAskedForSixtySeconds) {
  DhcpTransactions dhcp;
  dhcp.remember(kA, 7, kMacA, seconds{1});
  EXPECT_TRUE(dhcp.asked(kA, 7, kMacA, seconds{61}));
  EXPECT_FALSE(dhcp.asked(kA, 7, kMacA, seconds{61} + Nanos{1}));
  EXPECT_EQ(dhcp.port_of(7, kMacA, seconds{61}), kA);
  EXPECT_EQ(dhcp.port_of(7, kMacA, seconds{61} + Nanos{1}), std::nullopt);
}

TEST(DhcpTransactions, Dhcp3_OneIdOfTwoGuestsIsToldApartByTheClientsAddress) {
  DhcpTransactions dhcp;
  dhcp.remember(kA, 7, kMacA, seconds{1});
  dhcp.remember(kB, 7, kMacB, seconds{2});
  EXPECT_EQ(dhcp.port_of(7, kMacA, seconds{3}), kA);
  EXPECT_EQ(dhcp.port_of(7, kMacB, seconds{3}), kB);
  EXPECT_EQ(dhcp.port_of(7, seconds{3}), kB) << "the newest";
  EXPECT_FALSE(dhcp.asked(kB, 7, kMacA, seconds{3}));
}

TEST(DhcpTransactions, ThirtyTwoAPortTheOldestGoesAndNobodyElsesDoes) {
  DhcpTransactions dhcp;
  dhcp.remember(kB, 1000, kMacB, seconds{0});
  for (std::uint32_t xid = 0; xid <= limits::kDhcpTransactions; ++xid) {
    dhcp.remember(kA, xid, kMacA, seconds{xid});
  }
  EXPECT_FALSE(dhcp.asked(kA, 0, kMacA, seconds{32}));
  EXPECT_TRUE(dhcp.asked(kA, 1, kMacA, seconds{32}));
  EXPECT_TRUE(dhcp.asked(kB, 1000, kMacB, seconds{32}));
}

TEST(DhcpTransactions, RepeatedQuestionTakesNoSecondPlace) {
  DhcpTransactions dhcp;
  dhcp.remember(kA, 1, kMacA, seconds{0});
  for (int n = 0; n < 100; ++n) dhcp.remember(kA, 2, kMacA, seconds{1});
  EXPECT_TRUE(dhcp.asked(kA, 1, kMacA, seconds{1}));
}

TEST(DhcpTransactions, NothingIsLeftOfAPortThatIsGone) {
  DhcpTransactions dhcp;
  dhcp.remember(kA, 1, kMacA, seconds{0});
  dhcp.forget(kA);
  EXPECT_EQ(dhcp.port_of(1, seconds{0}), std::nullopt);
}

}  // namespace
}  // namespace laneway

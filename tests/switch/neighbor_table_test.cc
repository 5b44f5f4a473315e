#include "switch/neighbor_table.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace laneway {
namespace {

using Bound = NeighborTable::Bound;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr PortId kA{2};
constexpr PortId kB{3};
const MacAddress kMacA = *MacAddress::parse("52:54:00:00:00:0a");
const MacAddress kMacB = *MacAddress::parse("52:54:00:00:00:0b");

IpAddress v4(std::uint32_t n) { return Ipv4Address{0x0a000000U + n}; }
IpAddress v6(std::uint32_t n) {
  Ipv6Address address = *Ipv6Address::parse("fe80::");
  for (std::size_t at = 0; at < 4; ++at) {
    address.octets[15 - at] = static_cast<std::uint8_t>(n >> (8 * at));
  }
  return address;
}

struct Watcher : NeighborObserver {
  std::vector<Neighbor> seen;
  std::vector<Neighbor> lost;
  std::vector<std::optional<PortId>> refusals;  // the owner's port
  void changed(const Neighbor& entry) noexcept override { seen.push_back(entry); }
  void gone(const Neighbor& entry) noexcept override { lost.push_back(entry); }
  void refused(const Claim&, const Neighbor* owner) noexcept override {
    refusals.push_back(owner == nullptr ? std::nullopt : std::optional(owner->port));
  }
};

class NeighborTableTest : public testing::Test {
 protected:
  NeighborTableTest() {
    table.add_port(kA, limits::kPortBindings);
    table.add_port(kB, limits::kPortBindings);
    table.set_observer(&watcher);
  }
  Claim a(const IpAddress& address) const { return {address, kMacA, kA}; }
  Claim b(const IpAddress& address) const { return {address, kMacB, kB}; }
  Bound arp(const Claim& claim, Nanos now) { return table.valid(claim, NeighborOrigin::Arp, now); }
  // One tick; returns the addresses probed, answered by nobody.
  std::vector<IpAddress> tick(Nanos now, std::size_t budget = 100) {
    std::vector<IpAddress> probed;
    table.tick(now, budget, [&](const Neighbor& entry) {
      probed.push_back(entry.address);
      return true;
    });
    return probed;
  }
  NeighborState state(const IpAddress& address) { return table.find(address)->state; }

  Watcher watcher;
  NeighborTable table{1};
};

TEST_F(NeighborTableTest, TentativeIsAskedJustAfterTenSecondsAndGoneThreeSecondsLater) {
  EXPECT_EQ(table.tentative(a(v4(1)), 7, seconds{1}), Bound::New);
  EXPECT_TRUE(tick(seconds{11}).empty()) << "never while its owner tests the address";
  EXPECT_EQ(table.find(v4(1))->nonce_hash, 7U);
  const Nanos asked = seconds{11} + Nanos{1};
  EXPECT_EQ(tick(asked), std::vector{v4(1)});
  EXPECT_EQ(tick(asked + seconds{1}).size(), 1U);
  EXPECT_EQ(tick(asked + seconds{2}).size(), 1U);
  EXPECT_EQ(state(v4(1)), NeighborState::Tentative);
  tick(asked + seconds{3});
  EXPECT_EQ(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, TentativeThatAnswersIsValid) {
  table.tentative(a(v4(1)), 0, seconds{1});
  EXPECT_EQ(tick(seconds{12}).size(), 1U);
  arp(a(v4(1)), seconds{13});
  EXPECT_TRUE(tick(seconds{20}).empty());
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, TentativeThatIsTestedAgainIsNotAsked) {
  table.tentative(a(v4(1)), 0, seconds{1});
  EXPECT_EQ(tick(seconds{12}).size(), 1U);
  table.tentative(a(v4(1)), 0, seconds{13});
  EXPECT_TRUE(tick(seconds{20}).empty());
  EXPECT_EQ(state(v4(1)), NeighborState::Tentative);
}

TEST_F(NeighborTableTest, TentativeThatSpeaksIsValid) {
  table.tentative(a(v4(1)), 0, seconds{1});
  EXPECT_EQ(arp(a(v4(1)), seconds{2}), Bound::Known);
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, TentativeThatSendsDataIsUnverifiedAndProbed) {
  table.tentative(a(v4(1)), 0, seconds{1});
  EXPECT_EQ(table.unverified(a(v4(1)), seconds{2}), Bound::Known);
  EXPECT_EQ(state(v4(1)), NeighborState::Unverified);
  EXPECT_EQ(tick(seconds{2}), std::vector{v4(1)});
}

TEST_F(NeighborTableTest, UnverifiedIsProbedThreeTimesASecondApartAndKept) {
  table.unverified(a(v4(1)), seconds{1});
  EXPECT_EQ(tick(seconds{1}).size(), 1U);
  EXPECT_EQ(tick(seconds{2} - Nanos{1}).size(), 0U);
  EXPECT_EQ(tick(seconds{2}).size(), 1U);
  EXPECT_EQ(tick(seconds{3}).size(), 1U);
  EXPECT_EQ(tick(seconds{10}).size(), 0U);
  EXPECT_EQ(state(v4(1)), NeighborState::Unverified);
}

TEST_F(NeighborTableTest, UnverifiedEndsAfterSixtySecondsIdle) {
  table.unverified(a(v4(1)), seconds{0});
  table.unverified(a(v4(1)), seconds{30});
  tick(seconds{90});
  EXPECT_NE(table.find(v4(1)), nullptr);
  tick(seconds{90} + Nanos{1});
  EXPECT_EQ(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, ValidIsStaleJustAfterTwentyMinutesIdleAndValidByAnyFrame) {
  arp(a(v4(1)), seconds{0});
  tick(minutes{20});
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
  tick(minutes{20} + Nanos{1});
  EXPECT_EQ(state(v4(1)), NeighborState::Stale);
  table.unverified(a(v4(1)), minutes{21});
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, StaleIsProbedAfterTenMinutesAndGoneThreeSecondsLater) {
  arp(a(v4(1)), seconds{0});
  const Nanos stale = minutes{20} + seconds{1};
  tick(stale);
  EXPECT_TRUE(tick(stale + minutes{10}).empty());
  const Nanos asked = stale + minutes{10} + seconds{1};
  EXPECT_EQ(tick(asked).size(), 1U);
  EXPECT_EQ(tick(asked + seconds{1}).size(), 1U);
  EXPECT_EQ(tick(asked + seconds{2}).size(), 1U);
  tick(asked + seconds{3} - Nanos{1});
  EXPECT_NE(table.find(v4(1)), nullptr);
  tick(asked + seconds{3});
  EXPECT_EQ(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, AnswerToAProbeKeepsTheBinding) {
  arp(a(v4(1)), seconds{0});
  table.rival(v4(1), seconds{1});
  EXPECT_EQ(tick(seconds{1}).size(), 1U);
  arp(a(v4(1)), seconds{2});
  EXPECT_TRUE(tick(seconds{5}).empty());
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, Bnd1_FirstComeFirstServedTentativeIncluded) {
  table.tentative(a(v4(1)), 0, seconds{1});
  EXPECT_EQ(table.tentative(b(v4(1)), 0, seconds{1}), Bound::Taken);
  EXPECT_EQ(table.unverified(b(v4(1)), seconds{1}), Bound::Taken);
  EXPECT_EQ(arp(b(v4(1)), seconds{1}), Bound::Taken);
  EXPECT_EQ(table.find(v4(1))->port, kA);
  EXPECT_EQ(watcher.refusals, (std::vector<std::optional<PortId>>{kA, kA}));
}

TEST_F(NeighborTableTest, Bnd1_StaticNeitherAgesNorMoves) {
  table.valid(a(v4(1)), NeighborOrigin::Static, seconds{0});
  table.rival(v4(1), seconds{1});
  EXPECT_TRUE(tick(minutes{100}).empty());
  EXPECT_EQ(table.valid(b(v4(1)), NeighborOrigin::Dhcp, minutes{100}, minutes{200}), Bound::Taken);
  table.flush_port(kA);
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, Bnd2_SixteenTentativeTheOldestGoesFirst) {
  for (std::uint32_t n = 0; n < 17; ++n) table.tentative(a(v4(n)), 0, seconds{n});
  EXPECT_EQ(table.count(kA, Family::Ipv4), 16U);
  EXPECT_EQ(table.find(v4(0)), nullptr);
  EXPECT_NE(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, Bnd2_SixteenUnverifiedTheOldestGoesFirst) {
  for (std::uint32_t n = 0; n < 17; ++n) table.unverified(a(v4(n)), seconds{n});
  EXPECT_EQ(table.count(kA, Family::Ipv4), 16U);
  EXPECT_EQ(table.find(v4(0)), nullptr);
}

TEST_F(NeighborTableTest, Bnd2_FullQuotaEvictsTentativeThenUnverifiedThenStale) {
  arp(a(v4(1)), seconds{0});
  tick(minutes{21});  // stale
  const Nanos now = minutes{21};
  for (std::uint32_t n = 2; n < 63; ++n) arp(a(v4(n)), now);
  table.tentative(a(v4(100)), 0, now);
  table.unverified(a(v4(101)), now);
  for (const std::uint32_t gone : {100U, 101U, 1U}) {
    ASSERT_EQ(table.count(kA, Family::Ipv4), 64U);
    EXPECT_NE(table.find(v4(gone)), nullptr);
    EXPECT_EQ(arp(a(v4(200 + gone)), now), Bound::New);
    EXPECT_EQ(table.find(v4(gone)), nullptr);
  }
  EXPECT_EQ(arp(a(v4(400)), now), Bound::Refused);
  EXPECT_EQ(watcher.refusals.back(), std::nullopt);
}

TEST_F(NeighborTableTest, F05_ThousandsOfClaimsFillOnesOwnShareAlone) {
  std::size_t refused = 0;
  for (std::uint32_t n = 0; n < 10000; ++n) refused += arp(a(v4(n)), seconds{1}) == Bound::Refused;
  EXPECT_EQ(refused, 10000U - limits::kPortBindings);
  EXPECT_EQ(arp(b(v4(20000)), seconds{1}), Bound::New);
}

TEST_F(NeighborTableTest, F06_NewGuestFindsItsReservedShareInAFullTable) {
  std::uint8_t port = 4;
  std::uint32_t n = 0;
  for (; port < 40; ++port) {
    table.add_port(PortId{port}, 64);
    for (int i = 0; i < 64; ++i) arp({v4(n++), kMacA, PortId{port}}, seconds{1});
  }
  EXPECT_LE(table.size(), limits::kBindings + limits::kReserved * 38);
  ASSERT_TRUE(table.add_port(PortId{port}, 64));
  for (std::size_t i = 0; i < limits::kReserved; ++i) {
    EXPECT_EQ(arp({v4(n++), kMacB, PortId{port}}, seconds{1}), Bound::New);
  }
  EXPECT_EQ(arp({v4(n++), kMacB, PortId{port}}, seconds{1}), Bound::Refused);
}

TEST_F(NeighborTableTest, F06_EveryOneOf128GuestsHasEightAFamily) {
  NeighborTable full(1);
  std::uint32_t n = 0;
  for (std::uint8_t port = 0; port < 128; ++port) ASSERT_TRUE(full.add_port(PortId{port}, 64));
  EXPECT_FALSE(full.add_port(PortId{128}, 64));
  for (std::uint8_t port = 0; port < 128; ++port) {
    for (int i = 0; i < 9; ++i, ++n) {
      const Bound expected = i < 8 ? Bound::New : Bound::Refused;
      EXPECT_EQ(full.valid({v4(n), kMacA, PortId{port}}, NeighborOrigin::Arp, seconds{1}),
                expected);
      EXPECT_EQ(full.valid({v6(n), kMacA, PortId{port}}, NeighborOrigin::Nd, seconds{1}), expected);
    }
  }
  EXPECT_EQ(full.size(), 2 * limits::kBindings);
}

TEST_F(NeighborTableTest, Bnd3_DetachDeletesAtOnceAndGivesThePlacesBack) {
  for (std::uint32_t n = 0; n < 64; ++n) arp(a(v4(n)), seconds{1});
  table.remove_port(kA);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(watcher.lost.size(), 64U);
  EXPECT_EQ(arp(a(v4(1)), seconds{1}), Bound::Refused) << "nothing is bound to a port that is gone";
}

TEST_F(NeighborTableTest, Bnd4_BindingTakesTheNewMacAtTheNextEvidence) {
  arp(a(v4(1)), seconds{1});
  table.unverified({v4(1), kMacB, kA}, seconds{2});
  EXPECT_EQ(table.find(v4(1))->mac, kMacA);
  arp({v4(1), kMacB, kA}, seconds{3});
  EXPECT_EQ(table.find(v4(1))->mac, kMacB);
  EXPECT_EQ(watcher.seen.size(), 2U);
}

TEST_F(NeighborTableTest, Bnd5_SilentOwnerLosesItsAddressThreeSecondsAfterARivalsClaim) {
  arp(a(v4(1)), seconds{0});
  table.rival(v4(1), seconds{5});
  for (int second = 5; second < 8; ++second) EXPECT_EQ(tick(seconds{second}).size(), 1U);
  EXPECT_EQ(arp(b(v4(1)), seconds{8} - Nanos{1}), Bound::Taken);
  tick(seconds{8});
  EXPECT_EQ(arp(b(v4(1)), seconds{8}), Bound::New);
}

TEST_F(NeighborTableTest, Bnd5_DataIsASignOfLife) {
  arp(a(v4(1)), seconds{0});
  table.rival(v4(1), seconds{5});
  tick(seconds{5});
  table.unverified(a(v4(1)), seconds{6});
  EXPECT_TRUE(tick(seconds{9}).empty());
  EXPECT_NE(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, C13_RepeatedDadIsASignOfLife) {
  arp(a(v4(1)), seconds{0});
  table.rival(v4(1), seconds{5});
  tick(seconds{5});
  table.tentative(a(v4(1)), 0, seconds{6});
  EXPECT_TRUE(tick(seconds{9}).empty());
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
}

TEST_F(NeighborTableTest, Bnd5_RivalsTryAnOwnerOnceInTenSeconds) {
  arp(a(v4(1)), seconds{0});
  table.rival(v4(1), seconds{5});
  arp(a(v4(1)), seconds{6});
  table.rival(v4(1), seconds{15} - Nanos{1});
  EXPECT_TRUE(tick(seconds{15} - Nanos{1}).empty());
  table.rival(v4(1), seconds{15});
  EXPECT_EQ(tick(seconds{15}).size(), 1U);
}

TEST_F(NeighborTableTest, UnusedLeaseEndsAtItsEnd) {
  table.valid(a(v4(1)), NeighborOrigin::Dhcp, seconds{0}, minutes{60});
  tick(minutes{60} - Nanos{1});
  EXPECT_EQ(state(v4(1)), NeighborState::Valid);
  tick(minutes{60});
  EXPECT_EQ(table.find(v4(1)), nullptr);
}

TEST_F(NeighborTableTest, UsedLeaseOutlivesItsEndAsWhatWasSpoken) {
  table.valid(a(v4(1)), NeighborOrigin::Dhcp, seconds{0}, minutes{60});
  table.unverified(a(v4(1)), minutes{59});
  EXPECT_EQ(table.find(v4(1))->origin, NeighborOrigin::Dhcp);
  tick(minutes{60});
  ASSERT_NE(table.find(v4(1)), nullptr);
  EXPECT_EQ(table.find(v4(1))->origin, NeighborOrigin::Arp);
}

TEST_F(NeighborTableTest, Dhcp6_LeaseTakesWhatIsOnlyTentativeOrUnverifiedElsewhere) {
  table.tentative(a(v4(1)), 0, seconds{1});
  table.unverified(a(v4(2)), seconds{1});
  arp(a(v4(3)), seconds{1});
  const auto lease = [&](std::uint32_t n) {
    return table.valid(b(v4(n)), NeighborOrigin::Dhcp, seconds{2}, minutes{60});
  };
  EXPECT_EQ(lease(1), Bound::New);
  EXPECT_EQ(lease(2), Bound::New);
  EXPECT_EQ(lease(3), Bound::Taken);
}

TEST_F(NeighborTableTest, ProbesOverTheBudgetWait) {
  for (std::uint32_t n = 0; n < 10; ++n) table.unverified(a(v4(n)), seconds{1});
  std::set<IpAddress> probed;
  for (int round = 0; round < 2; ++round) {
    const auto asked = tick(seconds{1}, 5);
    EXPECT_EQ(asked.size(), 5U);
    probed.insert(asked.begin(), asked.end());
  }
  EXPECT_EQ(probed.size(), 10U);
}

TEST_F(NeighborTableTest, ProbeThatCouldNotBeSentIsDueAgain) {
  table.unverified(a(v4(1)), seconds{1});
  table.tick(seconds{1}, 5, [](const Neighbor&) { return false; });
  EXPECT_EQ(table.find(v4(1))->probes_left, limits::kProbes);
  EXPECT_EQ(tick(seconds{1}).size(), 1U);
}

TEST_F(NeighborTableTest, Arp6_FourAnnouncementsThenOneInTenSeconds) {
  arp(a(v4(1)), seconds{1});
  int allowed = 0;
  for (int n = 0; n < 100; ++n) allowed += table.may_announce(v4(1), seconds{1}) ? 1 : 0;
  EXPECT_EQ(allowed, 4);
  EXPECT_FALSE(table.may_announce(v4(1), seconds{11} - Nanos{1}));
  EXPECT_TRUE(table.may_announce(v4(1), seconds{11}));
  EXPECT_FALSE(table.may_announce(v4(1), seconds{11}));
}

TEST_F(NeighborTableTest, FindsPortsByTheLow24BitsOfAnIpv6Address) {
  table.tentative(a(v6(0x11000001)), 0, seconds{1});
  table.valid(b(v6(0x22000001)), NeighborOrigin::Nd, seconds{1});
  arp(a(v4(1)), seconds{1});
  std::set<PortId> found;
  table.ports_with_low_24(1, [&](PortId port) { found.insert(port); });
  EXPECT_EQ(found, (std::set{kA, kB}));
}

TEST_F(NeighborTableTest, VersionRisesWithNewsAndNotWithUse) {
  arp(a(v4(1)), seconds{1});
  const std::uint64_t before = table.version();
  table.unverified(a(v4(1)), seconds{9});
  arp(a(v4(1)), seconds{9});
  EXPECT_EQ(table.version(), before);
  table.remove(v4(1));
  EXPECT_GT(table.version(), before);
}

TEST_F(NeighborTableTest, RemoveAllKeepsStaticOnesIfAsked) {
  table.valid(a(v4(1)), NeighborOrigin::Static, seconds{0});
  arp(a(v4(2)), seconds{0});
  EXPECT_EQ(table.remove_all(true), 1U);
  EXPECT_EQ(table.remove_all(false), 1U);
}

TEST(NonceHash, IsNeverZeroAndTellsNoncesApart) {
  std::set<std::uint32_t> hashes;
  for (std::uint8_t n = 0; n < 200; ++n) {
    const std::array<std::byte, 6> nonce{std::byte{n}};
    hashes.insert(nonce_hash(nonce));
  }
  EXPECT_EQ(hashes.size(), 200U);
  EXPECT_NE(nonce_hash({}), 0U);
}

}  // namespace
}  // namespace laneway

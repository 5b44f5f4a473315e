#include "switch/mac_table.h"

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "switch/error.h"
#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::station;
using Learned = MacTable::Learned;

constexpr PortId kLeft{1};
constexpr PortId kRight{2};
constexpr VlanId kShared{};
const MacAddress kAlice = station(0xa11ce);

Learned learn(MacTable& table, MacAddress mac, PortId port, Nanos now = {},
              std::uint32_t limit = 0) {
  return table.learn(mac, kShared, port, limit, now).what;
}

TEST(MacTable, StationIsFoundWhereItWasLastHeard) {
  MacTable table(16, seconds{300}, 1);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kNoPort);
  EXPECT_EQ(learn(table, kAlice, kLeft), Learned::New);
  EXPECT_EQ(learn(table, kAlice, kLeft), Learned::Known);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kLeft);
  const auto moved = table.learn(kAlice, kShared, kRight, 0, {});
  EXPECT_EQ(moved.what, Learned::Moved);
  EXPECT_EQ(moved.before, kLeft);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kRight);
  EXPECT_EQ(table.learnt(kLeft), 0U);
  EXPECT_EQ(table.learnt(kRight), 1U);
}

TEST(MacTable, TheSameAddressOnTwoVlansIsTwoStations) {
  MacTable table(16, seconds{300}, 1);
  table.learn(kAlice, VlanId{1}, kLeft, 0, {});
  table.learn(kAlice, VlanId{4095}, kRight, 0, {});
  EXPECT_EQ(table.lookup(kAlice, VlanId{1}, {}), kLeft);
  EXPECT_EQ(table.lookup(kAlice, VlanId{4095}, {}), kRight);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kNoPort);
}

TEST(MacTable, SilentStationIsForgottenJustAfterMaxAge) {
  for (const Nanos start :
       {Nanos{0}, Nanos{seconds{17}}, Nanos{1048575}, Nanos{std::chrono::hours{30}}}) {
    MacTable table(16, seconds{300}, 1);
    learn(table, kAlice, kLeft, start);
    const Nanos last = start + seconds{300};
    EXPECT_EQ(table.lookup(kAlice, kShared, last), kLeft);
    EXPECT_EQ(table.age(last, table.slots()), 0U);
    EXPECT_EQ(table.lookup(kAlice, kShared, last + table.precision()), kNoPort);
    EXPECT_EQ(table.age(last + table.precision(), table.slots()), 1U);
    EXPECT_EQ(table.size(), 0U);
  }
}

TEST(MacTable, LongAgesAreKeptToo) {
  const Nanos age = std::chrono::hours{24 * 365};
  MacTable table(16, age, 1);
  learn(table, kAlice, kLeft, seconds{5});
  EXPECT_EQ(table.lookup(kAlice, kShared, seconds{5} + age), kLeft);
  EXPECT_EQ(table.lookup(kAlice, kShared, seconds{5} + age + table.precision()), kNoPort);
}

TEST(MacTable, WithoutAnAgeNobodyIsForgotten) {
  MacTable table(16, Nanos{0}, 1);
  learn(table, kAlice, kLeft);
  EXPECT_EQ(table.age(std::chrono::hours{100000}, table.slots()), 0U);
  EXPECT_EQ(table.lookup(kAlice, kShared, std::chrono::hours{100000}), kLeft);
}

TEST(MacTable, AStationThatIsTooOldIsNewWhenItSpeaksAgain) {
  MacTable table(16, seconds{300}, 1);
  learn(table, kAlice, kLeft);
  EXPECT_EQ(learn(table, kAlice, kRight, seconds{400}), Learned::New);
  EXPECT_EQ(table.counters().aged.get(), 1U);
  EXPECT_EQ(table.counters().learnt.get(), 2U);
  EXPECT_EQ(table.counters().moved.get(), 0U);
}

TEST(MacTable, OneWalkMeetsOnlySoManySlots) {
  MacTable table(4096, seconds{1}, 1);
  for (std::uint32_t n = 0; n < 1000; ++n) learn(table, station(n), kLeft);
  std::size_t gone = table.age(seconds{5}, table.slots() / 2);
  EXPECT_GT(gone, 300U);
  EXPECT_LT(gone, 700U);
  gone += table.age(seconds{5}, table.slots() - table.slots() / 2);
  EXPECT_EQ(gone, 1000U);
}

TEST(MacTable, ForgedSourcesCannotEvictAStation) {
  MacTable table(16, seconds{300}, 1);
  learn(table, kAlice, kLeft);
  for (std::uint32_t n = 0; n < 1000; ++n) learn(table, station(n), kRight);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kLeft);
  EXPECT_EQ(table.size(), 16U);
  EXPECT_EQ(table.counters().refused.get(), 985U);
}

TEST(MacTable, APortMayLearnUpToItsLimitAndMovesCountForIt) {
  MacTable table(64, seconds{300}, 1);
  EXPECT_EQ(learn(table, station(1), kLeft, {}, 2), Learned::New);
  EXPECT_EQ(learn(table, station(2), kLeft, {}, 2), Learned::New);
  EXPECT_EQ(learn(table, station(3), kLeft, {}, 2), Learned::PortFull);
  EXPECT_EQ(learn(table, station(1), kLeft, {}, 2), Learned::Known);
  EXPECT_EQ(learn(table, station(4), kRight), Learned::New);
  EXPECT_EQ(learn(table, station(4), kLeft, {}, 2), Learned::PortFull);
  EXPECT_EQ(table.lookup(station(4), kShared, {}), kRight);
  EXPECT_EQ(learn(table, station(2), kRight), Learned::Moved);
  EXPECT_EQ(learn(table, station(3), kLeft, {}, 2), Learned::New);
}

TEST(MacTable, APinnedAddressNeitherMovesNorAges) {
  MacTable table(16, seconds{300}, 1);
  ASSERT_TRUE(table.pin(kAlice, kShared, kLeft, MacKind::Pinned));
  const auto claim = table.learn(kAlice, kShared, kRight, 0, {});
  EXPECT_EQ(claim.what, Learned::Claimed);
  EXPECT_EQ(claim.before, kLeft);
  EXPECT_EQ(learn(table, kAlice, kLeft), Learned::Known);
  EXPECT_EQ(table.learnt(kLeft), 0U);
  EXPECT_FALSE(table.pin(kAlice, kShared, kRight, MacKind::Pinned));
  EXPECT_TRUE(table.pin(kAlice, kShared, kLeft, MacKind::Static));
  EXPECT_EQ(table.age(std::chrono::hours{3}, table.slots()), 0U);
  EXPECT_EQ(table.lookup(kAlice, kShared, std::chrono::hours{3}), kLeft);
  EXPECT_EQ(table.pinned(kAlice), kLeft);
  EXPECT_TRUE(table.remove(kAlice, kShared));
  EXPECT_FALSE(table.remove(kAlice, kShared));
  EXPECT_EQ(table.pinned(kAlice), kNoPort);
}

TEST(MacTable, PinningTakesALearntAddressAway) {
  MacTable table(16, seconds{300}, 1);
  learn(table, kAlice, kRight);
  EXPECT_EQ(table.pinned(kAlice), kNoPort);
  ASSERT_TRUE(table.pin(kAlice, kShared, kLeft, MacKind::Pinned));
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kLeft);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.counters().flushed.get(), 1U);
}

TEST(MacTable, PinnedAddressesFindRoomInAFullTable) {
  MacTable table(16, seconds{300}, 1);
  for (std::uint32_t n = 0; n < 16; ++n) learn(table, station(n), kRight);
  for (std::uint32_t n = 0; n < MacTable::kPinnedRoom; ++n) {
    ASSERT_TRUE(table.pin(station(1000 + n), kShared, kLeft, MacKind::Pinned)) << n;
  }
  EXPECT_FALSE(table.pin(station(9999), kShared, kLeft, MacKind::Pinned));
  EXPECT_EQ(table.learnt(kRight), 16U);
}

TEST(MacTable, AnAddressThatIsNobodysIsClaimedFromEveryPort) {
  MacTable table(16, seconds{300}, 1);
  ASSERT_TRUE(table.pin(kAlice, kShared, kNoPort, MacKind::Static));
  EXPECT_EQ(learn(table, kAlice, kLeft), Learned::Claimed);
  EXPECT_EQ(table.lookup(kAlice, kShared, {}), kNoPort);
}

TEST(MacTable, FlushTakesAPortsStationsAlone) {
  MacTable table(64, seconds{300}, 1);
  for (std::uint32_t n = 0; n < 10; ++n) learn(table, station(n), n < 4 ? kLeft : kRight);
  table.pin(kAlice, kShared, kLeft, MacKind::Pinned);
  EXPECT_EQ(table.flush(kLeft, false), 4U);
  EXPECT_EQ(table.pinned(kAlice), kLeft);
  EXPECT_EQ(table.flush(kLeft, true), 0U);
  EXPECT_EQ(table.pinned(kAlice), kNoPort);
  EXPECT_EQ(table.flush(kNoPort, true), 6U);
  EXPECT_EQ(table.size(), 0U);
}

TEST(MacTable, VisitShowsEveryEntryOnce) {
  MacTable table(256, seconds{300}, 1);
  for (std::uint32_t n = 0; n < 200; ++n) learn(table, station(n), kLeft, seconds{n});
  learn(table, station(7), kRight, seconds{207});
  table.pin(kAlice, VlanId{12}, kRight, MacKind::Static);
  std::map<MacAddress, MacEntry> seen;
  for (std::size_t at = 0; at < table.slots();) {
    at =
        table.visit(at, 100, seconds{250}, [&](const MacEntry& entry) { seen[entry.mac] = entry; });
  }
  ASSERT_EQ(seen.size(), 201U);
  EXPECT_EQ(seen[station(7)].moves, 1U);
  EXPECT_EQ(seen[station(7)].port, kRight);
  EXPECT_EQ(seen[station(8)].moves, 0U);
  EXPECT_LT(seconds{8} - seen[station(8)].seen, table.precision());
  EXPECT_EQ(seen[kAlice].kind, MacKind::Static);
  EXPECT_EQ(seen[kAlice].vlan, VlanId{12});
}

TEST(MacTable, LimitsOutsideTheRangeAreRefused) {
  EXPECT_THROW(MacTable(MacTable::kMinLimit - 1, Nanos{0}, 1), Error);
  EXPECT_THROW(MacTable(MacTable::kMaxLimit + 1, Nanos{0}, 1), Error);
}

// Consecutive addresses, and such that differ in one octet only, fill a table to its limit.
TEST(MacTable, AFullTableRefusesFewerThanOneInTenThousandTooEarly) {
  constexpr std::uint32_t kStations = 1U << 16;
  for (const std::uint64_t stride : {1ULL, 256ULL, 65536ULL, 1ULL << 24}) {
    for (const std::uint64_t seed : {0ULL, 0xfeedULL}) {
      MacTable table(kStations, Nanos{0}, seed);
      std::uint32_t refused = 0;
      for (std::uint64_t n = 0; n < kStations; ++n) {
        const auto mac = MacAddress::from_number((n * stride + 0x020000000000U) & 0xfeffffffffffU);
        if (learn(table, mac, kLeft) == Learned::Refused) ++refused;
      }
      EXPECT_LT(refused, kStations / 10000) << "stride " << stride << " seed " << seed;
    }
  }
}

// In which bucket each of `stations` lies in a table of this seed.
std::map<MacAddress, std::size_t> buckets_of(std::span<const MacAddress> stations,
                                             std::uint64_t seed) {
  constexpr std::size_t kBucketSlots = 5;
  MacTable table(4096, Nanos{0}, seed);
  for (const MacAddress& mac : stations) learn(table, mac, kLeft);
  std::map<MacAddress, std::size_t> buckets;
  for (std::size_t at = 0; at < table.slots();) {
    const std::size_t bucket = at / kBucketSlots;
    at = table.visit(at, kBucketSlots, {},
                     [&](const MacEntry& entry) { buckets[entry.mac] = bucket; });
  }
  return buckets;
}

// An attacker who knew one table's seed could aim at a bucket of it, but not at one of another
// table.
TEST(MacTable, AddressesChosenAgainstOneSeedSpreadUnderAnother) {
  std::vector<MacAddress> chosen;
  for (std::uint32_t round = 0; round < 40 && chosen.size() < 20; ++round) {
    std::vector<MacAddress> stations;
    for (std::uint32_t n = 0; n < 4096; ++n) stations.push_back(station(round * 4096 + n));
    for (const auto& [mac, bucket] : buckets_of(stations, 42)) {
      if (bucket == 17) chosen.push_back(mac);
    }
  }
  ASSERT_GE(chosen.size(), 20U);
  std::map<std::size_t, int> spread;
  for (const auto& [mac, bucket] : buckets_of(chosen, 43)) ++spread[bucket];
  EXPECT_GE(spread.size(), chosen.size() - 2);
}

// The twin: a map from (address, VLAN), which forgets when the table does.
class Twin {
 public:
  explicit Twin(Nanos max_age) : max_age_(max_age) {}

  struct Entry {
    PortId port;
    Nanos seen;
    bool pinned;
  };
  using Key = std::tuple<MacAddress, VlanId>;

  const Entry* find(const Key& key, Nanos now) const {
    const auto at = entries.find(key);
    if (at == entries.end()) return nullptr;
    return at->second.pinned || now - at->second.seen <= max_age_ ? &at->second : nullptr;
  }
  std::size_t learnt(Nanos now) const {
    return static_cast<std::size_t>(std::count_if(
        entries.begin(), entries.end(),
        [&](const auto& one) { return !one.second.pinned && now - one.second.seen <= max_age_; }));
  }
  std::map<Key, Entry> entries;

 private:
  Nanos max_age_;
};

// Whole seconds, and an age half a second off them: nothing here falls between the two precisions.
TEST(MacTable, HundredThousandRandomOperationsAgreeWithAMap) {
  const Nanos age = seconds{60} + milliseconds{500};
  MacTable table(4096, age, 99);
  Twin twin(age);
  std::mt19937 engine(2026);
  const auto random = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(engine()) % below;
  };
  Nanos now{};
  for (int n = 0; n < 100000; ++n) {
    if (random(50) == 0) now += seconds{random(20)};
    const Twin::Key key{station(random(300)), VlanId(random(3))};
    const auto& [mac, vlan] = key;
    const auto port = PortId(random(5));
    const Twin::Entry* was = twin.find(key, now);
    switch (random(12)) {
      case 0:
        ASSERT_EQ(table.remove(mac, vlan) && was != nullptr, was != nullptr);
        twin.entries.erase(key);
        break;
      case 1: {
        const bool may = (was == nullptr || !was->pinned || was->port == port) && (random(4) == 0);
        if (!may) break;
        ASSERT_TRUE(table.pin(mac, vlan, port, MacKind::Pinned));
        twin.entries[key] = {port, now, true};
        break;
      }
      case 2:
        table.age(now, random(3000));
        break;
      case 3:
        if (random(200) != 0) break;
        table.flush(port, false);
        std::erase_if(twin.entries, [&](const auto& one) {
          return !one.second.pinned && one.second.port == port;
        });
        break;
      case 4:
      case 5:
      case 6: {
        const auto learning = table.learn(mac, vlan, port, 0, now);
        const Learned want = was == nullptr      ? Learned::New
                             : was->port == port ? Learned::Known
                             : was->pinned       ? Learned::Claimed
                                                 : Learned::Moved;
        ASSERT_EQ(learning.what, want) << "operation " << n;
        if (want == Learned::Moved) {
          ASSERT_EQ(learning.before, was->port);
        }
        if (want != Learned::Claimed)
          twin.entries[key] = {port, now, was != nullptr && was->pinned};
        break;
      }
      default:
        ASSERT_EQ(table.lookup(mac, vlan, now), was == nullptr ? kNoPort : was->port)
            << "operation " << n;
    }
  }
  table.age(now, table.slots());
  std::size_t learnt = 0;
  for (int port = 0; port < 5; ++port) learnt += table.learnt(PortId(port));
  EXPECT_EQ(learnt, twin.learnt(now));
  const MacCounters& counters = table.counters();
  EXPECT_EQ(learnt, counters.learnt.get() - counters.aged.get() - counters.flushed.get());
}

}  // namespace
}  // namespace laneway

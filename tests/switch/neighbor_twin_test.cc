// Random operations on the neighbor table and on a naive twin that shares no code with it.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "switch/neighbor_table.h"

namespace laneway {
namespace {

using Bound = NeighborTable::Bound;
using State = NeighborState;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kPorts = 12;
constexpr std::size_t kPortLimit = 24;

struct Entry {
  PortId port{};
  MacAddress mac;
  State state{};
  bool is_static = false;
  bool spoke = false;
  bool tried = false;
  int probes = 0;
  Nanos since{}, used{}, probe_at{}, next_rival{};
  std::optional<Nanos> lease;
  std::uint64_t order = 0;  // of entering its state
};

class Twin {
 public:
  std::map<IpAddress, Entry> entries;

  Bound tentative(const Claim& claim, Nanos now) {
    auto at = entries.find(claim.address);
    if (at != entries.end() && at->second.port != claim.port) return Bound::Taken;
    if (at != entries.end()) {
      if (at->second.state != State::Tentative) return live(at->second, now);
      at->second.tried = false;
      at->second.probes = 0;
      enter(at->second, State::Tentative, now);
      return Bound::Known;
    }
    return add(claim, State::Tentative, now) != nullptr ? Bound::New : Bound::Refused;
  }

  Bound unverified(const Claim& claim, Nanos now) {
    auto at = entries.find(claim.address);
    bool known = at != entries.end();
    if (known && at->second.port != claim.port) return Bound::Taken;
    if (known && at->second.state != State::Tentative) {
      return live(at->second, now);
    }
    if (known) entries.erase(at);
    Entry* entry = add(claim, State::Unverified, now);
    if (entry == nullptr) return Bound::Refused;
    entry->spoke = true;
    entry->probes = 3;
    entry->probe_at = now;
    return known ? Bound::Known : Bound::New;
  }

  Bound valid(const Claim& claim, NeighborOrigin origin, Nanos now, std::optional<Nanos> lease) {
    auto at = entries.find(claim.address);
    if (at != entries.end() && at->second.port != claim.port) {
      const bool weak =
          at->second.state == State::Tentative || at->second.state == State::Unverified;
      if (!lease || !weak) return Bound::Taken;
      entries.erase(at);
      at = entries.end();
    }
    const bool known = at != entries.end();
    Entry* entry = known ? &at->second : add(claim, State::Valid, now);
    if (entry == nullptr) return Bound::Refused;
    if (lease || !known) entry->lease = lease;
    entry->spoke = entry->spoke || origin != NeighborOrigin::Dhcp;
    entry->is_static = entry->is_static || origin == NeighborOrigin::Static;
    entry->mac = claim.mac;
    entry->used = now;
    entry->tried = false;
    entry->probes = 0;
    if (entry->state != State::Valid) enter(*entry, State::Valid, now);
    return known ? Bound::Known : Bound::New;
  }

  void rival(const IpAddress& address, Nanos now) {
    auto at = entries.find(address);
    if (at == entries.end()) return;
    Entry& entry = at->second;
    if (entry.state == State::Tentative || entry.tried || entry.is_static) return;
    if (now < entry.next_rival) return;
    entry.next_rival = now + seconds{10};
    try_owner(entry, now);
  }

  void tick(Nanos now) {
    for (auto at = entries.begin(); at != entries.end();) {
      const bool ends = !at->second.is_static && age(at->second, now);
      at = ends ? entries.erase(at) : std::next(at);
    }
  }

  void flush(PortId port, bool keep_static) {
    std::erase_if(entries, [&](const auto& at) {
      return at.second.port == port && !(keep_static && at.second.is_static);
    });
  }

  std::size_t count(PortId port, Family family, std::optional<State> state = {}) const {
    return static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), [&](const auto& at) {
          return at.second.port == port && at.first.family == family &&
                 (!state || at.second.state == *state);
        }));
  }

 private:
  std::uint64_t orders_ = 0;

  void enter(Entry& entry, State state, Nanos now) {
    entry.state = state;
    entry.since = now;
    entry.order = ++orders_;
  }

  static void try_owner(Entry& entry, Nanos now) {
    entry.tried = true;
    entry.probes = 3;
    entry.probe_at = now;
  }

  Bound live(Entry& entry, Nanos now) {
    entry.spoke = true;
    if (now - entry.used >= seconds{1}) entry.used = now;
    if (entry.tried) entry.tried = false, entry.probes = 0;
    if (entry.state == State::Stale) enter(entry, State::Valid, now);
    return Bound::Known;
  }

  // True if the entry ends.
  bool age(Entry& entry, Nanos now) {
    if (entry.tried && entry.probes == 0 && now >= entry.probe_at) return true;
    if (entry.lease && now >= *entry.lease) {
      if (!entry.spoke) return true;
      entry.lease.reset();
      entry.since = now;
    } else if (entry.state == State::Tentative) {
      if (now - entry.since > seconds{10} && !entry.tried) try_owner(entry, now);
    } else if (entry.state == State::Unverified) {
      if (now - entry.used > seconds{60}) return true;
    } else if (entry.state == State::Valid) {
      const bool waits = entry.lease && !entry.spoke;
      if (now - entry.used > minutes{20} && !waits) enter(entry, State::Stale, now);
    } else if (now - entry.since > minutes{10} && !entry.tried) {
      try_owner(entry, now);
    }
    if (entry.probes > 0 && now >= entry.probe_at) {
      --entry.probes;
      entry.probe_at = now + seconds{1};
    }
    return false;
  }

  bool evict(PortId port, Family family, State state) {
    auto oldest = entries.end();
    for (auto at = entries.begin(); at != entries.end(); ++at) {
      if (at->second.port != port || at->first.family != family || at->second.state != state)
        continue;
      if (oldest == entries.end() || at->second.order < oldest->second.order) oldest = at;
    }
    if (oldest == entries.end()) return false;
    entries.erase(oldest);
    return true;
  }

  Entry* add(const Claim& claim, State state, Nanos now) {
    const Family family = claim.address.family;
    if (state == State::Tentative && count(claim.port, family, state) >= 16) {
      evict(claim.port, family, state);
    }
    if (state == State::Unverified && count(claim.port, family, state) >= 16) {
      evict(claim.port, family, state);
    }
    while (count(claim.port, family) >= kPortLimit) {
      if (evict(claim.port, family, State::Tentative)) continue;
      if (evict(claim.port, family, State::Unverified)) continue;
      if (evict(claim.port, family, State::Stale)) continue;
      return nullptr;
    }
    Entry& entry = entries[claim.address];
    entry.port = claim.port;
    entry.mac = claim.mac;
    entry.used = now;
    enter(entry, state, now);
    return &entry;
  }
};

class TwinWalk {
 public:
  TwinWalk() {
    for (int port = 0; port < kPorts; ++port) table_.add_port(port_of(port), kPortLimit);
  }

  void step() {
    now_ += draw(20) == 0 ? Nanos{seconds{draw(200)}} : Nanos{milliseconds{draw(400)}};
    switch (draw(9)) {
      case 0:
      case 1: {
        const Claim claim = any_claim();
        expect(table_.tentative(claim, 0, now_), twin_.tentative(claim, now_));
        break;
      }
      case 2:
      case 3: {
        const Claim claim = any_claim();
        expect(table_.unverified(claim, now_), twin_.unverified(claim, now_));
        break;
      }
      case 4:
      case 5: {
        const Claim claim = any_claim();
        const auto origin = static_cast<NeighborOrigin>(draw(3));
        std::optional<Nanos> lease;
        if (origin == NeighborOrigin::Dhcp) lease = now_ + minutes{draw(90) + 1};
        expect(table_.valid(claim, origin, now_, lease), twin_.valid(claim, origin, now_, lease));
        break;
      }
      case 6: {
        const IpAddress address = any_address();
        table_.rival(address, now_);
        twin_.rival(address, now_);
        break;
      }
      case 7:
        if (draw(200) == 0) flush();
        break;
      default:
        table_.tick(now_, 10000, [](const Neighbor&) { return true; });
        twin_.tick(now_);
    }
  }

  void compare() {
    ASSERT_EQ(table_.size(), twin_.entries.size());
    for (const auto& [address, twin] : twin_.entries) {
      const Neighbor* entry = table_.find(address);
      ASSERT_NE(entry, nullptr) << to_string(address);
      ASSERT_EQ(entry->port, twin.port);
      ASSERT_EQ(entry->mac, twin.mac);
      ASSERT_EQ(entry->state, twin.state) << to_string(address);
      ASSERT_EQ(entry->used, twin.used);
      ASSERT_EQ(entry->on_trial, twin.tried);
      ASSERT_EQ(entry->lease_until, twin.lease);
    }
  }

 private:
  static PortId port_of(int n) { return PortId{static_cast<std::uint8_t>(n)}; }
  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  IpAddress any_address() {
    const auto n = static_cast<std::uint32_t>(draw(400));
    if (draw(2) == 0) return Ipv4Address{n};
    Ipv6Address address;
    address.octets[14] = static_cast<std::uint8_t>(n >> 8U);
    address.octets[15] = static_cast<std::uint8_t>(n);
    return address;
  }
  Claim any_claim() {
    const int port = draw(kPorts);
    return {any_address(), MacAddress::from_number(static_cast<std::uint64_t>(port * 2 + draw(2))),
            port_of(port)};
  }
  void flush() {
    const PortId port = port_of(draw(kPorts));
    const bool keep_static = draw(2) == 0;
    twin_.flush(port, keep_static);
    if (keep_static) return table_.flush_port(port);
    table_.remove_port(port);
    table_.add_port(port, kPortLimit);
  }
  void expect(Bound ours, Bound theirs) { EXPECT_EQ(ours, theirs) << "at " << now_.count(); }

  std::mt19937 random_{20};
  Nanos now_{};
  NeighborTable table_{3};
  Twin twin_;
};

TEST(NeighborTableTwin, AHundredThousandRandomOperationsAgree) {
  TwinWalk walk;
  for (int step = 0; step < 100000; ++step) {
    walk.step();
    if (step % 1000 == 0) walk.compare();
    ASSERT_FALSE(testing::Test::HasFailure()) << "step " << step;
  }
}

}  // namespace
}  // namespace laneway

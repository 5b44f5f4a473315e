// switch/mac_table.h: the filtering database of a learning bridge (IEEE 802.1Q-2018 section 8.8).
//
// Remembers on which port each station was last heard, so that a frame for it need not be flooded.
// Keyed by VLAN and address (shared learning uses VLAN 0 for all).
//
// Invariants:
//   (1) A group or zero address is never stored; an address and VLAN occupy at most one slot.
//   (2) Nothing allocates after the constructor. A full table refuses the newcomer and keeps what
//   it
//       has, so forged sources evict nobody.
//   (3) A pinned or static entry neither ages nor moves, and always finds room: such entries are
//       counted apart and may be kPinnedRoom beyond the limit.
//   (4) The hash is keyed by `seed`: who chooses addresses cannot aim at one bucket.
//
// Threads: used by one worker only; counters() may be read by all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "switch/counters.h"
#include "switch/keyed_hash.h"
#include "switch/types.h"

namespace laneway {

enum class MacKind : std::uint8_t { Learnt, Pinned, Static };

struct MacEntry {
  MacAddress mac;
  VlanId vlan{};
  PortId port{};
  MacKind kind = MacKind::Learnt;
  Nanos seen{};  // to a tenth of a second, see MacTable::precision()
  std::uint32_t moves = 0;
};

class MacTable {
 public:
  static constexpr std::size_t kMaxLimit = std::size_t{1} << 20;  // entries, 56 MiB
  static constexpr std::size_t kMinLimit = 16;
  static constexpr std::size_t kPinnedRoom = 2 * kMaxPorts;           // a port's own and STA
  static constexpr Nanos kDefaultMaxAge = std::chrono::seconds{300};  // 802.1Q-2018 table 8-6

  // `limit` in learnt entries. `max_age` 0: never forget. Throws Error if the limit is out of
  // range.
  MacTable(std::size_t limit, Nanos max_age, std::uint64_t seed);
  ~MacTable();

  // Where an address and VLAN stand if they are known: worked out once for both learn() and
  // lookup().
  struct Place {
    std::uint64_t key = 0;
    std::byte* first = nullptr;  // of the two candidate buckets
  };
  // Also asks the CPU for what learn() and lookup() will read.
  Place place(MacAddress mac, VlanId vlan) const noexcept { return place(mac.number(), vlan); }
  Place place(std::uint64_t mac_number, VlanId vlan) const noexcept {
    const Place where = place(key_of(mac_number, vlan));
    __builtin_prefetch(where.first);
    return where;
  }
  // Whether `where` is the place of this address and VLAN.
  static bool is_of(const Place& where, std::uint64_t mac_number, VlanId vlan) noexcept {
    return key_of(mac_number, vlan) == where.key;
  }

  // Refused: the table is full. PortFull: the port's limit is reached. Claimed: the address is
  // pinned to, or a static entry of, another port. In these three nothing changed.
  enum class Learned : std::uint8_t { Known, New, Moved, Refused, PortFull, Claimed };
  struct Learning {
    Learned what;
    PortId before = kNoPort;  // where the address was, if Moved or Claimed
  };
  // Notes that `mac`, no group and not zero, was a source on `port`. `port_limit`: entries that the
  // port may have learnt, 0 for no limit of its own. Moving an address counts for the new port.
  Learning learn(MacAddress mac, VlanId vlan, PortId port, std::uint32_t port_limit,
                 Nanos now) noexcept {
    return learn(place(mac, vlan), port, port_limit, now);
  }
  Learning learn(const Place& where, PortId port, std::uint32_t port_limit, Nanos now) noexcept;

  // learn() for a burst: does it where nothing is new, which is nearly always. Bit n of what it
  // returns: `where[n]` was known on `port`, and has been seen now. Of at most 32, those of
  // `wanted`.
  std::uint32_t refresh(std::span<const Place> where, std::uint32_t wanted, PortId port,
                        Nanos now) noexcept;

  // The port that leads to `mac`; kNoPort if it is unknown or too old.
  PortId lookup(MacAddress mac, VlanId vlan, Nanos now) const noexcept {
    return lookup(place(mac, vlan), now);
  }
  PortId lookup(const Place& where, Nanos now) const noexcept;
  // The same for a burst. Requires as many in `ports`.
  void lookup(std::span<const Place> where, std::span<PortId> ports, Nanos now) const noexcept;
  // The same for pinned and static entries alone.
  PortId pinned(MacAddress mac, VlanId vlan = VlanId{}) const noexcept;

  // Puts a pinned or static entry, in place of a learnt one. False if another port has it pinned or
  // kPinnedRoom is used up. `port` may be kNoPort: nobody's to use as a source. It counts as
  // seen when age() was last called.
  bool pin(MacAddress mac, VlanId vlan, PortId port, MacKind kind) noexcept;
  // Removes the entry, whatever its kind. False if there was none.
  bool remove(MacAddress mac, VlanId vlan) noexcept;
  // Removes all learnt entries of `port`, or of all ports for kNoPort; with `pinned` its pinned and
  // static ones too. Returns how many learnt ones.
  std::size_t flush(PortId port, bool pinned) noexcept;

  // Forgets what is too old among the next `slots` slots; returns how many. Wraps around. Requires
  // that a walk takes less than 3 * max_age and 4 hours.
  std::size_t age(Nanos now, std::size_t slots) noexcept;

  std::size_t size() const noexcept;  // all entries, those too old that age() has not met included
  std::size_t learnt(PortId port) const noexcept;
  std::size_t limit() const noexcept;
  std::size_t slots() const noexcept;  // what age() walks
  Nanos max_age() const noexcept;
  Nanos precision() const noexcept;  // of `seen` and of ageing; rounded so that nothing ages early
  const MacCounters& counters() const noexcept;
  // Visits entries from slot `from` on, at most `slots` slots; returns the next slot to visit,
  // which is slots() at the end. What is too old and not yet met by age() is visited too.
  std::size_t visit(std::size_t from, std::size_t slots, Nanos now,
                    const std::function<void(const MacEntry&)>& visitor) const;

 private:
  struct Table;
  static constexpr std::size_t kLineBytes = 64;

  static std::uint64_t key_of(MacAddress mac, VlanId vlan) noexcept {
    return key_of(mac.number(), vlan);
  }
  static std::uint64_t key_of(std::uint64_t mac_number, VlanId vlan) noexcept {
    constexpr std::uint64_t kUsed = 4;  // so that no key is 0, whatever the address
    return mac_number << 16U | static_cast<std::uint64_t>(vlan) << 4U | kUsed;
  }
  Place place(std::uint64_t key) const noexcept {
    return {key, lines_ + ((hash_(key) >> 32U) * buckets_ >> 32U) * kLineBytes};
  }

  std::unique_ptr<Table> table_;
  const KeyedHash hash_;
  std::size_t buckets_ = 0;
  std::byte* lines_ = nullptr;  // a bucket each
};

}  // namespace laneway

// Theory of operation
//
// A bucket is one cache line of five slots: five 64-bit keys, five 32-bit values, and four bytes
// that are nobody's.
//
//   key    | 63 mac 16 | 15 vlan 4 | 0 1 | 1 kind 0 |     0: free (kinds are stored plus one)
//   value  | 31 seen 8 | 7 port 0 |                       seen: time in units of 2^shift ns, modulo
//   2^24
//
// An address has two candidate buckets, by a keyed hash. It is put into the first one unless that
// is full of others, so nearly every look-up reads one line; with a quarter of all slots used,
// fewer than 1 in 10,000 newcomers find both full
// (MacTable.AFullTableRefusesFewerThanOneInTenThousandTooEarly). Cuckoo moves would fill the table
// better, but then readers without locks could miss an entry on its way; room is cheaper.
//
// Times are compared modulo 2^24 units: right as long as age() meets every slot once in half that.
#include "switch/mac_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>

#include <immintrin.h>
#include <sys/mman.h>

#include "switch/error.h"
#include "switch/keyed_hash.h"

namespace laneway {

namespace {

constexpr std::size_t kBucketSlots = 5;
constexpr std::uint64_t kKindMask = 0x3;
constexpr int kSeenBits = 24;
constexpr std::uint32_t kSeenMask = (1U << kSeenBits) - 1;
constexpr int kSmallestShift = 26;                            // 67 ms: times wrap after 13 days
constexpr std::uint64_t kLongestAge = 1U << (kSeenBits - 2);  // units
constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct alignas(64) Bucket {
  std::array<std::uint64_t, kBucketSlots> keys;
  std::array<std::uint32_t, kBucketSlots + 1> values;  // the last one is no slot's
};
static_assert(sizeof(Bucket) == 64, "a look-up touches one cache line");
static_assert(kMaxPorts < index(kNoPort) && index(kNoPort) <= 0xff, "a port fits into 8 bits");

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

std::uint64_t kind_bits(MacKind kind) noexcept { return static_cast<std::uint64_t>(kind) + 1; }
MacKind kind_of_key(std::uint64_t key) noexcept { return MacKind((key & kKindMask) - 1); }
bool is_learnt(std::uint64_t key) noexcept {
  return (key & kKindMask) == kind_bits(MacKind::Learnt);
}
PortId port_of(std::uint32_t value) noexcept { return PortId(value & 0xffU); }

// Bit n: slot n has this key, whatever its kind; key 0: it is free. No key has its last bits set.
[[gnu::always_inline]] inline unsigned slots_of(const Bucket& bucket, std::uint64_t key) noexcept {
  const __m128i wanted = _mm_set1_epi64x(static_cast<long long>(key));
  const __m128i kinds = _mm_set1_epi64x(static_cast<long long>(kKindMask));
  const auto pair = [&](std::size_t at) {
    const auto* keys = reinterpret_cast<const __m128i*>(&bucket.keys[at]);
    const __m128i equal = _mm_cmpeq_epi64(_mm_andnot_si128(kinds, _mm_load_si128(keys)), wanted);
    return static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(equal)));
  };
  const unsigned last = (bucket.keys[4] & ~kKindMask) == key ? 1U : 0U;
  return pair(0) | pair(2) << 2U | last << 4U;
}

// Zeroed, and in huge pages where the kernel has them: at a million stations every look-up would
// otherwise miss the TLB too.
Bucket* new_buckets(std::size_t count) {
  const std::size_t align = count * sizeof(Bucket) >= kHugePage ? kHugePage : alignof(Bucket);
  const std::size_t bytes = (count * sizeof(Bucket) + align - 1) / align * align;
  void* memory = std::aligned_alloc(align, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  if (align == kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
  std::fill_n(static_cast<std::byte*>(memory), bytes, std::byte{0});
  return static_cast<Bucket*>(memory);
}

}  // namespace

struct MacTable::Table {
  struct Slot {
    std::uint64_t* key = nullptr;
    std::uint32_t* value = nullptr;
    std::uint32_t* moves = nullptr;
    explicit operator bool() const noexcept { return key != nullptr; }
  };

  Table(std::size_t entries, Nanos longest, const KeyedHash& keyed)
      : hash(keyed),
        limit(entries),
        max_age(longest),
        count((entries + 4 * kPinnedRoom) * 4 / kBucketSlots),
        buckets(new_buckets(count)),
        moves(static_cast<std::uint32_t*>(std::calloc(slots(), sizeof(std::uint32_t)))) {
    if (moves == nullptr) throw std::bad_alloc();
    while (units(max_age) >= kLongestAge) ++shift;
    max_units = static_cast<std::uint32_t>(units(max_age)) + 1;
  }

  std::size_t slots() const noexcept { return count * kBucketSlots; }
  std::uint64_t units(Nanos time) const noexcept {
    return static_cast<std::uint64_t>(time.count()) >> shift;
  }
  std::uint32_t seen_now(Nanos now) const noexcept {
    return static_cast<std::uint32_t>(units(now)) & kSeenMask;
  }
  std::uint32_t age_of(std::uint32_t value, Nanos now) const noexcept {
    return (seen_now(now) - (value >> 8)) & kSeenMask;
  }
  bool is_old(std::uint64_t key, std::uint32_t value, Nanos now) const noexcept {
    return max_age.count() != 0 && is_learnt(key) && age_of(value, now) > max_units;
  }

  Slot at(std::size_t bucket, std::size_t slot) const noexcept {
    return {&buckets.get()[bucket].keys[slot], &buckets.get()[bucket].values[slot],
            &moves.get()[bucket * kBucketSlots + slot]};
  }
  Slot at(std::size_t slot) const noexcept { return at(slot / kBucketSlots, slot % kBucketSlots); }

  // The first slot of the candidates whose key satisfies `wanted`, or none. Which slot it is no
  // branch can guess, so all of a bucket are compared.
  template <class Wanted>
  Slot first(const Place& where, Wanted&& wanted) const noexcept {
    const Bucket* bucket = reinterpret_cast<const Bucket*>(where.first);
    unsigned hits = wanted(*bucket);
    if (hits == 0) {
      bucket = second(where);
      hits = wanted(*bucket);
    }
    if (hits == 0) return {};
    return at(static_cast<std::size_t>(bucket - buckets.get()),
              static_cast<std::size_t>(std::countr_zero(hits)));
  }
  // The other candidate, which few need.
  const Bucket* second(const Place& where) const noexcept {
    return &buckets.get()[(hash(where.key) & 0xffffffffU) * count >> 32U];
  }
  Slot find(const Place& where) const noexcept {
    return first(where, [&](const Bucket& bucket) { return slots_of(bucket, where.key); });
  }
  Slot find_free(const Place& where) const noexcept {
    return first(where, [](const Bucket& bucket) { return slots_of(bucket, 0); });
  }

  void put(Slot slot, std::uint64_t key, MacKind kind, PortId port, std::uint32_t seen) noexcept;
  void clear(Slot slot) noexcept;
  void move(Slot slot, PortId port, std::uint32_t seen) noexcept;
  Learning learn_new(const Place& where, PortId port, std::uint32_t port_limit, Nanos now) noexcept;

  const KeyedHash hash;
  std::size_t limit;
  Nanos max_age;
  std::size_t count;  // buckets
  int shift = kSmallestShift;
  std::uint32_t max_units = 0;
  std::unique_ptr<Bucket, Free> buckets;
  std::unique_ptr<std::uint32_t, Free> moves;  // a slot's; pages that no move touched cost nothing
  std::array<std::uint32_t, 256> port_learnt{};  // by the 8 bits of a port
  std::size_t learnt = 0;
  std::size_t pinned = 0;
  std::size_t next_aged = 0;  // slot
  Nanos last_walk{};          // when age() was called
  MacCounters counters;
};

void MacTable::Table::put(Slot slot, std::uint64_t key, MacKind kind, PortId port,
                          std::uint32_t seen) noexcept {
  *slot.value = seen << 8 | static_cast<std::uint32_t>(index(port));
  if (*slot.moves != 0) *slot.moves = 0;
  *slot.key = key | kind_bits(kind);
  if (kind == MacKind::Learnt) {
    ++learnt;
    ++port_learnt[index(port)];
  } else {
    ++pinned;
  }
}

void MacTable::Table::clear(Slot slot) noexcept {
  if (is_learnt(*slot.key)) {
    --learnt;
    --port_learnt[index(port_of(*slot.value))];
  } else {
    --pinned;
  }
  *slot.key = 0;
}

void MacTable::Table::move(Slot slot, PortId port, std::uint32_t seen) noexcept {
  --port_learnt[index(port_of(*slot.value))];
  ++port_learnt[index(port)];
  *slot.value = seen << 8 | static_cast<std::uint32_t>(index(port));
  ++*slot.moves;
  counters.moved.add(1);
}

MacTable::Learning MacTable::Table::learn_new(const Place& where, PortId port,
                                              std::uint32_t port_limit, Nanos now) noexcept {
  const auto refuse = [this](Learned what) {
    counters.refused.add(1);
    return Learning{what};
  };
  if (port_limit != 0 && port_learnt[index(port)] >= port_limit) return refuse(Learned::PortFull);
  if (learnt >= limit) return refuse(Learned::Refused);
  const Slot slot = find_free(where);
  if (!slot) return refuse(Learned::Refused);
  put(slot, where.key, MacKind::Learnt, port, seen_now(now));
  counters.learnt.add(1);
  return {Learned::New};
}

MacTable::MacTable(std::size_t limit, Nanos max_age, std::uint64_t seed) : hash_(seed) {
  if (limit < kMinLimit || limit > kMaxLimit) {
    throw Error(ErrorCode::BadConfig, "MAC table limit " + std::to_string(limit) +
                                          ": not between " + std::to_string(kMinLimit) + " and " +
                                          std::to_string(kMaxLimit));
  }
  table_ = std::make_unique<Table>(limit, max_age, hash_);
  buckets_ = table_->count;
  lines_ = reinterpret_cast<std::byte*>(table_->buckets.get());
  static_assert(kLineBytes == sizeof(Bucket));
}

MacTable::~MacTable() = default;

MacTable::Learning MacTable::learn(const Place& where, PortId port, std::uint32_t port_limit,
                                   Nanos now) noexcept {
  assert((where.key >> 56U & 1U) == 0 && where.key >> 16U != 0);  // no group, not zero
  Table& table = *table_;
  const auto slot = table.find(where);
  if (!slot) return table.learn_new(where, port, port_limit, now);

  const PortId before = port_of(*slot.value);
  if (table.is_old(*slot.key, *slot.value, now)) {  // as if age() had met it
    table.clear(slot);
    table.counters.aged.add(1);
    return table.learn_new(where, port, port_limit, now);
  }
  const std::uint32_t seen = table.seen_now(now);
  if (before == port) {
    const std::uint32_t value = seen << 8 | static_cast<std::uint32_t>(index(port));
    if (*slot.value != value) *slot.value = value;
    return {Learned::Known};
  }
  if (!is_learnt(*slot.key)) return {Learned::Claimed, before};
  if (port_limit != 0 && table.port_learnt[index(port)] >= port_limit) {
    table.counters.refused.add(1);
    return {Learned::PortFull};
  }
  table.move(slot, port, seen);
  return {Learned::Moved, before};
}

std::uint32_t MacTable::refresh(std::span<const Place> where, std::uint32_t wanted, PortId port,
                                Nanos now) noexcept {
  Table& table = *table_;
  const std::uint32_t fresh = table.seen_now(now) << 8U | static_cast<std::uint32_t>(index(port));
  std::uint32_t known = 0;
  std::uint32_t bit = 1;
  for (const Place& place : where) {
    auto* bucket = reinterpret_cast<Bucket*>(place.first);
    const unsigned hits = slots_of(*bucket, place.key);
    const auto slot = static_cast<std::size_t>(std::countr_zero(hits | 1U << kBucketSlots));
    const bool here = hits != 0 && (wanted & bit) != 0 && bucket->values[slot] == fresh;
    known |= here ? bit : 0;
    bit <<= 1U;
  }
  // Those that were seen last some time ago.
  for (std::uint32_t rest = wanted & ~known; rest != 0; rest &= rest - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(rest));
    auto* bucket = reinterpret_cast<Bucket*>(where[at].first);
    const unsigned hits = slots_of(*bucket, where[at].key);
    if (hits == 0) continue;
    const auto slot = static_cast<std::size_t>(std::countr_zero(hits));
    std::uint32_t& value = bucket->values[slot];
    if (port_of(value) != port || table.is_old(bucket->keys[slot], value, now)) continue;
    value = fresh;
    known |= rest & -rest;
  }
  return known;
}

void MacTable::lookup(std::span<const Place> where, std::span<PortId> ports,
                      Nanos now) const noexcept {
  const Table& table = *table_;
  for (std::size_t at = 0; at < where.size(); ++at) {
    const auto& bucket = *reinterpret_cast<const Bucket*>(where[at].first);
    const unsigned hits = slots_of(bucket, where[at].key);
    const auto slot = static_cast<std::size_t>(std::countr_zero(hits | 1U << kBucketSlots));
    const bool here = hits != 0 && !table.is_old(bucket.keys[slot], bucket.values[slot], now);
    ports[at] = here ? port_of(bucket.values[slot]) : lookup(where[at], now);
  }
}

PortId MacTable::lookup(const Place& where, Nanos now) const noexcept {
  const auto slot = table_->find(where);
  if (!slot || table_->is_old(*slot.key, *slot.value, now)) return kNoPort;
  return port_of(*slot.value);
}

PortId MacTable::pinned(MacAddress mac, VlanId vlan) const noexcept {
  const auto slot = table_->find(place(key_of(mac, vlan)));
  return slot && !is_learnt(*slot.key) ? port_of(*slot.value) : kNoPort;
}

bool MacTable::pin(MacAddress mac, VlanId vlan, PortId port, MacKind kind) noexcept {
  assert(!mac.is_group() && !mac.is_zero() && kind != MacKind::Learnt);
  Table& table = *table_;
  const std::uint64_t key = key_of(mac, vlan);
  const Place where = place(key);
  auto slot = table.find(where);
  if (slot && !is_learnt(*slot.key)) {
    if (port_of(*slot.value) != port) return false;
    *slot.key = key | kind_bits(kind);
    return true;
  }
  if (table.pinned >= kPinnedRoom) return false;
  if (!slot) slot = table.find_free(where);
  if (!slot) {
    slot = table.first(where, [](const Bucket& bucket) {
      unsigned hits = 0;
      for (std::size_t at = 0; at < kBucketSlots; ++at) {
        hits |= static_cast<unsigned>(is_learnt(bucket.keys[at])) << at;
      }
      return hits;
    });
  }
  if (!slot) return false;
  if (*slot.key != 0) {
    table.clear(slot);
    table.counters.flushed.add(1);
  }
  table.put(slot, key, kind, port, table.seen_now(table.last_walk));
  return true;
}

bool MacTable::remove(MacAddress mac, VlanId vlan) noexcept {
  const auto slot = table_->find(place(key_of(mac, vlan)));
  if (!slot) return false;
  if (is_learnt(*slot.key)) table_->counters.flushed.add(1);
  table_->clear(slot);
  return true;
}

std::size_t MacTable::flush(PortId port, bool pinned) noexcept {
  const std::size_t before = table_->learnt;
  if (!pinned && (port == kNoPort ? before : learnt(port)) == 0) return 0;
  for (std::size_t at = 0; at < table_->slots() && size() != 0; ++at) {
    const auto slot = table_->at(at);
    if (*slot.key == 0 || (!pinned && !is_learnt(*slot.key))) continue;
    if (port == kNoPort || port_of(*slot.value) == port) table_->clear(slot);
  }
  table_->counters.flushed.add(before - table_->learnt);
  return before - table_->learnt;
}

std::size_t MacTable::age(Nanos now, std::size_t slots) noexcept {
  Table& table = *table_;
  table.last_walk = now;
  if (table.max_age.count() == 0) return 0;
  const std::size_t before = table.learnt;
  for (slots = std::min(slots, table.slots()); slots > 0; --slots) {
    const auto slot = table.at(table.next_aged);
    table.next_aged = table.next_aged + 1 == table.slots() ? 0 : table.next_aged + 1;
    if (*slot.key != 0 && table.is_old(*slot.key, *slot.value, now)) table.clear(slot);
  }
  table.counters.aged.add(before - table.learnt);
  return before - table.learnt;
}

std::size_t MacTable::size() const noexcept { return table_->learnt + table_->pinned; }
std::size_t MacTable::learnt(PortId port) const noexcept {
  return table_->port_learnt[index(port)];
}
std::size_t MacTable::limit() const noexcept { return table_->limit; }
std::size_t MacTable::slots() const noexcept { return table_->slots(); }
Nanos MacTable::max_age() const noexcept { return table_->max_age; }
Nanos MacTable::precision() const noexcept { return Nanos{std::int64_t{2} << table_->shift}; }
const MacCounters& MacTable::counters() const noexcept { return table_->counters; }

std::size_t MacTable::visit(std::size_t from, std::size_t slots, Nanos now,
                            const std::function<void(const MacEntry&)>& visitor) const {
  const std::size_t end = std::min(table_->slots(), from + slots);
  for (; from < end; ++from) {
    const auto slot = table_->at(from);
    if (*slot.key == 0) continue;
    // Whole units back from now, which itself is cut to one.
    const auto age = Nanos{std::int64_t{table_->age_of(*slot.value, now)} << table_->shift};
    visitor({MacAddress::from_number(*slot.key >> 16), VlanId(*slot.key >> 4 & 0xfffU),
             port_of(*slot.value), kind_of_key(*slot.key), std::max(now - age, Nanos{0}),
             *slot.moves});
  }
  return end;
}

}  // namespace laneway

#include "switch/neighbor_table.h"

#include <algorithm>
#include <atomic>

#include "switch/neighbor_slots.h"

namespace laneway {

namespace {

constexpr std::size_t kSlotsPerTick = 1024;  // every entry at least each 400 ms

// What evidence of an address alone, without a lease, is called.
NeighborOrigin spoken_origin(Family family) noexcept {
  return family == Family::Ipv4 ? NeighborOrigin::Arp : NeighborOrigin::Nd;
}

void start_probes(Neighbor& entry, Nanos now) noexcept {
  entry.probes_left = limits::kProbes;
  entry.probe_at = now;
}

void start_trial(Neighbor& entry, Nanos now) noexcept {
  entry.on_trial = true;
  start_probes(entry, now);
}

void end_trial(Neighbor& entry) noexcept {
  entry.on_trial = false;
  entry.probes_left = 0;
}

// A lease outranks words, which come with every packet; what the control plane said outranks both.
bool outranks(NeighborOrigin held, NeighborOrigin heard) noexcept {
  if (held == NeighborOrigin::Static) return true;
  return held == NeighborOrigin::Dhcp && heard != NeighborOrigin::Static;
}

bool may_yield(const Neighbor& entry) noexcept {
  return entry.state == NeighborState::Tentative || entry.state == NeighborState::Unverified;
}

}  // namespace

struct NeighborTable::Table {
  explicit Table(std::uint64_t seed)
      : slots(seed, [this](const Neighbor& entry) {
          version.fetch_add(1, std::memory_order_relaxed);
          if (observer != nullptr) observer->gone(entry);
        }) {}

  NeighborSlots slots;
  std::size_t next_slot = 0;  // that tick() looks at
  std::atomic<std::uint64_t> version{0};
  NeighborObserver* observer = nullptr;

  void changed(const Neighbor& entry) noexcept {
    version.fetch_add(1, std::memory_order_relaxed);
    if (observer != nullptr) observer->changed(entry);
  }
  Bound refuse(const Claim& claim, const Neighbor* owner) noexcept {
    if (observer != nullptr) observer->refused(claim, owner);
    return owner != nullptr ? Bound::Taken : Bound::Refused;
  }
  void enter(Neighbor& entry, NeighborState state, Nanos now) noexcept {
    slots.enter(entry, state, now);
    changed(entry);
  }
  void heard(Neighbor& entry, Nanos now) noexcept;
  Bound confirm(Neighbor& entry, MacAddress mac, NeighborOrigin origin, Nanos now) noexcept;
  void end_lease(Neighbor& entry, Nanos now) noexcept;
  void age_idle(Neighbor& entry, Nanos now) noexcept;
  bool age(Neighbor& entry, Nanos now) noexcept;
};

// The owner lives: a trial ends, and what was stale is valid again.
void NeighborTable::Table::heard(Neighbor& entry, Nanos now) noexcept {
  entry.spoke = true;
  if (now - entry.used >= limits::kUseResolution) entry.used = now;
  if (entry.on_trial) end_trial(entry);
  if (entry.state == NeighborState::Stale) enter(entry, NeighborState::Valid, now);
}

NeighborTable::Bound NeighborTable::Table::confirm(Neighbor& entry, MacAddress mac,
                                                   NeighborOrigin origin, Nanos now) noexcept {
  const bool is_news = entry.state != NeighborState::Valid || entry.mac != mac;
  if (origin == NeighborOrigin::Arp || origin == NeighborOrigin::Nd) entry.spoke = true;
  if (!outranks(entry.origin, origin)) entry.origin = origin;
  entry.used = now;
  entry.mac = mac;
  end_trial(entry);
  if (entry.state != NeighborState::Valid) slots.enter(entry, NeighborState::Valid, now);
  if (is_news) changed(entry);
  return Bound::Known;
}

// A lease that ran out is no evidence any more; one that was never used was all there is.
void NeighborTable::Table::end_lease(Neighbor& entry, Nanos now) noexcept {
  if (!entry.spoke) return slots.erase(entry);
  entry.lease_until.reset();
  entry.origin = spoken_origin(entry.address.family);
  entry.since = now;
  changed(entry);
}

void NeighborTable::Table::age_idle(Neighbor& entry, Nanos now) noexcept {
  const Nanos idle = now - entry.used;
  const Nanos in_state = now - entry.since;
  switch (entry.state) {
    case NeighborState::Tentative:
      // Who found its IPv6 address free need not say so (RFC 4862 section 5.4): it is asked.
      if (in_state > limits::kTentativeAge && !entry.on_trial) start_trial(entry, now);
      break;
    case NeighborState::Unverified:
      if (idle > limits::kUnverifiedAge) slots.erase(entry);
      break;
    case NeighborState::Valid:
      if (idle <= limits::kValidAge || (entry.lease_until && !entry.spoke)) break;
      enter(entry, NeighborState::Stale, now);
      break;
    case NeighborState::Stale:
      if (in_state > limits::kStaleAge && !entry.on_trial) start_trial(entry, now);
      break;
  }
}

// One step of the entry's timers; false if it is gone.
bool NeighborTable::Table::age(Neighbor& entry, Nanos now) noexcept {
  if (entry.origin == NeighborOrigin::Static) return true;
  const std::size_t before = slots.size();
  const bool verdict_due = entry.on_trial && entry.probes_left == 0 && now >= entry.probe_at;
  if (verdict_due) {
    slots.erase(entry);
  } else if (entry.lease_until && now >= *entry.lease_until) {
    end_lease(entry, now);
  } else {
    age_idle(entry, now);
  }
  return slots.size() == before;
}

NeighborTable::NeighborTable(std::uint64_t seed) : table_(std::make_unique<Table>(seed)) {}
NeighborTable::~NeighborTable() = default;

void NeighborTable::set_observer(NeighborObserver* observer) noexcept {
  table_->observer = observer;
}

bool NeighborTable::add_port(PortId port, std::size_t limit) noexcept {
  return table_->slots.add_port(port, limit);
}

void NeighborTable::remove_port(PortId port) noexcept { table_->slots.remove_port(port); }

void NeighborTable::flush_port(PortId port) noexcept { table_->slots.erase_port(port, true); }

const Neighbor* NeighborTable::find(const IpAddress& address) const noexcept {
  return table_->slots.find(address);
}

NeighborTable::Bound NeighborTable::tentative(const Claim& claim, std::uint32_t nonce_hash,
                                              Nanos now) noexcept {
  Neighbor* entry = table_->slots.find(claim.address);
  if (entry != nullptr && entry->port != claim.port) return Bound::Taken;
  const bool is_new = entry == nullptr;
  if (is_new) {
    entry = table_->slots.add(claim, NeighborState::Tentative, now);
    if (entry == nullptr) return table_->refuse(claim, nullptr);
    entry->origin = spoken_origin(claim.address.family);
    table_->changed(*entry);
  } else if (entry->state == NeighborState::Tentative) {
    end_trial(*entry);
    table_->slots.enter(*entry, NeighborState::Tentative, now);
  } else {
    table_->heard(*entry, now);  // while it tests its address it answers no probe for it
  }
  entry->nonce_hash = nonce_hash;
  return is_new ? Bound::New : Bound::Known;
}

NeighborTable::Bound NeighborTable::unverified(const Claim& claim, Nanos now) noexcept {
  Neighbor* entry = table_->slots.find(claim.address);
  if (entry != nullptr && entry->port != claim.port) return table_->refuse(claim, entry);
  if (entry != nullptr && entry->state != NeighborState::Tentative) {
    table_->heard(*entry, now);
    return Bound::Known;
  }
  // A tentative entry gives its place up to the unverified one, which has a quota of its own.
  const bool is_new = entry == nullptr;
  if (!is_new) table_->slots.erase(*entry);
  entry = table_->slots.add(claim, NeighborState::Unverified, now);
  if (entry == nullptr) return table_->refuse(claim, nullptr);
  entry->spoke = true;
  start_probes(*entry, now);
  table_->changed(*entry);
  return is_new ? Bound::New : Bound::Known;
}

NeighborTable::Bound NeighborTable::valid(const Claim& claim, NeighborOrigin origin, Nanos now,
                                          std::optional<Nanos> lease_until) noexcept {
  Neighbor* entry = table_->slots.find(claim.address);
  if (entry != nullptr && entry->port != claim.port) {
    if (!lease_until || !may_yield(*entry)) return table_->refuse(claim, entry);
    table_->slots.erase(*entry);
    entry = nullptr;
  }
  if (entry != nullptr) {
    if (lease_until) entry->lease_until = lease_until;
    return table_->confirm(*entry, claim.mac, origin, now);
  }
  entry = table_->slots.add(claim, NeighborState::Valid, now);
  if (entry == nullptr) return table_->refuse(claim, nullptr);
  entry->origin = origin;
  entry->lease_until = lease_until;
  entry->spoke = origin != NeighborOrigin::Dhcp;
  table_->changed(*entry);
  return Bound::New;
}

void NeighborTable::set_router(const IpAddress& address, bool router) noexcept {
  if (Neighbor* entry = table_->slots.find(address)) entry->router = router;
}

bool NeighborTable::may_announce(const IpAddress& address, Nanos now) noexcept {
  Neighbor* entry = table_->slots.find(address);
  return entry == nullptr || entry->announcements.allow(now);
}

void NeighborTable::contested(const IpAddress& address, Nanos now) noexcept {
  if (Neighbor* entry = table_->slots.find(address)) entry->contested = now;
}

void NeighborTable::refuse(const Claim& claim) noexcept {
  table_->refuse(claim, table_->slots.find(claim.address));
}

void NeighborTable::rival(const IpAddress& address, Nanos now) noexcept {
  Neighbor* entry = table_->slots.find(address);
  if (entry == nullptr || entry->state == NeighborState::Tentative || entry->on_trial) return;
  if (entry->origin == NeighborOrigin::Static || !entry->rivals.allow(now)) return;
  start_trial(*entry, now);
}

bool NeighborTable::remove(const IpAddress& address) noexcept {
  Neighbor* entry = table_->slots.find(address);
  if (entry == nullptr) return false;
  table_->slots.erase(*entry);
  return true;
}

std::size_t NeighborTable::remove_all(bool keep_static) noexcept {
  std::size_t removed = 0;
  for (std::size_t port = 0; port < kMaxPorts; ++port) {
    removed += table_->slots.erase_port(PortId{static_cast<std::uint8_t>(port)}, keep_static);
  }
  return removed;
}

void NeighborTable::tick(Nanos now, std::size_t probes,
                         const std::function<bool(const Neighbor&)>& probe) {
  NeighborSlots& slots = table_->slots;
  const std::size_t steps = std::min(slots.used_slots(), kSlotsPerTick);
  for (std::size_t step = 0; step < steps; ++step) {
    table_->next_slot = (table_->next_slot + 1) % slots.used_slots();
    Neighbor* entry = slots.entry_at(table_->next_slot);
    if (entry == nullptr || !table_->age(*entry, now)) continue;
    if (entry->probes_left == 0 || now < entry->probe_at || probes == 0) continue;
    if (!probe(*entry)) continue;
    --probes;
    --entry->probes_left;
    entry->probe_at = now + limits::kProbeInterval;
  }
}

std::size_t NeighborTable::size() const noexcept { return table_->slots.size(); }

std::size_t NeighborTable::count(PortId port, Family family) const noexcept {
  return table_->slots.count(port, family);
}

std::uint64_t NeighborTable::version() const noexcept {
  return table_->version.load(std::memory_order_relaxed);
}

void NeighborTable::ports_with_low_24(std::uint32_t low24,
                                      const std::function<void(PortId)>& visitor) const {
  NeighborSlots& slots = table_->slots;
  for (std::size_t at = 0; at < slots.used_slots(); ++at) {
    if (slots.low_24_at(at) == low24) visitor(slots.entry_at(at)->port);
  }
}

void NeighborTable::for_each(const std::function<void(const Neighbor&)>& visitor) const {
  NeighborSlots& slots = table_->slots;
  for (std::size_t at = 0; at < slots.used_slots(); ++at) {
    if (const Neighbor* entry = slots.entry_at(at)) visitor(*entry);
  }
}

std::uint32_t nonce_hash(std::span<const std::byte> nonce) noexcept {
  std::uint64_t folded = nonce.size();
  for (const std::byte octet : nonce) {
    folded = (folded ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3U;  // FNV-1a's prime
  }
  const auto hash = static_cast<std::uint32_t>(folded ^ folded >> 32U);
  return hash == 0 ? 1 : hash;
}

}  // namespace laneway

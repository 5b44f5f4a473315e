#include "switch/switch.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "switch/error.h"
#include "switch/switch_out.h"

namespace laneway {

namespace {

// 802.3 clause 31: no bridge may ever pass a PAUSE on.
constexpr MacAddress kPause{{0x01, 0x80, 0xc2, 0x00, 0x00, 0x01}};

template <class Visit>
void for_each_bit(std::uint32_t bits, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::size_t>(std::countr_zero(bits)));
}

}  // namespace

Switch::Switch(const SwitchConfig& config, BufferPool& pool)
    : config_(config),
      pool_(pool),
      macs_(config.mac_limit, config.mac_age, config.seed),
      outbox_(pool),
      out_(std::make_unique<Out>()) {
  out_->sent = &counters_.forwarded;
}

Switch::~Switch() = default;

PortId Switch::add_port(std::string name, Port& port, const PortSettings& settings,
                        PortCounters& counters) {
  const PortId id = ports_.add(std::move(name), port, settings, counters);
  try {
    pin(id, settings);
  } catch (...) {
    ports_.remove(id);
    throw;
  }
  collect_stages();
  return id;
}

void Switch::remove_port(PortId id) noexcept {
  macs_.flush(id, true);
  ports_.remove(id);
}

void Switch::change_settings(PortId id, const PortSettings& settings) {
  const MacAddress old = ports_[id].settings.mac;
  if (old != settings.mac) {
    pin(id, settings);
    if (!old.is_zero()) macs_.remove(old, VlanId{});
  }
  ports_.change_settings(id, settings);
}

void Switch::pin(PortId id, const PortSettings& settings) {
  if (settings.mac.is_zero()) return;
  const MacKind kind = settings.role == PortRole::Uplink ? MacKind::Static : MacKind::Pinned;
  if (macs_.pin(settings.mac, VlanId{}, id, kind)) return;
  const PortId owner = macs_.pinned(settings.mac);
  throw Error(ErrorCode::InUse,
              ports_[id].name + ": address " + to_string(settings.mac) + ": belongs to " +
                  (owner == kNoPort ? std::string("the switch") : ports_[owner].name),
              "choose another address", ports_[id].name);
}

void Switch::set_ingress(PortRole role, std::vector<Stage*> stages) {
  ingress_[at(role)] = std::move(stages);
  collect_stages();
}

void Switch::set_egress(PortRole role, std::vector<Stage*> stages) {
  egress_[at(role)] = std::move(stages);
  collect_stages();
}

void Switch::collect_stages() {
  stages_.clear();
  for (const auto* side : {&ingress_, &egress_}) {
    for (const auto& stages : *side) {
      for (Stage* stage : stages) {
        if (std::find(stages_.begin(), stages_.end(), stage) == stages_.end()) {
          stages_.push_back(stage);
        }
      }
    }
  }
  edited_ = PortSet{};
  ports_.present().for_each([&](PortId id) {
    if (!egress_[at(ports_[id].settings.role)].empty()) edited_.add(id);
  });
}

std::size_t Switch::poll(PortId port, Nanos now) noexcept {
  PortEntry& entry = ports_[port];
  if (!entry.present()) return 0;
  entry.counters->now = now;
  std::array<Buffer*, kBurstFrames> received;
  const std::size_t count = entry.port->rx_burst(received, *entry.counters);
  if (count == 0) {
    if (!outbox_.said().empty()) say(now);
    return 0;
  }

  Burst& burst = out_->in;
  const std::uint64_t bytes = view(std::span(received).first(count), port);
  entry.counters->rx_frames.add(count);
  entry.counters->rx_bytes.add(bytes);
  learn(burst, entry, now);
  for (Stage* stage : ingress_[at(entry.settings.role)]) stage->process(burst, kNoPort, now);
  forward(burst, port, now);
  if (!outbox_.said().empty()) say(now);
  return count;
}

// Each step asks the CPU for what the next one reads, for the whole burst: its misses overlap.
std::uint64_t Switch::view(std::span<Buffer* const> received, PortId port) noexcept {
  Burst& burst = out_->in;
  burst.clear();
  for (Buffer* buffer : received) __builtin_prefetch(buffer);
  std::uint64_t bytes = 0;
  for (Buffer* buffer : received) {
    const Frame& frame = burst.add(buffer, port);
    __builtin_prefetch(frame.data);
    bytes += frame.length;
  }
  return bytes;
}

void Switch::tick(Nanos now) noexcept {
  const std::size_t aged = macs_.age(now, kAgedSlots);
  if (aged != 0 && observer_ != nullptr) observer_->mac_aged(aged);
  ports_.present().for_each([&](PortId id) {
    PortEntry& entry = ports_[id];
    const bool up = entry.port->link() == LinkState::Up;
    if (up && !entry.link_was_up) entry.link_up_since = now;
    entry.link_was_up = up;
  });
  for (Stage* stage : stages_) stage->tick(now);
  say(now);
}

// What may not be learnt must not be forwarded either, before any stage sees it: the order of these
// checks is the order in which reasons are counted.
void Switch::learn(Burst& burst, PortEntry& entry, Nanos now) noexcept {
  const bool any_source = entry.settings.mac_spoofing;
  const std::uint64_t own = entry.settings.mac.number();
  std::uint32_t wanted = 0;
  std::uint32_t groups = 0;
  for (std::size_t i = 0; i < burst.size(); ++i) {
    Frame& frame = burst[i];
    classify(frame);
    const std::uint64_t source = frame.source_number();
    const std::uint64_t destination = frame.destination_number();
    out_->sources[i] = macs_.place(source, VlanId{});
    out_->destinations[i] = macs_.place(destination, VlanId{});
    const bool plain = (source & MacAddress::kGroupBit) == 0 && source != 0 &&
                       !MacAddress::is_reserved_group(destination) && (any_source || source == own);
    wanted |= static_cast<std::uint32_t>(plain) << i;
    groups |= static_cast<std::uint32_t>((destination & MacAddress::kGroupBit) != 0) << i;
  }
  const std::uint32_t all = ~std::uint32_t{0} >> (kBurstFrames - burst.size());
  for_each_bit(all & ~wanted, [&](std::size_t i) {
    if (may_be_learnt(burst[i], entry)) wanted |= 1U << i;
  });
  const PortId port = burst[0].ingress;
  const std::span places(out_->sources.data(), burst.size());
  const std::uint32_t known = macs_.refresh(places, wanted, port, now);
  for_each_bit(wanted & ~known, [&](std::size_t i) { learn_new(burst[i], places[i], entry, now); });
  for_each_bit(groups, [&](std::size_t i) {
    Frame& frame = burst[i];
    if (frame.action == Action::Forward && !entry.may_flood(now)) frame.drop(Drop::Storm);
  });
}

// Sets the reason if not.
bool Switch::may_be_learnt(Frame& frame, PortEntry& entry) noexcept {
  const MacAddress source = frame.source();
  const MacAddress destination = frame.destination();
  if (source.is_group()) {
    frame.drop(Drop::SourceGroup);
  } else if (source.is_zero()) {
    frame.drop(Drop::SourceZero);
  } else if (destination.is_reserved_group() &&
             (!config_.forward_reserved || destination == kPause)) {
    frame.drop(Drop::Reserved);
  } else if (!entry.settings.mac_spoofing && source != entry.settings.mac) {
    check_source(frame, entry);
  }
  return frame.action == Action::Forward;
}

// Whatever may be new: an address, its port, or nothing but the second place in the table.
void Switch::learn_new(Frame& frame, const MacTable::Place& where, PortEntry& entry,
                       Nanos now) noexcept {
  const auto learning = macs_.learn(where, frame.ingress, entry.settings.mac_limit, now);
  if (learning.what != MacTable::Learned::Known) note(learning, frame);
  if (learning.what == MacTable::Learned::Claimed) return frame.drop(Drop::MacClaim);
  const bool limited = entry.settings.role == PortRole::Guest && !entry.settings.trunk;
  if (learning.what == MacTable::Learned::PortFull && limited) frame.drop(Drop::MacLimit);
}

// OUT-1: without mac_spoofing the port's own address alone, which the source is not.
void Switch::check_source(Frame& frame, PortEntry& entry) noexcept {
  PortSettings& settings = entry.settings;
  const MacAddress source = frame.source();
  if (!settings.mac.is_zero()) {
    return frame.drop(macs_.pinned(source) != kNoPort ? Drop::MacClaim : Drop::SpoofMac);
  }
  // If the address is another's already, learning it says so.
  if (settings.pin_first_source && macs_.pin(source, VlanId{}, frame.ingress, MacKind::Pinned)) {
    settings.mac = source;
  }
}

void Switch::note(const MacTable::Learning& learning, const Frame& frame) noexcept {
  if (observer_ == nullptr) return;
  using Learned = MacTable::Learned;
  switch (learning.what) {
    case Learned::New:
      return observer_->mac_learnt(frame.source(), frame.ingress);
    case Learned::Moved:
      return observer_->mac_moved(frame.source(), learning.before, frame.ingress);
    case Learned::Refused:
    case Learned::PortFull:
      return observer_->mac_refused(frame.source(), frame.ingress);
    case Learned::Known:
    case Learned::Claimed:
      return;
  }
}

void Switch::forward(Burst& burst, PortId ingress, Nanos now) noexcept {
  out_->replies.clear();
  std::array<PortId, kBurstFrames> known;
  macs_.lookup(std::span(out_->destinations).first(burst.size()), known, now);
  // Of ports that get nothing but what is theirs: nearly all frames end here.
  const PortSet reach = ports_.monitors().empty() ? ports_.reach(ingress) : PortSet{};
  for (std::size_t i = 0; i < burst.size(); ++i) {
    Frame& frame = burst[i];
    const PortId to = known[i];
    const bool plain = frame.action == Action::Forward && frame.scope == 0 && to != kNoPort &&
                       reach.has(to) &&
                       MacTable::is_of(out_->destinations[i], frame.destination_number(), VlanId{});
    if (plain) {
      queue(frame, to, now);
    } else {
      forward_slowly(burst, i, to, now);
    }
  }
  flush(now);
  Burst& replies = out_->replies;
  if (replies.size() != 0) send(replies, ingress, counters_.replied, now);
}

// `known`: where the frame's destination was when it came in.
void Switch::forward_slowly(Burst& burst, std::size_t at, PortId known, Nanos now) noexcept {
  Frame& frame = burst[at];
  if (frame.action == Action::Drop) return end(frame, frame.reason, kNoPort);
  if (frame.action == Action::Reply) {
    out_->replies.add(frame).action = Action::Forward;  // for the egress stages
    return;
  }
  if (frame.scope != 0) return forward_to(frame, burst.scope_of(frame), now);
  if (frame.destination().is_group()) return forward_to(frame, ports_.reach(frame.ingress), now);
  // A stage may have given it another destination.
  const std::uint64_t destination = frame.destination_number();
  const bool same = MacTable::is_of(out_->destinations[at], destination, VlanId{});
  forward_unicast(frame, same ? known : macs_.lookup(macs_.place(destination, VlanId{}), now), now);
}

// OUT-5: what is known goes there only; what is unknown to the ports that ask for it, by default
// the uplink alone.
void Switch::forward_unicast(Frame& frame, PortId to, Nanos now) noexcept {
  PortSet targets;
  if (to == kNoPort) {
    targets = ports_.reach(frame.ingress);
    targets &= ports_.flood_unknown();
    targets = only_up(targets);
    if (targets.size() > 1 && !ports_[frame.ingress].may_flood(now)) {
      return end(frame, Drop::Storm, kNoPort);
    }
  } else if (!ports_.reach(frame.ingress).has(to)) {
    return end(frame, unreachable(frame, to), kNoPort);
  } else if (ports_.monitors().empty()) {
    return queue(frame, to, now);
  } else {
    targets.add(to);
  }
  forward_to(frame, targets, now);
}

Drop Switch::unreachable(const Frame& frame, PortId to) const noexcept {
  const PortSettings& from = ports_[frame.ingress].settings;
  if (to == frame.ingress) {
    // The host's stack hears its own adapter; behind any other port the station hears the sender.
    return from.role == PortRole::Uplink && frame.destination() == from.mac ? Drop::ForHost
                                                                            : Drop::SamePort;
  }
  const bool guests = from.role == PortRole::Guest && ports_.guests().has(to);
  return guests ? Drop::Isolated : Drop::NoPort;
}

// Sends to those of `targets` that may have the frame. A port without link counts only if it is the
// only one: the frame then ends there.
void Switch::forward_to(Frame& frame, PortSet targets, Nanos now) noexcept {
  targets &= ports_.reach(frame.ingress);
  if (targets.size() > 1 || frame.destination().is_group()) targets = only_up(targets);
  if (!ports_.monitors().empty()) {
    targets |= only_up(ports_.monitors());
    targets.remove(frame.ingress);
  }
  const std::size_t count = targets.size();
  if (count == 0) return end(frame, Drop::NoPort, kNoPort);
  if (count > 1) return flood(frame, targets, now);
  targets.for_each([&](PortId to) { queue(frame, to, now); });
}

// INV-7: a port whose egress stages may write gets bytes of its own; the others share. The frame
// itself goes to the last one.
void Switch::flood(const Frame& frame, const PortSet& targets, Nanos now) noexcept {
  std::size_t left = targets.size();
  counters_.copied.add(left - 1);
  for (const bool writes : {true, false}) {
    targets.for_each([&](PortId to) {
      if (edited_.has(to) != writes) return;
      if (--left == 0) return queue(frame, to, now);
      Buffer* twin = writes ? pool_.copy(*frame.buffer) : pool_.clone(*frame.buffer);
      if (twin == nullptr) return book(frame, Drop::NoBuffer, to);
      queue(frame.with(twin), to, now);
    });
  }
}

PortSet Switch::only_up(PortSet set) const noexcept {
  PortSet up = set;
  set.for_each([&](PortId id) {
    if (ports_[id].port->link() != LinkState::Up) up.remove(id);
  });
  return up;
}

}  // namespace laneway

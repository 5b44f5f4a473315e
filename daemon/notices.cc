#include "daemon/notices.h"

namespace laneway {

void Notices::push(const Notice& notice) noexcept {
  const std::uint64_t at = written_.load(std::memory_order_relaxed);
  if (at - read_.load(std::memory_order_acquire) == kCapacity) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ring_[at % kCapacity] = notice;
  written_.store(at + 1, std::memory_order_release);
}

std::uint64_t Notices::drain(const std::function<void(const Notice&)>& visitor) {
  const std::uint64_t end = written_.load(std::memory_order_acquire);
  for (std::uint64_t at = read_.load(std::memory_order_relaxed); at != end; ++at) {
    const Notice notice = ring_[at % kCapacity];
    read_.store(at + 1, std::memory_order_release);
    visitor(notice);
  }
  return lost_.exchange(0, std::memory_order_relaxed);
}

void Notices::mac_learnt(MacAddress mac, PortId port) noexcept {
  push({.kind = Notice::Kind::MacLearnt, .port = port, .mac = mac});
}

void Notices::mac_moved(MacAddress mac, PortId from, PortId to) noexcept {
  push({.kind = Notice::Kind::MacMoved, .port = to, .other = from, .mac = mac});
}

void Notices::mac_refused(MacAddress mac, PortId port) noexcept {
  push({.kind = Notice::Kind::MacRefused, .port = port, .mac = mac});
}

void Notices::mac_aged(std::size_t count) noexcept {
  push({.kind = Notice::Kind::MacAged, .count = count});
}

void Notices::changed(const Neighbor& neighbor) noexcept {
  push({.kind = Notice::Kind::NeighborChanged,
        .port = neighbor.port,
        .mac = neighbor.mac,
        .address = neighbor.address,
        .state = neighbor.state});
}

void Notices::gone(const Neighbor& neighbor) noexcept {
  push({.kind = Notice::Kind::NeighborGone,
        .port = neighbor.port,
        .mac = neighbor.mac,
        .address = neighbor.address});
}

void Notices::refused(const Claim& claim, const Neighbor* owner) noexcept {
  push({.kind = Notice::Kind::BindingRefused,
        .port = claim.port,
        .other = owner == nullptr ? kNoPort : owner->port,
        .mac = claim.mac,
        .address = claim.address});
}

void Notices::conflict(const IpAddress& address, MacAddress claimant) noexcept {
  push({.kind = Notice::Kind::Conflict, .mac = claimant, .address = address});
}

void Notices::leased(const IpAddress& address, PortId port, bool relayed) noexcept {
  push({.kind = Notice::Kind::Leased, .port = port, .address = address, .relayed = relayed});
}

}  // namespace laneway

#include "tests/support/resolver.h"

namespace laneway::test {

void Resolver::send(const IpAddress& next_hop, const IpPacket& packet) {
  Entry& entry = entries_[next_hop];
  if (entry.mac) {
    const MacAddress to = *entry.mac;
    const bool doubtful = !entry.permanent && timeline_.now() - entry.confirmed > kReachable;
    if (doubtful && entry.tries == 0) ask(next_hop);
    return emit_(to, packet);
  }
  if (entry.waiting.size() == kWaiting) {
    ++failures_;
    return;
  }
  entry.waiting.push_back(packet);
  if (entry.tries == 0) ask(next_hop);
}

void Resolver::heard(const IpAddress& address, MacAddress mac, bool create) {
  const auto found = entries_.find(address);
  if (found == entries_.end() && !create) return;
  Entry& entry = entries_[address];
  if (entry.permanent) return;
  entry.mac = mac;
  entry.confirmed = timeline_.now();
  entry.tries = 0;
  entry.round = ++rounds_;
  std::vector<IpPacket> waiting;
  waiting.swap(entry.waiting);
  for (const IpPacket& packet : waiting) emit_(mac, packet);
}

void Resolver::set_permanent(const IpAddress& address, MacAddress mac) {
  heard(address, mac, true);
  entries_[address].permanent = true;
}

std::optional<MacAddress> Resolver::find(const IpAddress& address) const {
  const auto found = entries_.find(address);
  return found == entries_.end() ? std::nullopt : found->second.mac;
}

void Resolver::ask(const IpAddress& address) {
  Entry& entry = entries_[address];
  if (entry.tries == kTries) return give_up(address);
  ++entry.tries;
  const std::uint64_t round = entry.round = ++rounds_;
  timeline_.after(kRetry, [this, address, round] {
    const auto found = entries_.find(address);
    if (found != entries_.end() && found->second.round == round) ask(address);
  });
  ask_(address, entry.mac);
}

// Who no longer answers for itself may have been replaced: the next packet asks everybody.
void Resolver::give_up(const IpAddress& address) {
  failures_ += entries_[address].waiting.size();
  entries_.erase(address);
}

}  // namespace laneway::test

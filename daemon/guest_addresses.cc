#include "daemon/guest_addresses.h"

namespace laneway {

GuestAddresses::Change GuestAddresses::update(const std::set<IpPrefix>& wanted,
                                              const std::set<IpPrefix>& host, Nanos now) {
  Change change;
  for (const IpPrefix& prefix : wanted) {
    if (host.contains(prefix)) continue;
    if (held_.insert_or_assign(prefix, now).second) change.added.insert(prefix);
  }
  for (auto entry = held_.begin(); entry != held_.end();) {
    const bool stays = !host.contains(entry->first) &&
                       (wanted.contains(entry->first) || now - entry->second < kKeptAfterwards);
    if (!stays) change.removed.insert(entry->first);
    entry = stays ? std::next(entry) : held_.erase(entry);
  }
  return change;
}

}  // namespace laneway

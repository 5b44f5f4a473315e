#include "switch/heard.h"

#include <algorithm>

namespace laneway {
namespace {

// The first of `count` entries that `is` accepts; else one that ran out; else the next free one;
// nullptr if there is none of these below `room`.
template <class Entries, class Is>
auto* slot_for(Entries& entries, std::size_t& count, std::size_t room, Nanos now, Is is) noexcept {
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(count);
  auto found = std::find_if(entries.begin(), end, is);
  if (found == end) {
    found =
        std::find_if(entries.begin(), end, [now](const auto& entry) { return entry.until <= now; });
  }
  if (found != end) return &*found;
  return count < std::min(room, entries.size()) ? &entries[count++] : nullptr;
}

}  // namespace

bool Heard::note_gateway(const Gateway& gateway, std::size_t room, Nanos now) noexcept {
  Gateway* slot = slot_for(gateways_, gateway_count_, room, now,
                           [&](const Gateway& known) { return known.address == gateway.address; });
  if (slot == nullptr) return false;
  const Gateway before = slot->address == gateway.address ? *slot : Gateway{};
  *slot = gateway;
  if (gateway.mac.is_zero()) slot->mac = before.mac;
  slot->until = std::max(gateway.until, before.until);
  return true;
}

bool Heard::note_prefix(const IpPrefix& prefix, Nanos until, Nanos now) noexcept {
  Prefix* slot = slot_for(prefixes_, prefix_count_, prefixes_.size(), now,
                          [&](const Prefix& known) { return known.prefix == prefix; });
  if (slot == nullptr) return false;
  *slot = {prefix, slot->prefix == prefix ? std::max(until, slot->until) : until};
  return true;
}

bool Heard::is_gateway(const IpAddress& address, Nanos now) const noexcept {
  const auto known = gateways();
  return std::any_of(known.begin(), known.end(), [&](const Gateway& gateway) {
    return gateway.address == address && now < gateway.until;
  });
}

bool Heard::is_on_link(const IpAddress& address, Nanos now) const noexcept {
  const auto known = prefixes();
  return std::any_of(known.begin(), known.end(), [&](const Prefix& entry) {
    return now < entry.until && entry.prefix.contains(address);
  });
}

}  // namespace laneway

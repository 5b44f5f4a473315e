#include "bridge/group_members.h"

#include <algorithm>

namespace laneway {

void GroupMembers::join(PortId port, const IpAddress& group, Nanos now) noexcept {
  Joined& joined = ports_[index(port)];
  const auto end = joined.groups.begin() + static_cast<std::ptrdiff_t>(joined.count);
  auto slot = std::find_if(joined.groups.begin(), end,
                           [&](const Membership& known) { return known.group == group; });
  if (slot == end && joined.count < joined.groups.size()) {
    ++joined.count;
  } else if (slot == end) {
    slot = std::min_element(joined.groups.begin(), end,
                            [](const auto& a, const auto& b) { return a.seen < b.seen; });
  }
  *slot = {group, now};
}

void GroupMembers::leave(PortId port, const IpAddress& group) noexcept {
  Joined& joined = ports_[index(port)];
  const auto end = joined.groups.begin() + static_cast<std::ptrdiff_t>(joined.count);
  const auto slot = std::find_if(joined.groups.begin(), end,
                                 [&](const Membership& known) { return known.group == group; });
  if (slot != end) *slot = joined.groups[--joined.count];
}

bool GroupMembers::others_want(PortId port, const IpAddress& group, Nanos now) const noexcept {
  const auto host_end = host_.begin() + static_cast<std::ptrdiff_t>(host_count_);
  if (std::find(host_.begin(), host_end, group) != host_end) return true;
  for (std::size_t other = 0; other < ports_.size(); ++other) {
    if (other == index(port)) continue;
    for (const Membership& known : ports_[other].all()) {
      if (known.group == group && now - known.seen <= kAge) return true;
    }
  }
  return false;
}

void GroupMembers::set_host_groups(std::span<const IpAddress> groups) noexcept {
  host_count_ = std::min(groups.size(), host_.size());
  std::copy_n(groups.begin(), host_count_, host_.begin());
}

}  // namespace laneway

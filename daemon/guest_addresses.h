// daemon/guest_addresses.h: which addresses the host filter of a translated uplink holds (PKT-3):
// what is bound, what guests route, and what was bound less than a minute ago: frames for a guest
// that just left must not surface at the host either.
//
// Threads: the control thread's; time is an argument.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "switch/types.h"

namespace laneway {

class GuestAddresses {
 public:
  static constexpr Nanos kKeptAfterwards = std::chrono::seconds{60};

  struct Change {
    std::set<IpPrefix> added;
    std::set<IpPrefix> removed;
  };
  // What changes in the filter now that `wanted` is what guests have. An address that the host
  // itself has got (`host`) leaves at once.
  Change update(const std::set<IpPrefix>& wanted, const std::set<IpPrefix>& host, Nanos now);

 private:
  std::map<IpPrefix, Nanos> held_;  // in the filter → when it was last wanted
};

}  // namespace laneway

// daemon/route_trials.h: whether the host may be led to a guest for an address (HOST-3).
//
// A route would hand the host's traffic for a LAN host to a guest that claims its address. So,
// unless a lease gave it, the host must know nobody else there, and one probe on the uplink must
// find nobody for a second. A conflict heard later takes the route away until a probe, at most one
// in ten seconds, finds nobody again.
//
// Threads: the control thread's; time is an argument.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "switch/types.h"

namespace laneway {

class RouteTrials {
 public:
  static constexpr Nanos kSilence = std::chrono::seconds{1};
  static constexpr Nanos kBetweenProbes = std::chrono::seconds{10};

  // Somebody on the uplink spoke as `address`.
  void conflict(const IpAddress& address, Nanos now);
  // The addresses that are bound now; others are forgotten.
  void keep_only(const std::set<IpAddress>& addresses);
  // True if `address` has passed; starts its trial where it has none.
  bool passed(const IpAddress& address, Nanos now);
  // Addresses to be probed now; each is told once a probe.
  std::vector<IpAddress> due(Nanos now);
  // The station is on another network now: nothing that was found out there holds.
  void clear() { trials_.clear(); }

 private:
  struct Trial {
    Nanos probe_at{};      // when the next probe is due, if not probing
    Nanos silent_since{};  // of the probe that is out
    bool probing = false;
    bool passed = false;
  };
  std::map<IpAddress, Trial> trials_;
};

}  // namespace laneway

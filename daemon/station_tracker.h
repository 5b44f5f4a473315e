// daemon/station_tracker.h: what happened to a switch's uplink, out of two readings of the host's
// network: lost, back, roamed, another address, another network.
//
// The same network is told from another by SSID, gateway and prefixes. After an association the
// host may need a moment to know its own: up to three seconds a difference still means another
// network.
//
// Threads: the control thread's; time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/nics.h"
#include "switch/network.h"
#include "switch/types.h"

namespace laneway {

// What is seen of the uplink at one time.
struct StationView {
  bool linked = false;  // a cable, or an association
  std::optional<std::string> ssid;
  std::optional<MacAddress> bssid;
  MacAddress station{};
  std::vector<IpPrefix> prefixes;  // of the host's addresses there, link-local ones apart
  std::vector<Gateway> gateways;

  static StationView of(const Nic& nic, bool linked, const Network& network);
};

enum class StationEvent : std::uint8_t {
  Lost,          // STA-2
  Associated,    // the link is there, for the first time or again
  Roamed,        // to another access point, without losing the link
  MacChanged,    // STA-3
  SameNetwork,   // STA-1, after Associated or Roamed
  OtherNetwork,  // STA-4, after Associated or Roamed
};

class StationTracker {
 public:
  static constexpr Nanos kJudgeWithin = std::chrono::seconds{3};

  // What is new since the last view, in order.
  std::vector<StationEvent> update(const StationView& view, Nanos now);

 private:
  void judge(const StationView& view, Nanos now, std::vector<StationEvent>& events);

  std::optional<StationView> last_;
  std::optional<StationView> home_;  // the network that the bindings are of
  std::optional<Nanos> judged_until_;
  bool confirmed_ = false;  // SameNetwork was said for this association
};

}  // namespace laneway

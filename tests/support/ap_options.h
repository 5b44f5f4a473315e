// tests/support/ap_options.h: what an access point in memory may be like, and what it counts.
//
// The defaults are the harder case wherever access points differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/types.h"

namespace laneway::test {

// One direction's imperfections; the ratios are 0 … 1.
struct Channel {
  Nanos delay{};
  Nanos jitter{};  // at most this much more
  double loss = 0;
  double duplicate = 0;  // arrive twice
  double reorder = 0;    // arrive kReorderDelay later, behind others
};

struct ApOptions {
  bool four_address = false;   // takes foreign sources, as an AP with 4-address stations does
  bool isolate = false;        // nothing between stations, nothing reflected
  bool hairpin = false;        // unicast of a station to itself comes back
  bool sender_filter = false;  // a station's driver drops its own reflected group frames
  bool reflect_as_ap = false;  // reflected and answered with the AP's own source
  bool multicast_to_unicast = false;  // group frames down become one frame a station
  bool both_forms = false;            // and go out as group frames as well
  bool proxy_arp = false;             // answers ARP and NS for its stations
  bool no_group_down = false;         // DGAF off: no group frames to stations
  bool convert_dhcp_ra = false;       // but DHCP and RAs, as unicast
  bool drop_broadcast_dhcp = false;   // broadcast DHCP replies are lost
  bool one_ip_per_mac = false;        // a controller: a station's second IPv4 source is dropped
  bool eat_foreign_arp = false;       // firmware: a station hears requests for its first IPv4 only
  Channel up{};                       // from stations
  Channel down{};                     // to stations
  std::uint64_t seed = 1;
};

enum class StationId : std::uint8_t {};
enum class LanPortId : std::uint8_t {};

// Why a frame went no further.
enum class ApEnd : std::uint8_t {
  Refused,  // a source other than the station's
  NotAssociated,
  Isolated,
  ToSender,  // unicast of a station to itself
  SenderFilter,
  NoReceiver,
  NoGroupDown,
  DhcpDropped,
  SecondIp,
  ArpEaten,
  Answered,  // a question that proxy ARP answered instead
  Lost,
};
constexpr std::size_t kApEnds = 12;

struct ApCounters {
  std::uint64_t arrived = 0;  // from stations and LAN ports
  std::uint64_t said = 0;     // by the AP itself
  std::uint64_t copied = 0;
  std::uint64_t delivered = 0;
  std::uint64_t in_flight = 0;
  std::array<std::uint64_t, kApEnds> ended{};

  std::uint64_t of(ApEnd end) const { return ended[static_cast<std::size_t>(end)]; }
  std::uint64_t refused() const { return of(ApEnd::Refused); }  // "ap_refused"
  bool balanced() const;
};

}  // namespace laneway::test

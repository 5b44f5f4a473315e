// daemon/wifi_link.h: what nl80211 says of the Wi-Fi interfaces of this host.
//
// Needs no privilege.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "switch/types.h"

namespace laneway {

struct WifiLink {
  std::string iftype;         // "station", "ap", "monitor", "mesh", "adhoc", "p2p_device", "other"
  bool four_address = false;  // frames carry four addresses: a bridge may stand behind it
  std::optional<std::string> ssid;
  std::optional<MacAddress> bssid;  // set while associated
  std::optional<std::uint32_t> frequency_mhz;
  std::optional<int> signal_dbm;
  std::optional<std::uint64_t> link_bps;

  bool operator==(const WifiLink&) const = default;
  bool is_station() const { return iftype == "station"; }
};

// By interface index; empty where the kernel has no Wi-Fi.
std::map<int, WifiLink> read_wifi_links();

}  // namespace laneway

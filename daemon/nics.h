// daemon/nics.h: the network adapters of this host, and which of them can be a switch's uplink.
//
// Read from rtnetlink, nl80211 and ethtool, without privileges and without a daemon. Whether an
// adapter attaches plain, translated or not at all is decided here, in one function, for all who
// ask.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/wifi_link.h"
#include "switch/types.h"

namespace laneway {

enum class NicKind : std::uint8_t {
  Ethernet,
  Wifi,
  Modem,
  Bridge,
  Bond,
  Vlan,
  Veth,
  Tap,
  Tunnel,
  Loopback,
  Other,
};
std::string_view name_of(NicKind kind) noexcept;  // "ethernet"

enum class UplinkMode : std::uint8_t { Plain, Translated };
std::string_view name_of(UplinkMode mode) noexcept;  // "plain"

// How an adapter would attach. Reasons complete the sentence "it is …".
struct Attachment {
  std::optional<UplinkMode> mode;  // nullopt: it cannot be an uplink
  std::string reason;              // "a bridge"; "" where nothing needs to be said
  std::string instead;             // "attach one of its members instead"

  bool operator==(const Attachment&) const = default;
};

struct Nic {
  int index = 0;
  std::string name;
  NicKind kind = NicKind::Other;
  std::string link_kind;  // rtnetlink's word: "macvlan"; "" for real devices
  std::optional<std::string> driver;
  MacAddress mac{};  // zero where it has no Ethernet framing
  std::uint32_t mtu_bytes = 0;
  bool ethernet_framing = false;
  bool up = false;       // by its administrator
  bool carrier = false;  // a cable or an association
  std::optional<std::uint64_t> link_bps;
  std::optional<WifiLink> wifi;
  std::vector<IpPrefix> addresses;
  bool default_route = false;
  std::optional<std::string> master;
  std::optional<NicKind> master_kind;
  std::optional<std::string> used_by;  // the switch whose uplink it is
  Attachment attachment;

  // One that `nics` shows with --all only: loopback and our own taps.
  bool is_hidden() const;
  bool operator==(const Nic&) const = default;
};

// First row that fits decides; reads all fields but `attachment`.
Attachment decide_attachment(const Nic& nic);

// All interfaces of this network namespace, sorted by name. `uplinks`: interface → switch that has
// it as its uplink. Throws Error (Io).
std::vector<Nic> list_nics(const std::map<std::string, std::string>& uplinks = {});

}  // namespace laneway

#include "daemon/wifi_link.h"

#include <array>
#include <cstring>

#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "daemon/netlink.h"

namespace laneway {

namespace {

std::string name_of_iftype(std::uint32_t iftype) {
  switch (iftype) {
    case NL80211_IFTYPE_STATION:
    case NL80211_IFTYPE_P2P_CLIENT:  // associates and sends as a station does
      return "station";
    case NL80211_IFTYPE_AP:
    case NL80211_IFTYPE_P2P_GO:
      return "ap";
    case NL80211_IFTYPE_MONITOR:
      return "monitor";
    case NL80211_IFTYPE_MESH_POINT:
      return "mesh";
    case NL80211_IFTYPE_ADHOC:
      return "adhoc";
    case NL80211_IFTYPE_P2P_DEVICE:
      return "p2p_device";
    default:
      return "other";
  }
}

NetlinkMessage dump_message(int family, std::uint8_t command) {
  NetlinkMessage message(nlmsg_alloc());
  if (!message) throw std::bad_alloc();
  genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_DUMP, command, 0);
  return message;
}

using Attributes = std::array<nlattr*, NL80211_ATTR_MAX + 1>;

Attributes attributes_of(const nlmsghdr& header) {
  Attributes attributes{};
  const auto* generic = static_cast<const genlmsghdr*>(nlmsg_data(&header));
  nla_parse(attributes.data(), NL80211_ATTR_MAX, genlmsg_attrdata(generic, 0),
            genlmsg_attrlen(generic, 0), nullptr);
  return attributes;
}

WifiLink interface_from(const Attributes& attributes) {
  WifiLink link;
  if (auto* iftype = attributes[NL80211_ATTR_IFTYPE]) {
    link.iftype = name_of_iftype(nla_get_u32(iftype));
  }
  if (auto* four = attributes[NL80211_ATTR_4ADDR]) link.four_address = nla_get_u8(four) != 0;
  if (auto* ssid = attributes[NL80211_ATTR_SSID]) {
    link.ssid.emplace(static_cast<const char*>(nla_data(ssid)),
                      static_cast<std::size_t>(nla_len(ssid)));
  }
  if (auto* frequency = attributes[NL80211_ATTR_WIPHY_FREQ]) {
    link.frequency_mhz = nla_get_u32(frequency);
  }
  return link;
}

// A station has one peer, its access point.
void add_peer(const Attributes& attributes, WifiLink& link) {
  auto* mac = attributes[NL80211_ATTR_MAC];
  if (mac != nullptr && nla_len(mac) == 6) {
    link.bssid.emplace();
    std::memcpy(link.bssid->octets.data(), nla_data(mac), 6);
  }
  auto* info = attributes[NL80211_ATTR_STA_INFO];
  if (info == nullptr) return;
  std::array<nlattr*, NL80211_STA_INFO_MAX + 1> station{};
  nla_parse_nested(station.data(), NL80211_STA_INFO_MAX, info, nullptr);
  if (auto* signal = station[NL80211_STA_INFO_SIGNAL]) {
    link.signal_dbm = static_cast<std::int8_t>(nla_get_u8(signal));
  }
  auto* bitrate = station[NL80211_STA_INFO_TX_BITRATE];
  if (bitrate == nullptr) return;
  std::array<nlattr*, NL80211_RATE_INFO_MAX + 1> rate{};
  nla_parse_nested(rate.data(), NL80211_RATE_INFO_MAX, bitrate, nullptr);
  if (auto* rate32 = rate[NL80211_RATE_INFO_BITRATE32]) {
    link.link_bps = std::uint64_t{nla_get_u32(rate32)} * 100'000;  // in 100 kb/s
  }
}

void read_peer(nl_sock& socket, int family, int index, WifiLink& link) {
  NetlinkMessage message = dump_message(family, NL80211_CMD_GET_STATION);
  nla_put_u32(message.get(), NL80211_ATTR_IFINDEX, static_cast<std::uint32_t>(index));
  netlink_request(socket, std::move(message), "read the access point of a station",
                  [&](const nlmsghdr& header) { add_peer(attributes_of(header), link); });
}

}  // namespace

std::map<int, WifiLink> read_wifi_links() {
  std::map<int, WifiLink> links;
  const NetlinkSocket socket = open_netlink(NETLINK_GENERIC);
  const int family = genl_ctrl_resolve(socket.get(), NL80211_GENL_NAME);
  if (family < 0) return links;  // no cfg80211 in this kernel, or not loaded

  netlink_request(*socket, dump_message(family, NL80211_CMD_GET_INTERFACE), "list Wi-Fi interfaces",
                  [&](const nlmsghdr& header) {
                    const Attributes attributes = attributes_of(header);
                    auto* index = attributes[NL80211_ATTR_IFINDEX];
                    if (index == nullptr) return;  // a P2P device has no interface
                    links[static_cast<int>(nla_get_u32(index))] = interface_from(attributes);
                  });
  for (auto& [index, link] : links) {
    if (link.is_station()) read_peer(*socket, family, index, link);
  }
  return links;
}

}  // namespace laneway

#include "daemon/nics_json.h"

#include <nlohmann/json.hpp>

namespace laneway {

namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json wifi_json(const WifiLink& wifi) {
  return {{"iftype", wifi.iftype},
          {"four_address", wifi.four_address},
          {"ssid", or_null(wifi.ssid)},
          {"bssid", wifi.bssid ? json(to_string(*wifi.bssid)) : json(nullptr)},
          {"frequency_mhz", or_null(wifi.frequency_mhz)},
          {"signal_dbm", or_null(wifi.signal_dbm)}};
}

json reason_json(const Attachment& attachment) {
  if (attachment.reason.empty()) return nullptr;
  if (attachment.instead.empty()) return attachment.reason;
  return attachment.reason + ": " + attachment.instead;
}

json nic_json(const Nic& nic) {
  json addresses = json::array();
  for (const IpPrefix& address : nic.addresses) addresses.push_back(to_string(address));
  const auto& mode = nic.attachment.mode;
  return {{"name", nic.name},
          {"kind", name_of(nic.kind)},
          {"driver", or_null(nic.driver)},
          {"mac", nic.ethernet_framing ? json(to_string(nic.mac)) : json(nullptr)},
          {"mtu_bytes", nic.mtu_bytes},
          {"up", nic.up},
          {"carrier", nic.carrier},
          {"link_bps", or_null(nic.link_bps)},
          {"wifi", nic.wifi ? wifi_json(*nic.wifi) : json(nullptr)},
          {"addresses", std::move(addresses)},
          {"default_route", nic.default_route},
          {"master", or_null(nic.master)},
          {"used_by", or_null(nic.used_by)},
          {"attaches_as", mode ? json(name_of(*mode)) : json(nullptr)},
          {"reason", reason_json(nic.attachment)}};
}

}  // namespace

json nics_json(const std::vector<Nic>& nics, bool all) {
  json list = json::array();
  for (const Nic& nic : nics) {
    if (all || !nic.is_hidden()) list.push_back(nic_json(nic));
  }
  return {{"schema", 1}, {"nics", std::move(list)}};
}

}  // namespace laneway

#include "daemon/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <string_view>

#include "switch/error.h"

namespace laneway {

namespace {

Error wrong_value(std::string_view key, std::string_view value, const std::string& allowed) {
  return Error(ErrorCode::BadRequest,
               "setting '" + std::string(key) + "': expected " + allowed + ", got \"" +
                   std::string(value) + "\"",
               allowed);
}

bool flag_from(std::string_view key, const std::string& value) {
  if (value == "on" || value == "true") return true;
  if (value == "off" || value == "false") return false;
  throw wrong_value(key, value, "on or off");
}

template <class Number>
Number number_from(std::string_view key, const std::string& value, int base = 10) {
  Number number = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, failure] = std::from_chars(value.data(), end, number, base);
  if (failure != std::errc{} || rest != end) {
    throw wrong_value(key, value,
                      "a number from 0 to " + std::to_string(std::numeric_limits<Number>::max()));
  }
  return number;
}

std::vector<std::string> list_from(const std::string& value) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t comma = std::min(value.find(',', begin), value.size());
    items.push_back(value.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return items;
}

std::vector<IpPrefix> prefixes_from(std::string_view key, const std::string& value) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& item : list_from(value)) {
    const auto prefix = IpPrefix::parse(item);
    if (!prefix) throw wrong_value(key, item, "prefixes such as 10.9.0.0/24,fd00:9::/64");
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

std::vector<std::uint16_t> ether_types_from(std::string_view key, const std::string& value) {
  std::vector<std::uint16_t> types;
  for (const std::string& item : list_from(value)) {
    const std::string digits = item.starts_with("0x") ? item.substr(2) : item;
    types.push_back(number_from<std::uint16_t>(key, digits, 16));
  }
  if (types.size() <= MacNatSettings::kMaxNonip) return types;
  throw wrong_value(key, value, "at most 16 EtherTypes such as 0x88cc");
}

template <class Target>
using Setters = std::map<std::string_view,
                         std::function<void(Target&, std::string_view key, const std::string&)>>;

// A key that is a flag or a number, by its member.
template <bool PortSettings::*Member>
void set_flag(PortSettings& settings, std::string_view key, const std::string& value) {
  settings.*Member = flag_from(key, value);
}
template <auto Member>
void set_number(PortSettings& settings, std::string_view key, const std::string& value) {
  using Number = std::remove_reference_t<decltype(settings.*Member)>;
  settings.*Member = number_from<Number>(key, value);
}

void set_mac_spoofing(PortSettings& settings, std::string_view key, const std::string& value) {
  constexpr std::uint32_t kNestedHosts = 64;  // a guest that is itself a switch
  settings.mac_spoofing = flag_from(key, value);
  if (settings.role == PortRole::Guest && !settings.trunk) {
    settings.mac_limit = settings.mac_spoofing ? kNestedHosts : 1;
  }
}

const Setters<PortSettings>& port_setters() {
  static const Setters<PortSettings> kSetters{
      {"binding_limit", set_number<&PortSettings::binding_limit>},
      {"dhcp_guard", set_flag<&PortSettings::dhcp_guard>},
      {"flood_unknown", set_flag<&PortSettings::flood_unknown>},
      {"gtk_unicast", set_flag<&PortSettings::gtk_unicast>},
      {"ip_spoofing", set_flag<&PortSettings::ip_spoofing>},
      {"isolated", set_flag<&PortSettings::isolated>},
      {"mac_limit", set_number<&PortSettings::mac_limit>},
      {"mac_spoofing", set_mac_spoofing},
      {"monitor", set_flag<&PortSettings::monitor>},
      {"prefixes", [](PortSettings& settings, std::string_view key,
                      const std::string& value) { settings.prefixes = prefixes_from(key, value); }},
      {"router_guard", set_flag<&PortSettings::router_guard>},
      {"storm_limit", set_number<&PortSettings::storm_limit>},
  };
  return kSetters;
}

const Setters<SwitchSettings>& switch_setters() {
  static const Setters<SwitchSettings> kSetters{
      {"answers",
       [](SwitchSettings& settings, std::string_view key, const std::string& value) {
         if (value != "translate" && value != "suppress") {
           throw wrong_value(key, value, "translate or suppress");
         }
         settings.answers = value == "suppress" ? Answers::Suppress : Answers::Translate;
       }},
      {"link_follows_uplink",
       [](SwitchSettings& settings, std::string_view key, const std::string& value) {
         settings.link_follows_uplink = flag_from(key, value);
       }},
      {"nonip",
       [](SwitchSettings& settings, std::string_view key, const std::string& value) {
         settings.translation.nonip = ether_types_from(key, value);
       }},
      {"send",
       [](SwitchSettings& settings, std::string_view key, const std::string& value) {
         if (value != "drop" && value != "pass") throw wrong_value(key, value, "drop or pass");
         settings.translation.pass_send = value == "pass";
       }},
  };
  return kSetters;
}

template <class Target>
void apply(const Settings& values, const Setters<Target>& setters, Target& target) {
  // mac_spoofing sets a limit that mac_limit overrides: map order has mac_limit first, so it goes
  // last.
  const auto set = [&](const std::string& key, const std::string& value) {
    const auto setter = setters.find(key);
    if (setter != setters.end()) return setter->second(target, setter->first, value);
    std::vector<std::string_view> known;
    for (const auto& [name, function] : setters) known.push_back(name);
    const std::string_view near = nearest(key, known.data(), known.size());
    std::string list;
    for (const std::string_view name : known)
      list += (list.empty() ? "" : ", ") + std::string(name);
    throw Error(ErrorCode::BadRequest, "unknown setting '" + key + "'",
                near.empty() ? "one of " + list : "did you mean " + std::string(near) + "?");
  };
  for (const auto& [key, value] : values) {
    if (key != "mac_limit") set(key, value);
  }
  if (const auto limit = values.find("mac_limit"); limit != values.end()) {
    set(limit->first, limit->second);
  }
}

}  // namespace

void apply_settings(const Settings& values, PortSettings& settings) {
  apply(values, port_setters(), settings);
}

SwitchSettings SwitchSettings::from(const Settings& values) {
  SwitchSettings settings;
  apply(values, switch_setters(), settings);
  return settings;
}

}  // namespace laneway

// daemon/declaration.h: what a switch and its ports should be, as their admin wrote it (TOML),
// created it (API) or the state file remembers it. The running objects are built from these and
// nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switch/mac_table.h"
#include "switch/types.h"

namespace laneway {

// Keys of `laneway set` and their values as text: {"mac_spoofing", "on"}. See daemon/settings.h.
using Settings = std::map<std::string, std::string>;

enum class Translate : std::uint8_t { Auto, On, Off };
enum class Policy : std::uint8_t { Guest, Trunk };

std::string_view name_of(Translate translate) noexcept;
std::string_view name_of(Policy policy) noexcept;
// Throw Error (BadRequest) that names `field` and the allowed words.
Translate translate_named(std::string_view word, std::string_view field = "translate");
Policy policy_named(std::string_view word, std::string_view field = "policy");

struct PortDeclaration {
  std::string name;
  std::string spec;               // "stream:vm1"
  std::optional<MacAddress> mac;  // drawn where none is given; then it stays
  Policy policy = Policy::Guest;
  Settings settings;
  bool temporary = false;                                   // not in the state file
  std::optional<std::string> configured_in = std::nullopt;  // "FILE:LINE" where a file declares it

  bool operator==(const PortDeclaration&) const = default;
};

struct SwitchDeclaration {
  std::string name;
  std::string uplink = "none";  // a NIC, "auto", "none" or a port spec
  bool host = false;            // has a host port
  Translate translate = Translate::Auto;
  std::size_t mac_limit = 4096;              // learnt entries of the MAC table
  Nanos mac_age = MacTable::kDefaultMaxAge;  // 0: never forget
  bool forward_reserved = false;             // pass 01-80-C2-00-00-0x, on a plain switch
  Settings settings;                         // of the switch
  Settings uplink_settings;                  // of its uplink and host port
  Settings host_settings;
  bool temporary = false;                    // not in the state file
  std::string created;                       // RFC 3339; "" where a file declares it
  std::optional<MacAddress> host_mac;        // Own; drawn once
  std::optional<std::string> configured_in;  // "FILE:LINE" where a file declares it
  std::vector<PortDeclaration> ports;

  bool has_uplink() const { return uplink != "none"; }
  // "external", "internal" or "private".
  std::string_view kind() const noexcept;
  bool operator==(const SwitchDeclaration&) const = default;
};

// Names of switches and ports: [A-Za-z0-9][A-Za-z0-9._-]{0,30}. Throw Error (BadName).
void check_switch_name(std::string_view name);
void check_port_name(std::string_view name);  // "uplink" and "host" are taken

// "300s", "500ms", "5m", "1h"; nullopt for anything else.
std::optional<Nanos> parse_duration(std::string_view text);
std::string duration_text(Nanos duration);

}  // namespace laneway

// daemon/settings.h: the keys of `laneway set`, `--set`, TOML and the API, and what they change:
// one table for ports, one for switches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bridge/mac_nat.h"
#include "daemon/declaration.h"
#include "proxy/context.h"
#include "switch/port_table.h"

namespace laneway {

// Puts the values into `settings`. Throws Error (BadRequest): an unknown key with the nearest one,
// a value with what is allowed.
void apply_settings(const Settings& values, PortSettings& settings);

// What is set for a whole switch.
struct SwitchSettings {
  Answers answers = Answers::Translate;
  MacNatSettings translation;
  bool link_follows_uplink = false;  // guests see the uplink's carrier as theirs

  static SwitchSettings from(const Settings& values);  // throws as apply_settings
};

}  // namespace laneway

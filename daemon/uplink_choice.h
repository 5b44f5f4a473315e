// daemon/uplink_choice.h: which adapter a switch gets, and plain or translated: what the admin
// asked for, held against what the host has.
#pragma once

#include <optional>
#include <string>

#include "daemon/declaration.h"
#include "daemon/host_network.h"
#include "switch/error.h"

namespace laneway {

struct UplinkChoice {
  const Nic* nic = nullptr;  // nullptr: waiting for an adapter or a default route
  UplinkMode mode = UplinkMode::Plain;
  std::string reason;  // why this mode; "" where nothing needs to be said
};

// The adapter's name in `uplink`; nullopt for "auto".
std::optional<std::string> uplink_interface(const std::string& uplink);

// The adapter may already be the uplink of the switch that asks. Throws Error:
// NicRefused, NeedsTranslation. A missing adapter is no error here: the switch waits for it.
UplinkChoice choose_uplink(const SwitchDeclaration& declared, const HostNetwork& host);

// The Error (NoNic) for an adapter that is not there, with the nearest name.
Error no_such_nic(const std::string& name, const HostNetwork& host);

}  // namespace laneway

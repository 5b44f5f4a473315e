// daemon/reports.h: the API's objects about running switches: what `ls`, `show`, `macs`,
// `neighbors` and `drops` print with --json. Their fields are a contract; `schema` rises if one
// changes.
//
// Threads: the control thread's; the worker is asked for its tables, a bounded piece at a time.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "daemon/managed_switch.h"

namespace laneway {

nlohmann::json switches_report(const std::vector<ManagedSwitch*>& switches);
nlohmann::json switch_report(ManagedSwitch& sw);
nlohmann::json port_report(ManagedSwitch& sw, ManagedPort& port);
nlohmann::json ports_report(ManagedSwitch& sw);
// As the answer to `attach`: the port and what a VM needs to use it.
nlohmann::json attach_report(ManagedSwitch& sw, ManagedPort& port);
// Of one port only, if `port` is given.
nlohmann::json macs_report(ManagedSwitch& sw, const std::optional<std::string>& port);
nlohmann::json neighbors_report(ManagedSwitch& sw, const std::optional<std::string>& port);
nlohmann::json drops_report(ManagedSwitch& sw, const std::optional<std::string>& port);

}  // namespace laneway

// daemon/metrics.h: what is counted, in the text format of Prometheus (version 0.0.4).
//
// Labels are names of switches, ports, reasons, adapters and modes; never a MAC or IP address.
// Every drop reason is there from the start, as 0.
#pragma once

#include <string>
#include <vector>

#include "daemon/managed_switch.h"

namespace laneway {

std::string metrics_text(const std::vector<ManagedSwitch*>& switches, Runtime& runtime);

}  // namespace laneway

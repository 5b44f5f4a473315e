// daemon/nics_json.h: `laneway nics --json`, the same with and without a daemon.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "daemon/nics.h"

namespace laneway {

// {"schema":1,"nics":[…]}; hidden adapters only if `all`.
nlohmann::json nics_json(const std::vector<Nic>& nics, bool all);

}  // namespace laneway

// daemon/saved_tables.h: what a switch knows of its guests and a restart needs, so that they are
// reached before they speak: bindings, and the addresses that were heard at `packet:` ports.
//
// Nothing of it is believed: a restored binding is Unverified and probed, a restored address counts
// as learnt, so the first word of the guest rules. An entry that is damaged, too old or fits no
// port is left out, one by one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "switch/limits.h"
#include "switch/types.h"

namespace laneway {

struct SavedBinding {
  IpAddress address;
  std::string port;
  MacAddress mac;
  std::int64_t used = 0;  // last word of its owner, in seconds since 1970

  bool operator==(const SavedBinding&) const = default;
};

struct SavedTables {
  // As long as the table itself waits before it asks a silent guest (spec/wifi.md 2).
  static constexpr std::chrono::minutes kMaxAge{30};

  std::string name;                         // of the switch
  std::map<std::string, MacAddress> heard;  // by port
  std::vector<SavedBinding> bindings;       // at most limits::kBindings

  bool operator==(const SavedTables&) const = default;
};

nlohmann::json tables_json(const SavedTables& tables);
// Never throws for what stands in it; `refused` grows by the entries that are none.
SavedTables tables_from(const nlohmann::json& saved, std::size_t& refused);

}  // namespace laneway

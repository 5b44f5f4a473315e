#include "cli/target.h"

#include "cli/client.h"
#include "cli/json.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

std::string only_switch(Client& client) {
  const auto switches = Value::parse(client.get("/v1/switches"))["switches"].items();
  if (switches.empty()) {
    throw Error(ErrorCode::NoSwitch, "there is no switch", "laneway create NAME --uplink auto");
  }
  if (switches.size() == 1) return switches.front()["name"].text();
  std::string names;
  for (const Value& one : switches) names += (names.empty() ? "" : ", ") + one["name"].text();
  throw Error(ErrorCode::Usage, "there are several switches, and none was named",
              "one of " + names);
}

}  // namespace

std::string Target::path() const {
  const std::string of_switch = "/v1/switches/" + percent_encoded(name);
  return port.empty() ? of_switch : of_switch + "/ports/" + percent_encoded(port);
}

Target target_of(const std::optional<std::string>& given, Client& client) {
  if (!given) return {only_switch(client), ""};
  const auto slash = given->find('/');
  if (slash == std::string::npos) return {*given, ""};
  Target target{given->substr(0, slash), given->substr(slash + 1)};
  if (target.name.empty()) target.name = only_switch(client);
  return target;
}

Target port_target_of(const std::string& given, Client& client) {
  Target target = given.find('/') == std::string::npos ? Target{only_switch(client), given}
                                                       : target_of(given, client);
  if (target.port.empty()) {
    throw Error(ErrorCode::Usage, "'" + given + "' names no port", "NAME/PORT");
  }
  return target;
}

}  // namespace laneway::cli

// cli/target.h: which switch or port a command is about.
#pragma once

#include <optional>
#include <string>

namespace laneway::cli {

class Client;

struct Target {
  std::string name;  // of the switch
  std::string port;  // "" for the switch itself

  std::string text() const { return port.empty() ? name : name + "/" + port; }
  std::string path() const;  // in the API: "/v1/switches/office/ports/vm1"
};

// `given` is "NAME", "NAME/PORT" or nothing; a NAME that is left out is that of the only switch
// there is. Throws Error(Usage) if there are several, Error(NoSwitch) if there is none.
Target target_of(const std::optional<std::string>& given, Client& client);
// The same for a port: a word without a slash is a port of the only switch.
Target port_target_of(const std::string& given, Client& client);

}  // namespace laneway::cli

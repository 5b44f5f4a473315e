#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

int config(const Arguments& arguments, Session& session) {
  const std::string what = *arguments.text("ACTION");
  if (what == "export") {
    session.out << session.client.get("/v1/config") << '\n';
    return 0;
  }
  throw Error(ErrorCode::Usage, "config: unknown action '" + what + "'", "export");
}

}  // namespace

Command config_command() {
  return {"config",
          "export: print what runs as a configuration file",
          {{"ACTION", Takes::Text, "", "export", Occurs::Once}},
          config};
}

}  // namespace laneway::cli

#include "cli/client.h"
#include "cli/commands.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

int rm(const Arguments& arguments, Session& session) {
  const std::string path = "/v1/switches/" + percent_encoded(*arguments.text("NAME"));
  try {
    session.client.remove(arguments.has("force") ? path + "?force=1" : path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NoSwitch || !arguments.has("if-exists")) throw;
  }
  return 0;
}

}  // namespace

// NAME may not be left out here: what cannot be taken back is named.
Command rm_command() {
  return {"rm",
          "remove a switch that has no guests",
          {{"NAME", Takes::Text, "", "the switch", Occurs::Once},
           {"--force", Takes::Nothing, "", "although guests are attached"},
           {"--if-exists", Takes::Nothing, "", "be content if it is not there"}},
          rm};
}

}  // namespace laneway::cli

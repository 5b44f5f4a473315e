#include "cli/client.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

int detach(const Arguments& arguments, Session& session) {
  try {
    session.client.remove(port_target_of(*arguments.text("NAME/PORT"), session.client).path());
  } catch (const Error& error) {
    const bool gone = error.code() == ErrorCode::NoPort || error.code() == ErrorCode::NoSwitch;
    if (!gone || !arguments.has("if-exists")) throw;
  }
  return 0;
}

}  // namespace

Command detach_command() {
  return {"detach",
          "remove a guest's port",
          {{"NAME/PORT", Takes::Text, "", "the port", Occurs::Once},
           {"--if-exists", Takes::Nothing, "", "be content if it is not there"}},
          detach};
}

}  // namespace laneway::cli

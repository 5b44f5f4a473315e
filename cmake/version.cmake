# Writes OUTPUT, the definitions of daemon/version.h, from VERSION and the commit of SOURCE_DIR.
execute_process(COMMAND git rev-parse --short HEAD WORKING_DIRECTORY ${SOURCE_DIR}
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "daemon/version.h"

namespace laneway {

const char* const kVersion = "@VERSION@";
const char* const kCommit = "@commit@";

}  // namespace laneway
]])

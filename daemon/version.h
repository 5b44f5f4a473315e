// daemon/version.h: what this build calls itself. Defined in a file that each build writes:
// cmake/version.cmake.
#pragma once

namespace laneway {

extern const char* const kVersion;  // the project's, "0.1.0"
extern const char* const kCommit;   // of git, short; empty outside a checkout

}  // namespace laneway

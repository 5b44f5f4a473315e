// cli/laneway.h: the program `laneway`, from its arguments to its exit status.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace laneway::cli {

// Runs what `words` (argv without the program) say. Data goes to `out`, everything else to `err`.
// Returns the exit status. Throws nothing: every error is rendered here.
int run_laneway(const std::vector<std::string>& words, std::ostream& out, std::ostream& err);

}  // namespace laneway::cli

// tests/cli/run_cli.h: `laneway` inside the test, and what it printed.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/laneway.h"

namespace laneway::test {

struct Ran {
  int status;
  std::string out;
  std::string err;
};

inline Ran run_cli(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = cli::run_laneway(words, out, err);
  return {status, out.str(), err.str()};
}

}  // namespace laneway::test

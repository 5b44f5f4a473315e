#include <csignal>
#include <iostream>

#include "cli/laneway.h"

int main(int argc, char** argv) {
  // A reader that goes away ends the writing with an error, as for every other write that fails.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  return laneway::cli::run_laneway(words, std::cout, std::cerr);
}

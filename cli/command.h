// cli/command.h: one command of `laneway`: what it is called, what it takes, what it does.
//
// The table in commands.cc lists them all; --help and the reading of arguments are made from it.
#pragma once

#include <iosfwd>
#include <string_view>
#include <vector>

#include "cli/arguments.h"

namespace laneway::cli {

class Client;

// What every command may use: the daemon, where to write, and how.
struct Session {
  Client& client;
  std::ostream& out;  // data
  std::ostream& err;  // everything else
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool colour = false;
};

struct Command {
  std::string_view name;
  std::string_view help;
  std::vector<Argument> arguments;
  // Returns the exit status; throws Error.
  int (*run)(const Arguments&, Session&) = nullptr;
  int exit_on_error = 0;  // what an error ends with; 0: the status that its code has
};

}  // namespace laneway::cli

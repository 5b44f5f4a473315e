// cli/parse.h: from argv to a command and its arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace laneway::cli {

struct Parsed {
  const Command* command = nullptr;  // nullptr: `text` is all there is to say
  Arguments arguments;               // the global options too, as if they were the command's
  std::string text;                  // of --help and --version
};

// The options that every command takes.
const std::vector<Argument>& global_options();

// `words` is argv without the program. Everything after a word "--" becomes the argument "COMMAND".
// Throws Error(Usage), with the nearest word as its fix.
Parsed parse(std::vector<std::string> words);

}  // namespace laneway::cli

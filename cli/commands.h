// cli/commands.h: all commands of `laneway`, each from the file of its name.
#pragma once

#include <vector>

#include "cli/command.h"

namespace laneway::cli {

Command attach_command();
Command bench_command();
Command capture_command();
Command config_command();
Command create_command();
Command demo_command();
Command detach_command();
Command doctor_command();
Command drops_command();
Command events_command();
Command ls_command();
Command macs_command();
Command neighbors_command();
Command nics_command();
Command replay_command();
Command rm_command();
Command run_command();
Command set_command();
Command show_command();

// In the order in which --help lists them.
const std::vector<Command>& all_commands();

}  // namespace laneway::cli

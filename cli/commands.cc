#include "cli/commands.h"

namespace laneway::cli {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> kCommands{
      nics_command(),      create_command(), rm_command(),      ls_command(),     attach_command(),
      set_command(),       detach_command(), run_command(),     show_command(),   macs_command(),
      neighbors_command(), drops_command(),  capture_command(), events_command(), doctor_command(),
      demo_command(),      replay_command(), bench_command(),   config_command(),
  };
  return kCommands;
}

}  // namespace laneway::cli

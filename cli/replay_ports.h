// cli/replay_ports.h: the ports that a live replay sends to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/replay_live.h"
#include "cli/temporary_port.h"

namespace laneway::cli {

// The port of `spec` itself, without a switch; `hears`: it also receives. Throws Error (BadSpec,
// Unsupported, NoNic, PermissionDenied, DeviceFailed).
LivePort open_live_port(const std::string& spec, BufferPool& pool, bool hears);

// Ports of a running switch, made for the replay and gone with this.
class ReplayGuests {
 public:
  explicit ReplayGuests(Session& session) : session_(session) {}

  // Adds `where` ("SWITCH/PORT"), a trunk without guards, and connects to it. Throws the daemon's
  // Error, Error (Usage, Timeout).
  LivePort add(const std::string& where, BufferPool& pool);
  // Sets rx and drops of the report's ports to what the switch has counted there, once it has
  // counted all that was sent, or no more comes.
  void fill(ReplayReport& report);

 private:
  Session& session_;
  std::vector<std::unique_ptr<TemporaryPort>> ports_;
};

}  // namespace laneway::cli

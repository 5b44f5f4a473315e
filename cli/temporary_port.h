// cli/temporary_port.h: a port of a switch that lives as long as this object: for `run` and
// `replay`.
#pragma once

#include "cli/command.h"
#include "cli/json.h"
#include "cli/target.h"

namespace laneway::cli {

class TemporaryPort {
 public:
  // Adds the port to the switch `on`; `body` is that of POST ports. Throws the daemon's Error.
  TemporaryPort(const Target& on, const Object& body, Session& session);
  ~TemporaryPort();  // removes it, and says if it cannot
  TemporaryPort(const TemporaryPort&) = delete;
  TemporaryPort& operator=(const TemporaryPort&) = delete;

  const Target& target() const noexcept { return target_; }
  const Value& answer() const noexcept { return answer_; }  // {"port", "qemu", "libvirt_xml"}

 private:
  Session& session_;
  Value answer_;
  Target target_;
};

}  // namespace laneway::cli

#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace laneway::cli {

namespace {

std::string origin(const Value& one) {
  if (one["temporary"].truth()) return "temporary";
  return one["configured_in"].text("");
}

int ls(const Arguments&, Session& session) {
  const std::string answer = session.client.get("/v1/switches");
  if (session.json) {
    session.out << answer << '\n';
    return 0;
  }
  const auto switches = Value::parse(answer)["switches"].items();
  if (switches.empty()) {
    if (!session.quiet) session.err << "no switch yet: laneway create NAME --uplink auto\n";
    return 0;
  }
  Table table({"NAME", "KIND", "STATE", "UPLINK", "MODE", "HOST", "PORTS", ""});
  for (const Value& one : switches) {
    table.add({one["name"].text(), one["kind"].text(), one["state"].text(),
               one["uplink_nic"].text(one["uplink_requested"].text()), one["mode"].text(),
               one["host_port"].text(), one["ports"].text(), origin(one)});
  }
  table.print(session.out, session.colour);
  return 0;
}

}  // namespace

Command ls_command() { return {"ls", "list the switches", {}, ls}; }

}  // namespace laneway::cli

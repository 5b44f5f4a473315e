#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/query.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/units.h"

namespace laneway::cli {

namespace {

std::string time_text(const Value& seconds) {
  return seconds.is_null() ? "-" : duration_text(seconds.number());
}

void print(const std::string& body, Session& session) {
  if (session.json) {
    session.out << body << '\n';
    return;
  }
  const Value answer = Value::parse(body);
  Table table({"ADDRESS", "PORT", "MAC", "ON THE AIR", "STATE", "FROM", "AGE", "LEASE"});
  for (const Value& one : answer["neighbors"].items()) {
    table.add({one["address"].text(), one["port"].text(), one["mac"].text(),
               one["mac_on_air"].text(), one["state"].text(), one["origin"].text(),
               time_text(one["age_seconds"]), time_text(one["lease_seconds"])});
  }
  table.print(session.out, session.colour);
  if (!session.quiet) {
    session.err << answer["entries"].text() << " of at most " << answer["limit"].text() << '\n';
  }
}

int neighbors(const Arguments& arguments, Session& session) {
  const std::string target = target_of(arguments.text("NAME"), session.client).path() +
                             "/neighbors" + Query().add("port", arguments.text("port")).text();
  if (arguments.has("flush")) {
    session.client.remove(target);
  } else {
    print(session.client.get(target), session);
  }
  return 0;
}

}  // namespace

Command neighbors_command() {
  return {"neighbors",
          "which IP address is whose",
          {{"NAME", Takes::Text, "", "the switch; may be left out if there is one only"},
           {"--port", Takes::Text, "PORT", "of this port alone"},
           {"--flush", Takes::Nothing, "", "forget them; guests are asked anew"}},
          neighbors};
}

}  // namespace laneway::cli

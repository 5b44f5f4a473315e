#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/query.h"
#include "cli/table.h"
#include "cli/target.h"

namespace laneway::cli {

namespace {

void print(const std::string& body, Session& session) {
  if (session.json) {
    session.out << body << '\n';
    return;
  }
  const Value answer = Value::parse(body);
  if (answer["drops"].size() == 0) {
    if (!session.quiet)
      session.err << "no frame was dropped since " << answer["since"].text() << '\n';
    return;
  }
  Table table({"PORT", "REASON", "FRAMES", "WHY"});
  for (const Value& one : answer["drops"].items()) {
    table.add({one["port"].text(), one["reason"].text(), one["frames"].text(), one["why"].text()});
  }
  table.print(session.out, session.colour);
}

int drops(const Arguments& arguments, Session& session) {
  const std::string target = target_of(arguments.text("NAME"), session.client).path() + "/drops" +
                             Query().add("port", arguments.text("port")).text();
  if (arguments.has("reset")) {
    session.client.remove(target);
  } else {
    print(session.client.get(target), session);
  }
  return 0;
}

}  // namespace

Command drops_command() {
  return {"drops",
          "which frames were dropped, and why",
          {{"NAME", Takes::Text, "", "the switch; may be left out if there is one only"},
           {"--port", Takes::Text, "PORT", "of this port alone"},
           {"--reset", Takes::Nothing, "", "count from 0 again"}},
          drops};
}

}  // namespace laneway::cli

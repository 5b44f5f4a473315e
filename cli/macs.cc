#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/query.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/units.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

void print(const std::string& body, Session& session) {
  if (session.json) {
    session.out << body << '\n';
    return;
  }
  const Value answer = Value::parse(body);
  Table table({"MAC", "PORT", "KIND", "AGE", "MOVES"});
  for (const Value& one : answer["macs"].items()) {
    const Value age = one["age_seconds"];
    table.add({one["mac"].text(), one["port"].text(), one["kind"].text(),
               age.is_null() ? "-" : duration_text(age.number()), one["moves"].text()});
  }
  table.print(session.out, session.colour);
  if (!session.quiet) {
    session.err << answer["entries"].text() << " of at most " << answer["limit"].text() << '\n';
  }
}

// Adds a static entry "MAC=PORT".
void add(const std::string& word, const std::string& path, Client& client) {
  const auto [mac, port] = key_and_value(word);
  client.post(path, Object().set("mac", mac).set("port", port).dump());
}

int macs(const Arguments& arguments, Session& session) {
  const std::string path = target_of(arguments.text("NAME"), session.client).path() + "/macs";
  const auto entry = arguments.text("add");
  const auto gone = arguments.text("del");
  if (entry) add(*entry, path, session.client);
  if (gone) session.client.remove(path + Query().add("mac", gone).text());
  if (arguments.has("flush"))
    session.client.remove(path + Query().add("port", arguments.text("port")).text());
  if (entry || gone || arguments.has("flush")) return 0;
  print(session.client.get(path + Query().add("port", arguments.text("port")).text()), session);
  return 0;
}

}  // namespace

Command macs_command() {
  return {"macs",
          "which address is behind which port",
          {{"NAME", Takes::Text, "", "the switch; may be left out if there is one only"},
           {"--port", Takes::Text, "PORT", "of this port alone"},
           {"--flush", Takes::Nothing, "", "forget what was learnt"},
           {"--add", Takes::Text, "MAC=PORT", "make a static entry"},
           {"--del", Takes::Text, "MAC", "remove one entry"}},
          macs};
}

}  // namespace laneway::cli

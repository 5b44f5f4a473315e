#include "daemon/config.h"

#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

int check_file(const Arguments& arguments, Session& session) {
  const auto file = arguments.text("FILE");
  if (!file)
    throw Error(ErrorCode::Usage, "config check: FILE is required", "laneway config check FILE");
  const Config config = read_config_file(*file);
  if (session.json) {
    std::vector<Object> switches;
    for (const auto& declared : config.switches)
      switches.push_back(Object().set("name", declared.name));
    session.out << Object()
                       .set("schema", std::uint64_t{1})
                       .set("file", *file)
                       .set("switches", switches)
                       .dump()
                << '\n';
  } else if (!session.quiet) {
    session.out << *file << ": correct; switches: " << config.switches.size() << '\n';
  }
  return 0;
}

int reload(Session& session) {
  const std::string answer = session.client.post("/v1/config/reload", "");
  if (session.json) {
    session.out << answer << '\n';
  } else if (!session.quiet) {
    const Value changes = Value::parse(answer)["changes"];
    if (changes.size() == 0) session.out << "nothing has changed\n";
    for (const Value& change : changes.items()) session.out << printable(change.text()) << '\n';
  }
  return 0;
}

int config(const Arguments& arguments, Session& session) {
  if (*arguments.text("ACTION") == "reload") return reload(session);
  if (*arguments.text("ACTION") == "check") return check_file(arguments, session);
  session.out << session.client.get("/v1/config") << '\n';
  return 0;
}

}  // namespace

Command config_command() {
  return {"config",
          "check FILE: is it a correct configuration; export: what runs, as one; reload: read the "
          "files again",
          {{"ACTION", Takes::OneOf, "check|export|reload", "what to do; check needs no daemon",
            Occurs::Once},
           {"FILE", Takes::Text, "", "for check"}},
          config};
}

}  // namespace laneway::cli

#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/query.h"
#include "cli/table.h"

namespace laneway::cli {

namespace {

// "2026-03-02T09:12:44.031822Z  mac_moved  office/vm2  mac=52:54:00:00:00:09 from=vm3"
std::string line_of(const Value& event) {
  std::string line = event["time"].text() + "  " + event["event"].text();
  if (!event["switch"].is_null()) line += "  " + event["switch"].text();
  if (!event["port"].is_null()) line += "/" + event["port"].text();
  const char* gap = "  ";
  for (const auto& [key, value] : event["detail"].members()) {
    line += gap + key + "=" + value.text();
    gap = " ";
  }
  return printable(line);
}

int events(const Arguments& arguments, Session& session) {
  const auto name = arguments.text("NAME");
  const auto limit = arguments.count("count");
  std::uint64_t shown = 0;
  if (limit == 0U) return 0;
  session.client.listen("/v1/events" + Query().add("since", arguments.text("since")).text(),
                        [&](std::string_view data) {
                          const Value event = Value::parse(data);
                          if (name && event["switch"].text() != *name) return true;
                          session.out << (session.json ? std::string(data) : line_of(event))
                                      << std::endl;
                          return session.out.good() && ++shown != limit;
                        });
  return 0;
}

}  // namespace

Command events_command() {
  return {
      "events",
      "what happens, one line each, until stopped",
      {{"NAME", Takes::Text, "", "of this switch alone"},
       {"--since", Takes::Count, "SEQ", "first those after this number, as far as they are kept"},
       {"-n,--count", Takes::Count, "N", "stop after so many"}},
      events};
}

}  // namespace laneway::cli

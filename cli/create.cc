#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// "external switch on wlp3s0 (Wi-Fi "home"), translated as 02:00:00:1a:9b:04"
std::string kind_sentence(const Value& one) {
  const Value uplink = one["uplink"];
  const std::string kind = one["kind"].text() + " switch";
  if (uplink.is_null()) return kind;
  if (uplink["nic"].is_null()) return kind + ", waiting for " + uplink["requested"].text();
  std::string sentence = kind + " on " + uplink["nic"].text();
  if (!uplink["ssid"].is_null()) sentence += " (Wi-Fi \"" + uplink["ssid"].text() + "\")";
  if (uplink["mode"].text() == "translated")
    return sentence + ", translated as " + uplink["station"].text();
  return uplink["mode"].is_null() ? sentence : sentence + ", " + uplink["mode"].text();
}

void print_created(const Value& one, Session& session) {
  const std::string name = one["name"].text();
  const std::string indent(name.size() + 2, ' ');
  session.out << name << ": " << printable(kind_sentence(one)) << '\n';
  const Value nic = one["uplink"]["nic"];
  if (!nic.is_null())
    session.out << indent << nic.text() << " stays the host's, with its addresses\n";
  const Value host = one["host"]["interface"];
  if (!host.is_null())
    session.out << indent << "guests and the host meet through " << host.text() << '\n';
}

std::string created(const Arguments& arguments, Client& client) {
  const std::string name = *arguments.text("NAME");
  Object body;
  body.set("name", name).set("uplink", arguments.text_or("uplink", "none"));
  body.set("translate", arguments.text_or("translate", "auto"));
  body.set("temporary", arguments.has("temporary"));
  if (const auto host = arguments.text("host")) body.set("host", *host == "on");
  try {
    return client.post("/v1/switches", body.dump());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Exists || !arguments.has("if-not-exists")) throw;
    return client.get("/v1/switches/" + percent_encoded(name));
  }
}

int create(const Arguments& arguments, Session& session) {
  const std::string answer = created(arguments, session.client);
  if (session.json) {
    session.out << answer << '\n';
  } else if (!session.quiet) {
    print_created(Value::parse(answer)["switch"], session);
  }
  return 0;
}

}  // namespace

Command create_command() {
  return {"create",
          "make a switch: external with --uplink NIC, else private or internal",
          {{"NAME", Takes::Text, "", "what it is to be called", Occurs::Once},
           {"--uplink", Takes::Text, "NIC|auto|none|SPEC",
            "the adapter that joins it to a network (none); auto follows the default route"},
           {"--host", Takes::OneOf, "on|off", "a port for the host (on with an uplink)"},
           {"--translate", Takes::OneOf, "auto|on|off",
            "one MAC address for all guests on the uplink (auto: where the adapter needs it)"},
           {"--temporary", Takes::Nothing, "", "forget it when the daemon stops"},
           {"--if-not-exists", Takes::Nothing, "", "be content if it is there already"}},
          create};
}

}  // namespace laneway::cli

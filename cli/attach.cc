#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/target.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// A word as a shell reads it back.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "-_./:,=@%+";
  const auto special = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) == 0 &&
           kPlain.find(c) == std::string_view::npos;
  };
  if (!word.empty() && std::none_of(word.begin(), word.end(), special)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string qemu_line(const Value& answer) {
  std::string line;
  for (const Value& word : answer["qemu"].items()) {
    line += (line.empty() ? "" : " ") + quoted(word.text());
  }
  return line;
}

// Where the guest's end is, from the port's spec "kind:where,key=value".
std::string whereabouts(const Value& port) {
  const std::string spec = port["spec"].text();
  const std::string kind = port["kind"].text();
  const std::string where = spec.substr(spec.find(':') + 1, spec.find(',') - spec.find(':') - 1);
  if (kind == "tap") return "interface " + where;
  if (kind != "stream" && kind != "vhost-user") return spec;
  const bool connects = spec.find("mode=connect") != std::string::npos;
  return (connects ? "connecting to " : "listening on ") + where;
}

void print_text(const Value& answer, const std::string& name, Session& session) {
  const Value port = answer["port"];
  session.out << name << '/' << port["name"].text() << ": " << printable(whereabouts(port));
  if (!port["mac"].is_null()) session.out << "   mac " << port["mac"].text();
  session.out << '\n';
  const std::string line = qemu_line(answer);
  if (!line.empty()) session.out << "  qemu: " << line << '\n';
}

Error no_format(const Value& port, const std::string& format) {
  const std::string spec = port["spec"].text();
  const bool tap = port["kind"].text() == "tap";
  return Error(ErrorCode::Unsupported,
               spec + ": there is nothing to print for --format " + format +
                   (tap ? ": the switch itself holds the tap" : ""),
               "attach stream:NAME or vhost-user:NAME, or packet:TAP for a tap that QEMU holds");
}

void print_as(const std::string& format, const std::string& body, const std::string& name,
              Session& session) {
  const Value answer = Value::parse(body);
  if (session.json || format == "json") {
    session.out << body << '\n';
  } else if (format == "qemu") {
    if (answer["qemu"].size() == 0) throw no_format(answer["port"], format);
    session.out << qemu_line(answer) << '\n';
  } else if (format == "libvirt-xml") {
    if (answer["libvirt_xml"].is_null()) throw no_format(answer["port"], format);
    session.out << answer["libvirt_xml"].text() << '\n';
  } else if (!session.quiet) {
    print_text(answer, name, session);
  }
}

Object body_of(const Arguments& arguments, const std::string& spec) {
  Object body;
  body.set("spec", spec).set("policy", arguments.text_or("policy", "guest"));
  body.set("temporary", arguments.has("temporary"));
  if (const auto name = arguments.text("as")) body.set("name", *name);
  if (const auto mac = arguments.text("mac")) body.set("mac", *mac);
  Object settings;
  for (const std::string& setting : arguments.all("set")) {
    const auto [key, value] = key_and_value(setting);
    settings.set_word(key, value);
  }
  return settings.empty() ? body : body.set("settings", settings);
}

int attach(const Arguments& arguments, Session& session) {
  const bool named = arguments.has("SPEC");
  const std::string spec = *arguments.text(named ? "SPEC" : "NAME");
  const Object body = body_of(arguments, spec);
  const Target target =
      target_of(named ? arguments.text("NAME") : std::optional<std::string>(), session.client);
  std::string answer;
  try {
    answer = session.client.post(target.path() + "/ports", body.dump());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Exists || !arguments.has("if-not-exists")) throw;
    const std::string port = error.subject().substr(error.subject().find('/') + 1);
    answer = session.client.get(target.path() + "/ports/" + percent_encoded(port));
  }
  print_as(arguments.text_or("format", "text"), answer, target.name, session);
  return 0;
}

}  // namespace

Command attach_command() {
  return {
      "attach",
      "add a port and print what the VM needs",
      {{"NAME", Takes::Text, "", "the switch; may be left out if there is one only", Occurs::Once},
       {"SPEC", Takes::Text, "", "what the port is: stream:vm1, tap:lwbox, packet:veth0, ..."},
       {"--as", Takes::Text, "PORT", "what the port is to be called"},
       {"--mac", Takes::Text, "MAC", "the guest's address (one is drawn)"},
       {"--policy", Takes::OneOf, "guest|trunk",
        "one address and all guards, or many and none (guest)"},
       {"--set", Takes::Text, "KEY=VALUE", "a setting, as in laneway set", Occurs::Often},
       {"--format", Takes::OneOf, "text|qemu|libvirt-xml|json", "what to print (text)"},
       {"--temporary", Takes::Nothing, "", "forget it when the daemon stops"},
       {"--if-not-exists", Takes::Nothing, "", "be content if it is there already"}},
      attach};
}

}  // namespace laneway::cli

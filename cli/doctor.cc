#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/json.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

Check daemon_check(Client& client) {
  try {
    const Value version = Value::parse(client.get("/v1/version"));
    return {"daemon", Verdict::Good,
            "lanewayd " + version["laneway"].text() + " at " + client.socket_path(), ""};
  } catch (const Error& error) {
    return {"daemon", Verdict::Bad, error.what(), error.fix()};
  }
}

// What the counters of the uplink say about its access point.
Check access_point_check(const std::string& name, const Value& uplink) {
  const std::string what = "access point of " + name;
  std::string text;
  const auto seen = [&](const char* reason, const char* meaning) {
    const std::uint64_t frames = uplink["drops"][reason].count();
    if (frames != 0)
      text +=
          (text.empty() ? "" : "; ") + std::string(meaning) + " (" + std::to_string(frames) + ")";
  };
  seen("echo", "sends our own frames back");
  seen("echo_arp", "answers ARP for our guests itself");
  seen("echo_dad", "sends our guests' address probes back");
  seen("duplicate", "sends broadcasts a second time as unicast");
  return {what, Verdict::Good, text.empty() ? "nothing unusual was heard" : text + ": allowed for",
          ""};
}

Check uplink_check(const Value& one) {
  const Value uplink = one["uplink"];
  const std::string what = "switch " + one["name"].text();
  if (one["state"].text() == "up") {
    return {what, Verdict::Good,
            uplink["nic"].text("no uplink") + ", " + uplink["mode"].text("private"), ""};
  }
  return {what, Verdict::Warning,
          one["state"].text() + ": uplink " + uplink["nic"].text(uplink["requested"].text()) +
              ": " + uplink["reason"].text("no link"),
          "plug the cable in, or join a Wi-Fi network; the switch follows by itself"};
}

void add_switches(std::vector<Check>& checks, Client& client) {
  const Value all = Value::parse(client.get("/v1/switches"));
  for (const Value& listed : all["switches"].items()) {
    const std::string path = "/v1/switches/" + percent_encoded(listed["name"].text());
    const Value one = Value::parse(client.get(path))["switch"];
    checks.push_back(uplink_check(one));
    for (const Value& port : one["ports"].items()) {
      if (port["role"].text() != "uplink" || one["uplink"]["bssid"].is_null()) continue;
      checks.push_back(access_point_check(one["name"].text(), port));
    }
  }
}

void print(const std::vector<Check>& checks, Session& session) {
  if (!session.json) {
    Table table({"CHECK", "VERDICT", "FOUND"});
    for (const Check& check : checks) {
      table.add({check.name, std::string(name_of(check.verdict)), check.found});
      if (!check.fix.empty()) table.add({"", "fix:", check.fix});
    }
    table.print(session.out, session.colour);
    return;
  }
  std::vector<Object> list;
  for (const Check& check : checks) {
    Object object;
    object.set("check", check.name)
        .set("verdict", name_of(check.verdict))
        .set("found", check.found);
    check.fix.empty() ? object.set_null("fix") : object.set("fix", check.fix);
    list.push_back(object);
  }
  session.out << Object().set("schema", std::uint64_t{1}).set("checks", list).dump() << '\n';
}

int doctor(const Arguments& arguments, Session& session) {
  std::vector<Check> checks{daemon_check(session.client)};
  const bool reachable = checks.front().verdict == Verdict::Good;
  for (Check& check : host_checks("/")) checks.push_back(std::move(check));
  if (const auto nic = arguments.text("NIC")) checks.push_back(nic_check(*nic));
  if (reachable) add_switches(checks, session.client);
  print(checks, session);
  for (const Check& check : checks) {
    if (check.verdict == Verdict::Bad) return 1;
  }
  return 0;
}

}  // namespace

Command doctor_command() {
  return {"doctor",
          "look for what keeps laneway from working here, with a fix each",
          {{"NIC", Takes::Text, "", "an adapter that is to be an uplink"}},
          doctor};
}

}  // namespace laneway::cli

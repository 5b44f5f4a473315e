#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/units.h"

namespace laneway::cli {

namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string percent(double ratio) {
  return std::to_string(static_cast<int>(ratio * 100 + 0.5)) + " % busy";
}

// "office   external on wlp3s0, translated   1 worker, 3 % busy   macs 3/4096   host lw-office"
std::string headline(const Value& one) {
  const Value uplink = one["uplink"];
  std::string kind = one["kind"].text();
  if (!uplink.is_null()) kind += " on " + uplink["nic"].text(uplink["requested"].text());
  if (!uplink["mode"].is_null()) kind += ", " + uplink["mode"].text();
  if (one["state"].text() != "up") kind += ", " + one["state"].text();

  double busy = 0;
  const auto workers = one["workers"].items();
  for (const Value& worker : workers) busy += worker["busy_ratio"].number();
  const std::string plural = workers.size() == 1 ? " worker, " : " workers, ";
  const Value macs = one["mac_table"];
  std::vector<std::string> parts{
      one["name"].text(), kind,
      std::to_string(workers.size()) + plural +
          percent(workers.empty() ? 0 : busy / static_cast<double>(workers.size())),
      "macs " + macs["entries"].text() + "/" + macs["limit"].text()};
  if (!one["host"]["interface"].is_null())
    parts.push_back("host " + one["host"]["interface"].text());
  return printable(joined(parts, "   "));
}

std::uint64_t dropped(const Value& port) {
  std::uint64_t frames = 0;
  for (const auto& [reason, count] : port["drops"].members()) frames += count.count();
  return frames;
}

std::string addresses(const Value& port) {
  std::vector<std::string> words;
  for (const Value& address : port["addresses"].items()) words.push_back(address.text());
  return words.empty() ? "-" : joined(words, " ");
}

void print_ports(const std::vector<Value>& ports, Session& session) {
  Table table({"PORT", "KIND", "LINK", "RX", "TX", "DROPS", "GUESTS"});
  for (const Value& port : ports) {
    const std::string why =
        port["link_reason"].is_null() ? "" : " (" + port["link_reason"].text() + ")";
    table.add({port["name"].text(), port["kind"].text(), port["link"].text() + why,
               rate_text(port["rx_bps"].number()), rate_text(port["tx_bps"].number()),
               std::to_string(dropped(port)), addresses(port)});
  }
  table.print(session.out, session.colour);
}

// One line for all ports that reach the same: "reach   vm1, vm2 <-> each other, the host, the LAN".
void print_reach(const Value& one, std::ostream& out) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Value& port : one["reach"].items()) {
    std::vector<std::string> to;
    if (port["guests"].size() != 0) to.emplace_back("each other");
    if (port["host"].truth()) to.emplace_back("the host");
    if (port["lan"].truth()) to.emplace_back("the LAN");
    const std::string whom = to.empty() ? "nobody" : joined(to, ", ");
    auto group = groups.begin();
    while (group != groups.end() && group->first != whom) ++group;
    if (group == groups.end()) group = groups.insert(group, {whom, {}});
    group->second.push_back(port["port"].text());
  }
  const char* label = "reach   ";
  for (const auto& [whom, names] : groups) {
    out << label << joined(names, ", ") << " <-> " << whom << '\n';
    label = "        ";
  }
}

int show(const Arguments& arguments, Session& session) {
  const Target target = target_of(arguments.text("NAME[/PORT]"), session.client);
  const std::string body = session.client.get(target.path());
  if (session.json) {
    session.out << body << '\n';
    return 0;
  }
  const Value answer = Value::parse(body);
  if (!target.port.empty()) {
    print_ports({answer["port"]}, session);
    return 0;
  }
  session.out << headline(answer["switch"]) << '\n';
  print_ports(answer["switch"]["ports"].items(), session);
  print_reach(answer["switch"], session.out);
  return 0;
}

}  // namespace

Command show_command() {
  return {"show",
          "one switch or port: uplink, ports, who reaches whom",
          {{"NAME[/PORT]", Takes::Text, "", "may be left out if there is one switch only"}},
          show};
}

}  // namespace laneway::cli

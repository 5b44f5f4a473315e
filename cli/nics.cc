#include "daemon/nics.h"

#include <cmath>
#include <map>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/units.h"
#include "daemon/nics_json.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// Interface → switch, as far as a daemon is there to ask: this command needs none.
std::map<std::string, std::string> uplinks_in_use(Client& client) {
  std::map<std::string, std::string> uplinks;
  try {
    const Value answer = Value::parse(client.get("/v1/switches"));
    for (const Value& one : answer["switches"].items()) {
      if (!one["uplink_nic"].is_null()) uplinks[one["uplink_nic"].text()] = one["name"].text();
    }
  } catch (const Error&) {
    uplinks.clear();
  }
  return uplinks;
}

// "5 GHz": the band that the channel lies in.
std::string band_text(std::uint32_t frequency_mhz) {
  constexpr std::uint32_t kFirstOf5Ghz = 4900;
  constexpr std::uint32_t kFirstOf6Ghz = 5925;
  if (frequency_mhz < kFirstOf5Ghz) return "2.4 GHz";
  return frequency_mhz < kFirstOf6Ghz ? "5 GHz" : "6 GHz";
}

std::string link_text(const Nic& nic) {
  if (!nic.up) return "down";
  if (!nic.carrier) return nic.wifi ? "up, not associated" : "up, no carrier";
  std::string text = "up";
  if (nic.wifi && nic.wifi->ssid) text += " \"" + *nic.wifi->ssid + '"';
  if (nic.wifi && nic.wifi->frequency_mhz) text += " " + band_text(*nic.wifi->frequency_mhz);
  if (nic.link_bps) text += " " + rate_text(static_cast<double>(*nic.link_bps));
  return text;
}

std::string attaches_text(const Nic& nic) {
  const Attachment& attachment = nic.attachment;
  std::string text(attachment.mode ? name_of(*attachment.mode) : "-");
  if (attachment.reason.empty()) return text;
  constexpr std::size_t kWidth = 13;  // the longest word, "translated", and three blanks
  text.append(kWidth - text.size(), ' ');
  text += attachment.reason;
  return attachment.instead.empty() ? text : text + ": " + attachment.instead;
}

int nics(const Arguments& arguments, Session& session) {
  const std::vector<Nic> all = list_nics(uplinks_in_use(session.client));
  if (session.json) {
    session.out << dump(nics_json(all, arguments.has("all"))) << '\n';
    return 0;
  }
  Table table({"NIC", "KIND", "LINK", "ATTACHES AS"});
  for (const Nic& nic : all) {
    if (nic.is_hidden() && !arguments.has("all")) continue;
    table.add({nic.name, std::string(name_of(nic.kind)), link_text(nic), attaches_text(nic)});
  }
  table.print(session.out, session.colour);
  return 0;
}

}  // namespace

Command nics_command() {
  return {"nics",
          "list the adapters: how each would attach, or why not",
          {{"--all", Takes::Nothing, "", "loopback and our own taps too"}},
          nics};
}

}  // namespace laneway::cli

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/replay_live.h"
#include "cli/replay_offline.h"
#include "cli/replay_ports.h"
#include "cli/replay_progress.h"
#include "cli/stop_signals.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// "300s", "0s": as in the configuration.
Nanos age_of(const std::string& text) {
  const std::string digits = text.substr(0, text.size() - (text.ends_with('s') ? 1U : 0U));
  constexpr std::size_t kDigits = 9;
  if (digits.empty() || digits.size() > kDigits ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(ErrorCode::Usage, "--age: expected seconds, got \"" + text + '"', "--age 300s");
  }
  return std::chrono::seconds(std::stoll(digits));
}

MacAddress mac_of(const std::string& text) {
  const auto mac = MacAddress::parse(text);
  if (!mac) throw Error(ErrorCode::Usage, "--map-mac: '" + text + "' is not a MAC address");
  return *mac;
}

ReplayOptions options_of(const Arguments& arguments) {
  ReplayOptions options;
  const auto& into = arguments.all("into");
  for (const std::string& path : arguments.all("FILE")) {
    const std::size_t at = options.files.size();
    options.files.push_back({path, at < into.size() ? into[at] : ""});
  }
  if (into.size() > options.files.size()) {
    throw Error(ErrorCode::Usage, "replay: more --into than files", "one --into for each FILE");
  }
  if (const auto topology = arguments.text("topology")) options.topology = *topology;
  if (const auto age = arguments.text("age")) options.age = age_of(*age);
  if (const auto out = arguments.text("out")) options.out = *out;
  if (const auto expect = arguments.text("expect")) options.expect = *expect;
  options.seed = arguments.count("seed").value_or(options.seed);
  options.limit = arguments.count("limit").value_or(0);
  options.filter = arguments.text_or("filter", "");
  for (const std::string& word : arguments.all("map-mac")) {
    const auto [from, to] = key_and_value(word);
    options.map_macs.emplace_back(mac_of(from), mac_of(to));
  }
  return options;
}

void print(const ReplayReport& report, const Arguments& arguments, Session& session) {
  const std::string format = session.json ? "json" : arguments.text_or("report", "text");
  if (format == "json") {
    print_json(report, session.out);
  } else if (format == "csv") {
    print_csv(report, session.out);
  } else {
    print_text(report, session.out);
  }
}

void refuse(const Arguments& arguments, const std::vector<const char*>& keys,
            const std::string& why) {
  for (const char* key : keys) {
    if (!arguments.has(key)) continue;
    throw Error(ErrorCode::Usage, "replay: --" + std::string(key) + ": " + why);
  }
}

ReplayPace pace_of(const Arguments& arguments) {
  std::optional<std::string> given;
  for (const char* key : {"multiplier", "pps", "mbps", "topspeed"}) {
    if (!arguments.has(key)) continue;
    if (given) {
      throw Error(ErrorCode::Usage, "replay: --" + *given + " and --" + key + " exclude each other",
                  "give one");
    }
    given = key;
  }
  if (!given) return ReplayPace::as_captured(1);
  if (given == "topspeed") return ReplayPace::top_speed();
  constexpr double kMega = 1e6;
  const double value = std::stod(*arguments.text(*given));
  if (given == "pps") return ReplayPace::frames_per_second(value);
  if (given == "mbps") return ReplayPace::bits_per_second(value * kMega);
  return ReplayPace::as_captured(value);
}

LiveOptions live_options_of(const Arguments& arguments) {
  refuse(arguments, {"topology", "age", "seed"}, "of --offline only");
  const ReplayOptions common = options_of(arguments);
  LiveOptions options;
  options.captures = choice_of(common);
  options.pace = pace_of(arguments);
  options.loops = arguments.count("loop").value_or(1);
  options.limit = common.limit;
  if (const auto duration = arguments.text("duration")) options.seconds = std::stod(*duration);
  options.preload = arguments.has("preload-pcap");
  options.out = common.out;
  options.expect = common.expect;
  return options;
}

std::vector<LivePort> live_ports_of(const Arguments& arguments, ReplayGuests& guests,
                                    BufferPool& pool) {
  const bool hears = arguments.has("out") || arguments.has("expect");
  const bool direct = arguments.has("to");
  const auto& where = arguments.all(direct ? "to" : "into");
  if (where.size() > 1 && where.size() != arguments.all("FILE").size()) {
    throw Error(ErrorCode::Usage,
                "replay: " + std::to_string(where.size()) + " ports for " +
                    std::to_string(arguments.all("FILE").size()) + " files",
                "one port for all, or one for each FILE");
  }
  std::vector<LivePort> ports;
  for (const std::string& port : where) {
    ports.push_back(direct ? open_live_port(port, pool, hears) : guests.add(port, pool));
  }
  return ports;
}

int live(const Arguments& arguments, Session& session) {
  if (arguments.has("to") && arguments.has("into")) {
    throw Error(ErrorCode::Usage, "replay: --to and --into exclude each other", "give one");
  }
  LiveOptions options = live_options_of(arguments);
  const StopSignals signals;
  options.stop = &signals.asked();
  HeapBuffers pool;
  ReplayGuests guests(session);
  std::vector<LivePort> ports = live_ports_of(arguments, guests, pool);
  LiveProgress so_far;
  ReplayReport report;
  {
    const double period = std::stod(arguments.text_or("stats", "1"));
    const auto line = [&](double elapsed, bool with_bar) {
      return replay_line(so_far, options.loops, elapsed, with_bar);
    };
    const Progress progress(progress_style(arguments, session),
                            std::chrono::duration<double>(period), line, session.err);
    report = replay_live(options, ports, pool, so_far);
  }
  guests.fill(report);
  print(report, arguments, session);
  if (report.live->interrupted) return signals.exit_status();
  return report.is_different() ? kind_of(ErrorCode::Expectation).exit : 0;
}

int replay(const Arguments& arguments, Session& session) {
  const bool is_live = arguments.has("to") || (arguments.has("into") && !arguments.has("offline"));
  if (is_live && arguments.has("offline")) {
    throw Error(ErrorCode::Usage, "replay: --offline and --to exclude each other", "give one");
  }
  if (is_live) return live(arguments, session);
  if (!arguments.has("offline")) {
    throw Error(ErrorCode::Usage,
                "replay: one of --offline, --into SWITCH/PORT, --to SPEC is needed",
                "laneway replay --offline FILE");
  }
  refuse(arguments,
         {"multiplier", "pps", "mbps", "topspeed", "loop", "duration", "preload-pcap", "stats"},
         "of a live replay only: --offline has the captures' own clock");
  const ReplayReport report = replay_offline(options_of(arguments));
  print(report, arguments, session);
  return report.is_different() ? kind_of(ErrorCode::Expectation).exit : 0;
}

}  // namespace

Command replay_command() {
  return {
      "replay",
      "send captures: through a switch in memory, into a running one, or out of an interface",
      {{"FILE", Takes::Text, "", "pcap or pcapng, Ethernet; merged by time", Occurs::AtLeastOnce},
       {"--offline", Takes::Nothing, "", "in memory, on the captures' own clock"},
       {"--topology", Takes::Text, "FILE", "TOML with one [[switch]] of memory: ports"},
       {"--into", Takes::Text, "PORT",
        "offline: where a file goes in, one for each FILE (in); live: SWITCH/PORT, made for it",
        Occurs::Often},
       {"--to", Takes::Text, "SPEC", "live, without a switch: packet:eth0, stream:...",
        Occurs::Often},
       {"-x,--multiplier", Takes::Number, "F", "live: so many times as fast as captured (1)"},
       {"-p,--pps", Takes::Number, "N", "live: so many frames a second"},
       {"-M,--mbps", Takes::Number, "F", "live: so many megabits a second, of frames' bytes"},
       {"-t,--topspeed", Takes::Nothing, "", "live: as fast as the port takes them"},
       {"-l,--loop", Takes::Count, "N", "live: send all so often; 0: until stopped (1)"},
       {"--duration", Takes::Number, "SECONDS", "live: stop after this time"},
       {"-K,--preload-pcap", Takes::Nothing, "", "live: read all into memory first"},
       {"--stats", Takes::Number, "SECONDS", "live: a line so often, in place of the bar"},
       {"-L,--limit", Takes::Count, "N", "stop after so many frames"},
       {"--filter", Takes::Text, "EXPRESSION", "only frames that match, as in tcpdump"},
       {"--map-mac", Takes::Text, "OLD=NEW", "replace an address", Occurs::Often},
       {"--age", Takes::Text, "SECONDS", "forget stations after this time (0s: never)"},
       {"--seed", Takes::Count, "N", "of the table's hash (1)"},
       {"--report", Takes::OneOf, "text|json|csv", "how to print the result (text)"},
       {"--out", Takes::Text, "DIR", "write DIR/PORT.pcap of what left by each port"},
       {"--expect", Takes::Text, "DIR", "compare with such files; exit status 7 if they differ"}},
      replay};
}

}  // namespace laneway::cli

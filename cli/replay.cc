#include <array>
#include <cstdio>
#include <ctime>
#include <ostream>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/replay_offline.h"
#include "switch/drop.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

// RFC 3339 with nanoseconds.
std::string time_text(Nanos since_1970) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since_1970);
  const std::time_t time = whole.count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%09lldZ",
                static_cast<long long>((since_1970 - whole).count()));
  return text.data();
}

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

template <typename Visit>
void for_each_drop(const DropCounts& drops, const Visit& visit) {
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (drops[i] != 0) visit(std::string(name_of(static_cast<Drop>(i))), drops[i]);
  }
}

Object drops_object(const DropCounts& drops) {
  Object object;
  for_each_drop(
      drops, [&](const std::string& reason, std::uint64_t frames) { object.set(reason, frames); });
  return object;
}

void set_expect(Object& body, const ReplayReport& report) {
  if (!report.expect) {
    body.set_null("expect");
    return;
  }
  Object expect;
  expect.set("frames", report.expect->frames).set("different", report.expect->different);
  if (const auto& first = report.expect->first) {
    expect.set("first_difference", Object()
                                       .set("port", first->port)
                                       .set("frame", first->frame)
                                       .set("byte", first->byte)
                                       .set("text", first->text));
  } else {
    expect.set_null("first_difference");
  }
  body.set("expect", expect);
}

void set_counts(Object& body, const ReplayReport& report) {
  body.set("time_backwards", report.time_backwards).set("frames_read", report.frames_read);
  body.set("bytes_read", report.bytes_read).set("frames_copied", report.frames_copied);
  body.set("frames_out", report.frames_out).set("bytes_out", report.bytes_out);
  body.set("frames_replied", report.frames_replied).set("frames_short", report.frames_short);
  body.set("frames_truncated", report.frames_truncated).set("macs_learnt", report.macs_learnt);
  body.set("drops", drops_object(report.drops));
}

void set_times(Object& body, const ReplayReport& report) {
  if (!report.first || !report.last) {
    body.set_null("first").set_null("last").set("capture_seconds", 0.0);
    return;
  }
  body.set("first", time_text(*report.first)).set("last", time_text(*report.last));
  body.set("capture_seconds", seconds(*report.last - *report.first));
}

std::string as_json(const ReplayReport& report) {
  Object body;
  body.set("schema", std::uint64_t{1}).set("report", "replay").set("mode", "offline");
  body.set("result", report.is_different() ? "different" : "ok").set("clock", "capture");
  body.set("wall_seconds", report.wall_seconds).set_null("live");
  std::vector<Object> files;
  for (const auto& file : report.files) {
    files.push_back(Object()
                        .set("path", file.path)
                        .set("format", file.format)
                        .set("into", file.into)
                        .set("frames", file.frames)
                        .set("bytes", file.bytes));
  }
  std::vector<Object> ports;
  for (const auto& port : report.ports) {
    ports.push_back(Object()
                        .set("name", port.name)
                        .set("rx_frames", port.rx_frames)
                        .set("tx_frames", port.tx_frames)
                        .set("drops", drops_object(port.drops)));
  }
  body.set("files", files).set("ports", ports);
  set_times(body, report);
  set_counts(body, report);
  set_expect(body, report);
  return body.dump();
}

void print_csv(const ReplayReport& report, std::ostream& out) {
  out << "frames_read,bytes_read,frames_copied,frames_out,bytes_out,frames_replied,frames_short,"
         "frames_truncated,macs_learnt,time_backwards";
  for_each_drop(report.drops,
                [&](const std::string& reason, std::uint64_t) { out << ",drop_" << reason; });
  out << '\n'
      << report.frames_read << ',' << report.bytes_read << ',' << report.frames_copied << ','
      << report.frames_out << ',' << report.bytes_out << ',' << report.frames_replied << ','
      << report.frames_short << ',' << report.frames_truncated << ',' << report.macs_learnt << ','
      << report.time_backwards;
  for_each_drop(report.drops,
                [&](const std::string&, std::uint64_t frames) { out << ',' << frames; });
  out << '\n';
}

void print_text(const ReplayReport& report, std::ostream& out) {
  std::uint64_t dropped = 0;
  std::string reasons;
  for_each_drop(report.drops, [&](const std::string& reason, std::uint64_t frames) {
    dropped += frames;
    reasons += (reasons.empty() ? " (" : ", ") + reason + " " + std::to_string(frames);
  });
  if (!reasons.empty()) reasons += ")";
  out << "read      " << report.frames_read << " frames, " << report.bytes_read << " bytes; "
      << report.frames_short << " short, " << report.frames_truncated << " truncated\n"
      << "switch    out " << report.frames_out << "  copied " << report.frames_copied
      << "  replied " << report.frames_replied << "  dropped " << dropped << reasons << '\n'
      << "learnt    " << report.macs_learnt << " addresses\n";
  if (report.time_backwards != 0) {
    out << "time      " << report.time_backwards << " frames earlier than the one before\n";
  }
  if (!report.expect) return;
  out << "expected  " << report.expect->frames << " frames, " << report.expect->different
      << " different\n";
  if (const auto& first = report.expect->first) {
    out << "          first: port " << first->port << ", frame " << first->frame << ", byte "
        << first->byte << ": " << first->text << '\n';
  }
}

int replay(const Arguments& arguments, Session& session) {
  if (!arguments.has("offline")) {
    throw Error(ErrorCode::Usage,
                "replay: --offline is needed: this version replays in memory only",
                "laneway replay --offline FILE");
  }
  const ReplayReport report = replay_offline(options_of(arguments));
  const std::string format = session.json ? "json" : arguments.text_or("report", "text");
  if (format == "json") {
    session.out << as_json(report) << '\n';
  } else if (format == "csv") {
    print_csv(report, session.out);
  } else {
    print_text(report, session.out);
  }
  return report.is_different() ? kind_of(ErrorCode::Expectation).exit : 0;
}

}  // namespace

Command replay_command() {
  return {
      "replay",
      "send captures through a switch in memory and count what becomes of each frame",
      {{"FILE", Takes::Text, "", "pcap or pcapng, Ethernet; merged by time", Occurs::AtLeastOnce},
       {"--offline", Takes::Nothing, "", "in memory, on the captures' own clock"},
       {"--topology", Takes::Text, "FILE", "TOML with one [[switch]] of memory: ports"},
       {"--into", Takes::Text, "PORT", "where a file goes in, one for each FILE (in)",
        Occurs::Often},
       {"--limit", Takes::Count, "N", "stop after so many frames"},
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

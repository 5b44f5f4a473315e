#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <functional>
#include <mutex>

#include <sched.h>

#include "cli/bench_files.h"
#include "cli/bench_tests.h"
#include "cli/commands.h"
#include "cli/memory_bed.h"
#include "cli/port_bed.h"
#include "cli/progress.h"
#include "cli/replay_ports.h"
#include "cli/stop_signals.h"
#include "ports/eal.h"
#include "switch/buffer.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

constexpr std::size_t kBuffers = 16384;  // bursts and the queues of ports

// Thrown to end a test at the next trial.
struct Stopped {};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    words.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

double ratio_of(const Arguments& arguments, std::string_view key, double otherwise) {
  const auto text = arguments.text(key);
  if (!text) return otherwise;
  constexpr double kPercent = 100;
  const std::string digits = text->substr(0, text->size() - (text->ends_with('%') ? 1U : 0U));
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0' || value <= 0 || value >= kPercent) {
    throw Error(ErrorCode::Usage,
                "--" + std::string(key) + ": expected a percentage above 0 %, got \"" + *text + '"',
                "--" + std::string(key) + " 0.5%");
  }
  return value / kPercent;
}

double seconds_of(const std::string& text) {
  const std::string digits = text.substr(0, text.size() - (text.ends_with('s') ? 1U : 0U));
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  constexpr double kHour = 3600;
  if (!digits.empty() && *end == '\0' && value >= 0.01 && value <= kHour) return value;
  throw Error(ErrorCode::Usage, "--trial: expected 0.01s to 3600s, got \"" + text + '"',
              "--trial 2s");
}

BenchConfig config_of(const Arguments& arguments, const std::string& test) {
  BenchConfig config;
  const bool one_size = test == "caching" || test == "learning" || test == "scale";
  config.sizes =
      words_of(arguments.text_or("sizes", one_size ? "64" : "64,128,256,512,1024,1280,1518"));
  for (const std::string& size : config.sizes) sizes_of(size);
  constexpr std::uint64_t kLearnt = 10000;
  config.stations = arguments.count("stations").value_or(test == "learning" ? kLearnt : 2);
  if (config.stations < 2 || config.stations % 2 != 0) {
    throw Error(ErrorCode::Usage, "--stations: expected an even number, half behind each port",
                "--stations 2");
  }
  config.translate = arguments.has("translate");
  config.trial_seconds = seconds_of(arguments.text_or("trial", "2s"));
  config.repeat = arguments.count("repeat").value_or(config.repeat);
  if (config.repeat == 0) throw Error(ErrorCode::Usage, "--repeat: expected 1 or more, got 0");
  config.precision_ratio = ratio_of(arguments, "precision", config.precision_ratio);
  config.pdr_loss_ratio = ratio_of(arguments, "pdr", config.pdr_loss_ratio);
  return config;
}

// The last CPU that this process may use; -1 if it has but one.
int worker_cpu() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 2) return -1;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) return cpu;
  }
  return -1;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

using TestFunction = void (BenchTests::*)();

TestFunction test_called(const std::string& name) {
  if (name == "ndr") return &BenchTests::ndr;
  if (name == "latency") return &BenchTests::latency;
  if (name == "caching") return &BenchTests::caching;
  if (name == "learning") return &BenchTests::learning;
  if (name == "flood") return &BenchTests::flood;
  return &BenchTests::scale;
}

std::size_t ports_of(const std::string& test) {
  constexpr std::size_t kFlooded = 4;
  return test == "caching" ? 3 : test == "flood" ? kFlooded : 2;
}

void note_machine(BenchReport& report) {
  const Environment& machine = report.environment;
  if (machine.virtual_machine) {
    report.notes.emplace_back("measured inside a virtual machine: compare runs on this host only");
  }
  if (machine.cpus < 2) {
    report.notes.emplace_back("one CPU only: whatever else runs takes it from the switch");
  }
  if (machine.build != "release")
    report.notes.emplace_back("a debug build: the rates mean nothing");
}

// "dpdk:A,dpdk:B": a comma before the kind of a port parts two, others belong to a spec.
std::pair<std::string, std::string> two_specs(const std::string& text) {
  for (std::size_t at = text.find(','); at != std::string::npos; at = text.find(',', at + 1)) {
    const std::size_t colon = text.find(':', at);
    if (colon == std::string::npos || text.find_first_of("=,", at + 1) < colon) continue;
    return {text.substr(0, at), text.substr(at + 1)};
  }
  throw Error(ErrorCode::Usage, "--ports: expected memory or two port specs, got \"" + text + '"',
              "--ports memory, or --ports packet:eth1,packet:eth2");
}

// The tests of a switch of ours, or of what lies between two ports.
std::unique_ptr<Testbed> bed_of(const Arguments& arguments, const BenchReport& report,
                                BufferPool& pool, const std::atomic<bool>& stop) {
  const std::string ports = arguments.text_or("ports", "memory");
  if (ports == "memory") {
    return std::make_unique<MemoryBed>(
        MemoryBed::Options{ports_of(report.test), report.config.translate, worker_cpu(), &stop},
        pool);
  }
  if (report.config.translate) {
    throw Error(ErrorCode::Usage,
                "bench: --translate is for --ports memory: other ports lead to a "
                "switch that is as it is",
                "leave it out");
  }
  const auto [left, right] = two_specs(ports);
  LivePort a = open_live_port(left, pool, true), b = open_live_port(right, pool, true);
  return std::make_unique<PortBed>(
      std::array<PortBed::End, 2>{PortBed::End{a.name, std::move(a.port)},
                                  PortBed::End{b.name, std::move(b.port)}},
      pool, stop);
}

// Writes where --out says, else to standard output.
void write_to(const Arguments& arguments, Session& session,
              const std::function<void(std::ostream&)>& print) {
  const auto path = arguments.text("out");
  if (!path) return print(session.out);
  std::ofstream file(*path);
  if (file) print(file);
  if (!file.flush()) throw system_error("cannot write " + *path, ErrorCode::Io);
}

void print(const BenchReport& report, const std::string& format, bool colour, std::ostream& out) {
  if (format == "json") {
    print_json(report, out);
  } else if (format == "csv") {
    print_csv(report, out);
  } else {
    print_text(report, out, colour);
  }
}

int measure(const Arguments& arguments, Session& session, const std::string& test) {
  BenchReport report;
  report.test = test;
  report.config = config_of(arguments, test);
  report.title = arguments.text_or("title", "");
  report.started = now_text();
  report.environment = Environment::of_this_machine();
  note_machine(report);
  constexpr std::size_t kMemory = 128;  // MiB, buffers and the large ones
  const Eal eal({.memory_mib = kMemory + MempoolBuffers::kLargeMebibytes,
                 .hugepages = false,
                 .arguments = {},
                 .log = {}});
  const StopSignals signals;
  const auto pool = std::make_unique<MempoolBuffers>("bench", kBuffers);
  const auto bed = bed_of(arguments, report, *pool, signals.asked());
  report.config.ports = bed->ports();

  std::mutex lock;
  std::string what;
  double done = 0;
  const auto watch = [&](const std::string& now, double part) {
    if (signals.asked()) throw Stopped{};
    const std::lock_guard held(lock);
    what = now;
    done = part;
  };
  BenchTests tests(*bed, report, watch);
  try {
    const auto line = [&](double /*elapsed*/, bool with_bar) {
      const std::lock_guard held(lock);
      const std::string percent = std::to_string(static_cast<int>(100 * done)) + " %  ";
      return test + "  " + (with_bar ? Progress::bar(done) + "  " : "") + percent + what;
    };
    const std::chrono::duration<double> period(std::stod(arguments.text_or("stats", "1")));
    const Progress progress(progress_style(arguments, session), period, line, session.err);
    (tests.*test_called(test))();
  } catch (const Stopped&) {
    report.notes.emplace_back("stopped before its end");
  }
  const std::string format = session.json ? "json" : arguments.text_or("format", "text");
  const bool colour = session.colour && !arguments.has("out");
  write_to(arguments, session, [&](std::ostream& out) { print(report, format, colour, out); });
  return signals.asked() ? signals.exit_status() : 0;
}

int compare_files(const Arguments& arguments, Session& session) {
  const auto& paths = arguments.all("FILE");
  if (paths.size() != 2) {
    throw Error(ErrorCode::Usage, "bench compare: expected two files, OLD NEW",
                "laneway bench compare old.json new.json");
  }
  const BenchComparison comparison =
      compare(read_bench_file(paths[0]), read_bench_file(paths[1]), arguments.has("force"));
  write_to(arguments, session, [&](std::ostream& out) {
    session.json ? print_json(comparison, out) : print_text(comparison, out, session.colour);
  });
  if (!arguments.has("fail-under")) return 0;
  const double allowed = ratio_of(arguments, "fail-under", 0);
  return comparison.worst_fall() > allowed ? kind_of(ErrorCode::Expectation).exit : 0;
}

int plot_files(const Arguments& arguments, Session& session) {
  std::vector<BenchFile> files;
  for (const std::string& path : arguments.all("FILE")) files.push_back(read_bench_file(path));
  if (files.empty()) {
    throw Error(ErrorCode::Usage, "bench plot: no report given",
                "laneway bench plot report.json --out report.html");
  }
  write_to(arguments, session, [&](std::ostream& out) { plot(files, out); });
  return 0;
}

int bench(const Arguments& arguments, Session& session) {
  const std::string test = *arguments.text("TEST");
  if (test == "compare") return compare_files(arguments, session);
  if (test == "plot") return plot_files(arguments, session);
  if (arguments.has("FILE")) {
    throw Error(ErrorCode::Usage,
                "bench " + test + ": unexpected argument '" + arguments.all("FILE").front() + "'",
                "laneway bench --help");
  }
  return measure(arguments, session, test);
}

}  // namespace

Command bench_command() {
  return {
      "bench",
      "measure what a switch carries: rates without loss, latency, tables",
      {{"TEST", Takes::OneOf, "ndr|latency|caching|learning|flood|scale|compare|plot",
        "what to measure; or compare OLD NEW, or plot reports into a page", Occurs::Once},
       {"FILE", Takes::Text, "", "compare, plot: reports that --json wrote", Occurs::Often},
       {"--ports", Takes::Text, "PORTS",
        "memory: the switch alone, or SPEC,SPEC: what lies between two ports (memory)"},
       {"--sizes", Takes::Text, "SIZES",
        "bytes with FCS, 64 to 9216, or imix (64,128,256,512,1024,1280,1518)"},
       {"--stations", Takes::Count, "N", "in all, half behind each port (2)"},
       {"--trial", Takes::Text, "SECONDS", "length of a trial (2s)"},
       {"--repeat", Takes::Count, "N", "runs, whose median is told (5)"},
       {"--precision", Takes::Text, "PERCENT", "width of the interval that is told (0.5%)"},
       {"--pdr", Takes::Text, "PERCENT", "loss that the partial drop rate allows (0.5%)"},
       {"--translate", Takes::Nothing, "", "one port is a Wi-Fi uplink: addresses are translated"},
       {"--title", Takes::Text, "TEXT", "stands in the report"},
       {"--format", Takes::OneOf, "text|json|csv", "how to print it (text)"},
       {"--out", Takes::Text, "FILE", "write it there"},
       {"--fail-under", Takes::Text, "PERCENT", "compare: status 7 if a figure fell by more"},
       {"--force", Takes::Nothing, "", "compare: also what different machines measured"},
       {"--stats", Takes::Number, "SECONDS", "a line so often, in place of the bar"}},
      bench};
}

}  // namespace laneway::cli

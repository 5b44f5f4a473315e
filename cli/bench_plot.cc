#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/bench_files.h"
#include "switch/descriptor.h"
#include "switch/error.h"

extern char** environ;

namespace laneway::cli {

namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

// A file without a name, for the other end of a child's standard input or output.
Descriptor memory_file(const std::string& text) {
  Descriptor file(check(memfd_create("laneway-plot", MFD_CLOEXEC), "plot: memfd"));
  if (pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw system_error("plot: write the script", ErrorCode::Io);
  }
  return file;
}

std::string contents(const Descriptor& file) {
  std::string text(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  const ssize_t got = pread(file.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

// The SVG that gnuplot makes of `script`.
std::string drawn(const std::string& script) {
  const Descriptor in = memory_file(script);
  const Descriptor out = memory_file("");
  const Descriptor err = memory_file("");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  std::string name = "gnuplot";
  std::array<char*, 2> arguments{name.data(), nullptr};
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw Error(ErrorCode::Unsupported,
                "plot: gnuplot cannot be run: " + std::string(std::strerror(failed)),
                "apt-get install gnuplot-nox");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const std::string svg = contents(out);
  const std::size_t start = svg.find("<svg");
  if (status == 0 && start != std::string::npos) return svg.substr(start);
  throw Error(ErrorCode::Unsupported, "plot: gnuplot failed: " + contents(err));
}

// Points of a curve in the order of `items`; those without a value are left out.
struct Curve {
  std::string title;
  std::vector<std::pair<std::string, double>> points;
};

struct Chart {
  std::string title;
  std::string x;
  std::string y;
  std::string axes;  // further gnuplot commands
  std::vector<Curve> curves;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'') out += '\'';
    if (static_cast<unsigned char>(letter) >= ' ') out += letter;
  }
  return out + "'";
}

// Places on the x axis are named, so that sizes stand beside each other as they were measured.
std::string script_of(const Chart& chart) {
  std::ostringstream script;
  script << "set terminal svg size 860,420 dynamic font 'sans,12' noenhanced\n"
         << "set title " << quoted(chart.title) << "\nset xlabel " << quoted(chart.x)
         << "\nset ylabel " << quoted(chart.y)
         << "\nset grid ytics\nset key outside bottom center horizontal\nset yrange [0:*]\n"
         << chart.axes;
  for (std::size_t at = 0; at < chart.curves.size(); ++at) {
    script << "$curve" << at << " << EOD\n";
    for (const auto& [x, y] : chart.curves[at].points) script << x << ' ' << y << '\n';
    script << "EOD\n";
  }
  for (std::size_t at = 0; at < chart.curves.size(); ++at) {
    script << (at == 0 ? "plot " : ", ") << "$curve" << at
           << " using 0:2:xtic(1) with linespoints pointtype 7 title "
           << quoted(chart.curves[at].title);
  }
  script << '\n';
  return script.str();
}

constexpr double kMega = 1e6;
constexpr double kMicro = 1e3;

Curve rates(const BenchFile& file, const char* figure, const char* along) {
  Curve curve{file.report["title"].text("").empty() ? file.path : file.report["title"].text(), {}};
  curve.title += std::string(" ") + (std::string(figure) == "mrr_pps" ? "MRR" : "NDR");
  for (const Value& result : file.report["results"].items()) {
    if (result[figure].is_null() || result[along].is_null()) continue;
    curve.points.emplace_back(result[along].text(), result[figure].number() / kMega);
  }
  return curve;
}

void add_if_any(Chart& chart, Curve curve) {
  if (!curve.points.empty()) chart.curves.push_back(std::move(curve));
}

std::vector<Chart> charts_of(const std::vector<BenchFile>& files) {
  Chart by_size{"Throughput", "frame size, bytes with FCS", "Mpps, both directions", "", {}};
  Chart by_stations{"Throughput by table size", "stations", "Mpps, both directions", "", {}};
  Chart latency{"Latency", "percentile", "microseconds", "set logscale y\nset yrange [*:*]\n", {}};
  for (const BenchFile& file : files) {
    const bool varied = !file.report["results"].items().front()["stations"].is_null();
    for (const char* figure : {"ndr_lower_pps", "mrr_pps"}) {
      add_if_any(varied ? by_stations : by_size, rates(file, figure, varied ? "stations" : "size"));
    }
    for (const Value& result : file.report["results"].items()) {
      for (const Value& load : result["latency_ns"].items()) {
        std::ostringstream title;
        title << result["size"].text() << " bytes, " << load["load_ratio"].number() * 100
              << " % of PDR";
        Curve curve{title.str(), {}};
        for (const char* at : {"p50", "p90", "p99", "max"}) {
          curve.points.emplace_back(at, load[at].number() / kMicro);
        }
        latency.curves.push_back(std::move(curve));
      }
    }
  }
  std::vector<Chart> charts;
  for (Chart* chart : {&by_size, &by_stations, &latency}) {
    if (!chart->curves.empty()) charts.push_back(std::move(*chart));
  }
  return charts;
}

void print_results(const BenchFile& file, std::ostream& out) {
  constexpr std::array<const char*, 8> kColumns{
      "size",          "stations", "ndr_lower_pps", "ndr_upper_pps",
      "pdr_lower_pps", "mrr_pps",  "ns_per_frame",  "relative_stdev_ratio"};
  out << "<table><tr>";
  for (const char* column : kColumns) out << "<th>" << column << "</th>";
  out << "</tr>\n";
  for (const Value& result : file.report["results"].items()) {
    out << "<tr>";
    for (const char* column : kColumns) out << "<td>" << escaped(result[column].text()) << "</td>";
    out << "</tr>\n";
  }
  out << "</table>\n<p>";
  for (const auto& [key, value] : file.report["environment"].members()) {
    out << escaped(key) << ": " << escaped(value.text()) << "<br>\n";
  }
  for (const Value& note : file.report["notes"].items()) out << escaped(note.text()) << "<br>\n";
  out << "</p>\n";
}

}  // namespace

void plot(const std::vector<BenchFile>& files, std::ostream& out) {
  std::vector<std::string> drawings;
  for (const Chart& chart : charts_of(files)) drawings.push_back(drawn(script_of(chart)));
  out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>laneway "
         "bench</title>\n"
         "<style>body{font:15px sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
         "svg{width:100%;height:auto}td,th{padding:.2rem .7rem;text-align:right}"
         "table{border-collapse:collapse}tr{border-bottom:1px solid #ddd}</style></head><body>\n";
  for (const std::string& drawing : drawings) out << drawing << '\n';
  for (const BenchFile& file : files) {
    out << "<h2>"
        << escaped(file.report["title"].text("").empty() ? file.path : file.report["title"].text())
        << ": " << escaped(file.report["test"].text()) << ", "
        << escaped(file.report["started"].text()) << "</h2>\n";
    print_results(file, out);
  }
  out << "</body></html>\n";
}

}  // namespace laneway::cli

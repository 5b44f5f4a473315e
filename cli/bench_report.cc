#include "cli/bench_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <utility>

#include "cli/json.h"
#include "cli/table.h"

namespace laneway::cli {

namespace {

constexpr double kNanos = 1e9;

void set_or_null(Object& object, std::string_view key, const std::string& text) {
  text.empty() ? object.set_null(key) : object.set(key, text);
}

template <typename Number>
void set_or_null(Object& object, std::string_view key, const std::optional<Number>& value) {
  value ? object.set(key, *value) : object.set_null(key);
}

std::uint64_t whole(double rate) { return static_cast<std::uint64_t>(std::llround(rate)); }

void set_bounds(Object& object, const std::string& name, const std::optional<RateBounds>& bounds) {
  for (const auto& [suffix, which] :
       {std::pair("_lower_pps", &RateBounds::lower), std::pair("_upper_pps", &RateBounds::upper)}) {
    bounds ? object.set(name + suffix, whole((*bounds).*which)) : object.set_null(name + suffix);
  }
}

void set_rate(Object& object, std::string_view key, const std::optional<double>& rate) {
  rate ? object.set(key, whole(*rate)) : object.set_null(key);
}

std::optional<double> ns_per_frame(const BenchResult& result) {
  const double rate = result.ndr ? result.ndr->lower : result.mrr_pps.value_or(0);
  return rate > 0 ? std::optional(kNanos / rate) : std::nullopt;
}

Object latency_object(const Percentiles& one) {
  return Object()
      .set("load_ratio", one.load_ratio)
      .set("p50", one.p50)
      .set("p90", one.p90)
      .set("p99", one.p99)
      .set("max", one.max);
}

Object result_object(const BenchResult& result) {
  Object object;
  object.set("size", result.size);
  set_or_null(object, "stations", result.stations);
  set_bounds(object, "ndr", result.ndr);
  set_bounds(object, "pdr", result.pdr);
  set_rate(object, "mrr_pps", result.mrr_pps);
  result.ndr ? object.set("ndr_lower_bps", whole(result.ndr->lower * result.wire_bits))
             : object.set_null("ndr_lower_bps");
  set_or_null(object, "ns_per_frame", ns_per_frame(result));
  set_or_null(object, "relative_stdev_ratio", result.relative_stdev_ratio);
  set_or_null(object, "capacity", result.capacity);
  set_rate(object, "learning_pps", result.learning_pps);
  if (result.latency.empty()) {
    object.set_null("latency_ns");
  } else {
    std::vector<Object> loads;
    for (const Percentiles& one : result.latency) loads.push_back(latency_object(one));
    object.set("latency_ns", loads);
  }
  return object;
}

Object config_object(const BenchConfig& config) {
  return Object()
      .set("ports", config.ports)
      .set("sizes", config.sizes)
      .set("stations", std::uint64_t{config.stations})
      .set("translate", config.translate)
      .set("trial_seconds", config.trial_seconds)
      .set("repeat", std::uint64_t{config.repeat})
      .set("precision_ratio", config.precision_ratio)
      .set("pdr_loss_ratio", config.pdr_loss_ratio)
      .set("workers", std::uint64_t{1})
      .set("seed", std::uint64_t{1});
}

Object environment_object(const Environment& environment) {
  Object object;
  object.set("laneway", environment.laneway);
  set_or_null(object, "commit", environment.commit);
  object.set("build", environment.build).set("compiler", environment.compiler);
  object.set("dpdk", environment.dpdk).set("kernel", environment.kernel);
  set_or_null(object, "cpu", environment.cpu);
  object.set("cpus", std::uint64_t{environment.cpus});
  object.set("isolated_cpus", std::uint64_t{environment.isolated_cpus});
  set_or_null(object, "governor", environment.governor);
  object.set("virtual_machine", environment.virtual_machine);
  object.set("hugepages", environment.hugepages);
  return object;
}

Object trial_object(const Trial& trial) {
  return Object()
      .set("size", trial.size)
      .set("run", std::uint64_t{trial.run})
      .set("seconds", trial.seconds)
      .set("offered_pps", whole(trial.offered_pps))
      .set("sent_frames", trial.sent)
      .set("received_frames", trial.received)
      .set("loss_ratio", trial.loss_ratio())
      .set("valid", trial.valid)
      .set("duration_ns", trial.duration_ns);
}

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

// "21.42 Mpps"
std::string rate(double pps) {
  constexpr double kMega = 1e6, kKilo = 1e3;
  if (pps >= kMega) return formatted("%.2f Mpps", pps / kMega);
  return pps >= kKilo ? formatted("%.1f kpps", pps / kKilo) : formatted("%.0f pps", pps);
}

std::string bound(const std::optional<RateBounds>& bounds, double RateBounds::*which) {
  return bounds ? rate((*bounds).*which) : "-";
}

std::string microseconds(std::uint64_t ns) {
  constexpr double kMicro = 1e3;
  return formatted("%.1f us", static_cast<double>(ns) / kMicro);
}

void print_rates(const BenchReport& report, std::ostream& out, bool colour) {
  const bool varied = report.results.front().stations.has_value();
  std::vector<std::string> heading{"FRAME"};
  if (varied) heading.emplace_back("STATIONS");
  for (const std::string& word :
       {std::string("NDR_LOWER"), std::string("NDR_UPPER"),
        "PDR(" + formatted("%g", report.config.pdr_loss_ratio * 100) + " %)", std::string("MRR"),
        std::string("ns/frame"), std::string("stdev")}) {
    heading.push_back(word);
  }
  Table table(heading);
  for (const BenchResult& result : report.results) {
    std::vector<std::string> cells{result.size};
    if (varied) cells.push_back(std::to_string(result.stations.value_or(0)));
    cells.push_back(bound(result.ndr, &RateBounds::lower));
    cells.push_back(bound(result.ndr, &RateBounds::upper));
    cells.push_back(bound(result.pdr, &RateBounds::lower));
    cells.push_back(result.mrr_pps ? rate(*result.mrr_pps) : "-");
    const auto cost = ns_per_frame(result);
    cells.push_back(cost ? formatted("%.1f", *cost) : "-");
    cells.push_back(result.relative_stdev_ratio
                        ? formatted("%.1f %%", *result.relative_stdev_ratio * 100)
                        : "-");
    table.add(cells);
  }
  table.print(out, colour);
}

void print_latency(const BenchReport& report, std::ostream& out, bool colour) {
  Table table({"FRAME", "LOAD", "p50", "p90", "p99", "max"});
  for (const BenchResult& result : report.results) {
    for (const Percentiles& one : result.latency) {
      table.add({result.size, formatted("%.0f %% of PDR", one.load_ratio * 100),
                 microseconds(one.p50), microseconds(one.p90), microseconds(one.p99),
                 microseconds(one.max)});
    }
  }
  table.print(out, colour);
}

void print_stations(const BenchReport& report, std::ostream& out) {
  for (const BenchResult& result : report.results) {
    if (result.capacity) out << "stations kept    " << *result.capacity << '\n';
    if (result.learning_pps) out << "learning rate    " << rate(*result.learning_pps) << '\n';
  }
}

void print_machine(const Environment& machine, std::ostream& out) {
  out << "host: " << machine.cpus << (machine.cpus == 1 ? " CPU" : " CPUs");
  if (!machine.cpu.empty()) out << " " << printable(machine.cpu);
  if (machine.virtual_machine) out << " (virtual machine)";
  out << ", " << (machine.isolated_cpus == 0 ? "no isolcpus" : "isolcpus") << ", "
      << (machine.hugepages ? "" : "no ") << "hugepages, " << machine.dpdk << ", "
      << machine.compiler << " " << machine.build;
  if (!machine.commit.empty()) out << ", commit " << machine.commit;
  out << '\n';
}

}  // namespace

void print_json(const BenchReport& report, std::ostream& out) {
  Object body;
  body.set("schema", std::uint64_t{1}).set("report", "bench").set("test", report.test);
  body.set("title", report.title).set("started", report.started).set("result", "ok");
  body.set("config", config_object(report.config));
  body.set("environment", environment_object(report.environment)).set("notes", report.notes);
  std::vector<Object> results, trials;
  for (const BenchResult& result : report.results) results.push_back(result_object(result));
  for (const Trial& trial : report.trials) trials.push_back(trial_object(trial));
  body.set("results", results).set("trials", trials);
  out << body.dump() << '\n';
}

void print_csv(const BenchReport& report, std::ostream& out) {
  out << "test,size,run,seconds,offered_pps,sent_frames,received_frames,loss_ratio,valid,"
         "duration_ns\n";
  for (const Trial& trial : report.trials) {
    out << report.test << ',' << trial.size << ',' << trial.run << ',' << trial.seconds << ','
        << whole(trial.offered_pps) << ',' << trial.sent << ',' << trial.received << ','
        << trial.loss_ratio() << ',' << (trial.valid ? "true" : "false") << ',' << trial.duration_ns
        << '\n';
  }
}

void print_text(const BenchReport& report, std::ostream& out, bool colour) {
  if (!report.title.empty()) out << printable(report.title) << '\n';
  if (!report.results.empty()) {
    const BenchResult& first = report.results.front();
    if (first.ndr || first.mrr_pps) print_rates(report, out, colour);
    if (!first.latency.empty()) print_latency(report, out, colour);
    print_stations(report, out);
  }
  print_machine(report.environment, out);
  for (const std::string& note : report.notes) out << "note: " << note << '\n';
}

}  // namespace laneway::cli

// cli/bench_report.h: what a bench found, on what machine, and how it is printed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/rate_search.h"
#include "cli/testbed.h"

namespace laneway::cli {

struct Percentiles {
  double load_ratio = 0;  // of PDR
  std::uint64_t p50 = 0;  // ns
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t max = 0;
};

// Of one frame size, or of one number of stations. Rates are of all ports together.
struct BenchResult {
  std::string size;
  std::optional<std::uint64_t> stations;  // of tests that vary them
  std::optional<RateBounds> ndr;          // medians of the runs
  std::optional<RateBounds> pdr;
  std::optional<double> mrr_pps;
  std::optional<double> relative_stdev_ratio;  // of the runs' NDR
  double wire_bits = 0;                        // of a frame, preamble, FCS and gap included
  std::vector<Percentiles> latency;
  std::optional<std::uint64_t> capacity;  // stations that were kept (caching)
  std::optional<double> learning_pps;     // (learning)
};

struct BenchConfig {
  std::vector<std::string> ports;
  std::vector<std::string> sizes;
  std::size_t stations = 2;  // of all ports together
  bool translate = false;
  double trial_seconds = 2;
  std::size_t repeat = 5;
  double precision_ratio = 0.005;
  double pdr_loss_ratio = 0.005;
};

struct BenchReport {
  std::string test;  // "ndr", "latency", …
  std::string title;
  std::string started;  // RFC 3339
  BenchConfig config;
  Environment environment;
  std::vector<std::string> notes;
  std::vector<BenchResult> results;
  std::vector<Trial> trials;
};

void print_json(const BenchReport& report, std::ostream& out);
void print_csv(const BenchReport& report, std::ostream& out);  // a row a trial
void print_text(const BenchReport& report, std::ostream& out, bool colour);

}  // namespace laneway::cli

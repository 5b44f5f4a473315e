// cli/bench_files.h: what is done with bench reports that were kept as JSON: compared, and drawn.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/json.h"

namespace laneway::cli {

struct BenchFile {
  std::string path;
  Value report;
};

// Throws Error (Io; BadRequest if it is no bench report).
BenchFile read_bench_file(const std::string& path);

struct BenchComparison {
  struct Row {
    std::string size;
    std::string stations;  // "-" unless the test varies them
    std::string what;      // "ndr_lower_pps", …
    double before = 0;
    double after = 0;
    double ratio() const noexcept { return before > 0 ? after / before : 1; }
  };
  std::vector<Row> rows;
  // How much the worst one fell, 0 to 1.
  double worst_fall() const noexcept;
};

// Rows that both have, of every figure where more is better. Throws Error (Expectation) if the
// tests or, unless `force`, the machines are not the same.
BenchComparison compare(const BenchFile& before, const BenchFile& after, bool force);
void print_json(const BenchComparison& comparison, std::ostream& out);
void print_text(const BenchComparison& comparison, std::ostream& out, bool colour);

// One HTML page that needs nothing else: rates by frame size and by stations, latencies, tables.
// The curves are gnuplot's. Throws Error (Unsupported if it is not installed; Io).
void plot(const std::vector<BenchFile>& files, std::ostream& out);

}  // namespace laneway::cli

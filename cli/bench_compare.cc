#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>

#include "cli/bench_files.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

constexpr std::array<const char*, 5> kFigures{"ndr_lower_pps", "pdr_lower_pps", "mrr_pps",
                                              "learning_pps", "capacity"};
constexpr std::array<const char*, 3> kMachine{"cpu", "cpus", "virtual_machine"};

void require_alike(const BenchFile& before, const BenchFile& after, bool force) {
  const auto differ = [&](const std::string& what, const Value& a, const Value& b,
                          const std::string& fix) {
    throw Error(ErrorCode::Expectation,
                before.path + " and " + after.path + ": " + what + " differs: " + a.text() +
                    " and " + b.text(),
                fix);
  };
  const Value one = before.report, two = after.report;
  if (one["test"].text() != two["test"].text()) {
    differ("the test", one["test"], two["test"], "compare reports of one test");
  }
  if (force) return;
  for (const char* key : kMachine) {
    const Value a = one["environment"][key], b = two["environment"][key];
    if (a.text() == b.text()) continue;
    differ(std::string("the machine's ") + key, a, b, "--force, if you know what it means");
  }
}

void add_rows(BenchComparison& comparison, const Value& before, const Value& after) {
  for (const char* figure : kFigures) {
    if (before[figure].is_null() || after[figure].is_null()) continue;
    comparison.rows.push_back({before["size"].text(), before["stations"].text(), figure,
                               before[figure].number(), after[figure].number()});
  }
}

}  // namespace

BenchFile read_bench_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw system_error(path + ": cannot be opened", ErrorCode::Io);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::BadRequest, path + ": no bench report: " + why,
                 "laneway bench ndr --json > " + path, path);
  };
  try {
    Value report = Value::parse(text);
    if (report["report"].text() != "bench") throw refuse("\"report\" is not \"bench\"");
    if (report["schema"].count() != 1) throw refuse("schema " + report["schema"].text());
    if (report["results"].items().empty()) throw refuse("it has no results");
    return {path, report};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::BadRequest) throw;
    throw refuse("not JSON");
  }
}

double BenchComparison::worst_fall() const noexcept {
  double worst = 0;
  for (const Row& row : rows) worst = std::max(worst, 1 - row.ratio());
  return worst;
}

BenchComparison compare(const BenchFile& before, const BenchFile& after, bool force) {
  require_alike(before, after, force);
  BenchComparison comparison;
  for (const Value& one : before.report["results"].items()) {
    for (const Value& two : after.report["results"].items()) {
      const bool same = one["size"].text() == two["size"].text() &&
                        one["stations"].text() == two["stations"].text();
      if (same) add_rows(comparison, one, two);
    }
  }
  if (!comparison.rows.empty()) return comparison;
  throw Error(ErrorCode::Expectation,
              before.path + " and " + after.path + ": no size or number of stations is in both",
              "measure with the same --sizes and --stations");
}

void print_json(const BenchComparison& comparison, std::ostream& out) {
  std::vector<Object> rows;
  for (const BenchComparison::Row& row : comparison.rows) {
    Object object;
    object.set("size", row.size).set("figure", row.what);
    row.stations == "-" ? object.set_null("stations") : object.set_word("stations", row.stations);
    rows.push_back(
        object.set("before", row.before).set("after", row.after).set("ratio", row.ratio()));
  }
  out << Object()
             .set("schema", std::uint64_t{1})
             .set("report", "bench_compare")
             .set("worst_fall_ratio", comparison.worst_fall())
             .set("rows", rows)
             .dump()
      << '\n';
}

void print_text(const BenchComparison& comparison, std::ostream& out, bool colour) {
  Table table({"FRAME", "STATIONS", "FIGURE", "BEFORE", "AFTER", "RATIO"});
  for (const BenchComparison::Row& row : comparison.rows) {
    std::array<char, 16> ratio{};
    std::snprintf(ratio.data(), ratio.size(), "%.3f", row.ratio());
    table.add({row.size, row.stations, row.what,
               std::to_string(static_cast<std::uint64_t>(row.before)),
               std::to_string(static_cast<std::uint64_t>(row.after)), ratio.data()});
  }
  table.print(out, colour);
}

}  // namespace laneway::cli

#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/demo.h"
#include "cli/json.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

const DemoStep* find(const DemoReport& report, const std::string& run, const std::string& step) {
  for (const DemoStep& one : report.steps) {
    if (one.run == run && one.step == step) return &one;
  }
  return nullptr;
}

std::string cell(const DemoStep* step) {
  if (step == nullptr) return "-";
  return step->ok() ? step->text : step->text + " (expected: " + step->expected + ")";
}

std::string outcome(const DemoReport& report, const std::string& run) {
  const bool good = std::all_of(report.steps.begin(), report.steps.end(),
                                [&](const DemoStep& step) { return step.run != run || step.ok(); });
  return good ? "as expected" : "NOT as expected";
}

std::string written(const DemoReport& report) {
  std::string names;
  for (const std::string& name : report.captures)
    names += (names.empty() ? "; wrote " : ", ") + name;
  return names.empty() ? names : names + ": open both in Wireshark";
}

void print_steps(const DemoReport& report, Session& session) {
  Table table({"STEP", "PLAIN", "TRANSLATED"});
  for (const DemoStep& step : report.steps) {
    if (step.run != "plain") continue;
    table.add({step.step, cell(&step), cell(find(report, "translated", step.step))});
  }
  table.add({"result", outcome(report, "plain"), outcome(report, "translated") + written(report)});
  table.print(session.out, session.colour);
}

void print_tables(const DemoReport& report, Session& session) {
  Table macs({"MAC", "PORT", "KIND"});
  for (const DemoMac& one : report.macs) macs.add({one.mac, one.port, one.kind});
  session.out << '\n';
  macs.print(session.out, session.colour);
  Table neighbors({"ADDRESS", "PORT", "MAC", "ON THE AIR", "STATE"});
  for (const DemoNeighbor& one : report.neighbors) {
    neighbors.add({one.address, one.port, one.mac, one.mac_on_air, one.state});
  }
  session.out << '\n';
  neighbors.print(session.out, session.colour);
}

std::string as_json(const DemoReport& report) {
  std::vector<Object> steps;
  for (const DemoStep& step : report.steps) {
    steps.push_back(Object()
                        .set("run", step.run)
                        .set("step", step.step)
                        .set("expected", step.expected)
                        .set("got", step.got)
                        .set("frames_sent", step.frames_sent)
                        .set("ap_refused_frames", step.ap_refused_frames)
                        .set("ok", step.ok()));
  }
  Object demo;
  demo.set("result", report.ok() ? "ok" : "failed").set("wall_seconds", report.wall_seconds);
  demo.set("captures", report.captures).set("steps", steps);
  return Object().set("schema", std::uint64_t{1}).set("demo", demo).dump();
}

int demo(const Arguments& arguments, Session& session) {
  const DemoReport report = run_demo(arguments.text_or("out", "."));
  if (session.json) {
    session.out << as_json(report) << '\n';
  } else {
    print_steps(report, session);
    print_tables(report, session);
  }
  return report.ok() ? 0 : kind_of(ErrorCode::Expectation).exit;
}

}  // namespace

Command demo_command() {
  return {"demo",
          "see in memory what a translated uplink is for; needs no rights and no daemon",
          {{"--out", Takes::Text, "DIR", "where the two captures go (.)"}},
          demo};
}

}  // namespace laneway::cli

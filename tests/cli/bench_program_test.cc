// `laneway bench` as a program of its own: it starts DPDK, which a process can do once.
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/bench_files.h"
#include "cli/json.h"
#include "switch/error.h"
#include "tests/cli/run_cli.h"
#include "tests/support/temporary_folder.h"

extern char** environ;

namespace laneway::cli {
namespace {

using test::run_cli;

class BenchProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string text(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path(name)).rdbuf();
    return out.str();
  }
  // Starts `laneway bench` with these words, output in a file.
  pid_t start(std::vector<std::string> words, const std::string& out) {
    words.insert(words.begin(), {LANEWAY_PROGRAM, "bench"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path(out).c_str(),
                                     O_CREAT | O_WRONLY | O_TRUNC, 0600);
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
  }
  static int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int run(std::vector<std::string> words, const std::string& out) {
    return status_of(start(std::move(words), out));
  }
  static std::vector<std::string> quick(std::vector<std::string> words) {
    words.insert(words.end(),
                 {"--trial", "0.05s", "--repeat", "1", "--precision", "20%", "--json"});
    return words;
  }

  test::TemporaryFolder folder_;
};

TEST_F(BenchProgram, EachTestCountsWhatPassedAndSaysOnWhatMachine) {
  for (const std::string name : {"ndr", "latency", "flood", "learning"}) {
    ASSERT_EQ(run(quick({name, "--sizes", "64", "--stations", "100"}), "report"), 0) << name;
    const Value report = Value::parse(text("report"));
    EXPECT_EQ(report["test"].text(), name);
    EXPECT_GT(report["environment"]["cpus"].count(), 0U);
    ASSERT_EQ(report["results"].size(), 1U) << name;
    std::uint64_t received = 0;
    for (const Value& trial : report["trials"].items()) {
      EXPECT_LE(trial["received_frames"].count(), trial["sent_frames"].count()) << name;
      received += trial["received_frames"].count();
    }
    EXPECT_GT(received, 0U) << name;
    const Value result = report["results"].items().front();
    const char* figure = name == "learning" ? "learning_pps" : "mrr_pps";
    EXPECT_GT(result[figure].number(), 0) << name;
    EXPECT_EQ(result["latency_ns"].size(), name == "latency" || name == "flood" ? 3U : 0U) << name;
  }
}

TEST_F(BenchProgram, TranslatedFramesArriveToo) {
  ASSERT_EQ(run(quick({"ndr", "--translate", "--sizes", "imix", "--stations", "20"}), "report"), 0);
  const Value report = Value::parse(text("report"));
  const Value first = report["trials"].items().front();  // all that can be sent: none may be lost
  EXPECT_GT(first["received_frames"].count(), 0U);
  EXPECT_EQ(first["received_frames"].count(), first["sent_frames"].count());
}

TEST_F(BenchProgram, AnInterruptEndsItWithTheReportSoFar) {
  const pid_t child = start({"ndr", "--sizes", "64", "--trial", "30s", "--json"}, "report");
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  kill(child, SIGINT);
  EXPECT_EQ(status_of(child), 128 + SIGINT);
  const Value report = Value::parse(text("report"));
  EXPECT_EQ(report["results"].size(), 0U);
  EXPECT_NE(text("report").find("stopped before its end"), std::string::npos);
}

class BenchFiles : public BenchProgram {
 protected:
  std::string report(const std::string& name, double ndr, const std::string& cpu = "one") {
    std::ofstream(path(name)) << R"({"schema":1,"report":"bench","test":"ndr","title":"a & <b>",)"
                              << R"("started":"2026-01-01T00:00:00Z","environment":{"cpu":")" << cpu
                              << R"(","cpus":2,"virtual_machine":true},"notes":["a note"],)"
                              << R"("results":[{"size":"64","stations":null,"ndr_lower_pps":)"
                              << ndr
                              << R"(,"mrr_pps":5000000,"latency_ns":[{"load_ratio":0.5,"p50":1000,)"
                              << R"("p90":2000,"p99":3000,"max":4000}]}]})";
    return path(name);
  }
};

TEST_F(BenchFiles, AFallBeyondTheLimitIsAnExpectationNotMet) {
  const std::string before = report("a", 1000), after = report("b", 900);
  const auto ran = run_cli({"bench", "compare", before, after, "--fail-under", "5%"});
  EXPECT_EQ(ran.status, 7);
  EXPECT_NE(ran.out.find("64     -         ndr_lower_pps  1000     900      0.900"),
            std::string::npos)
      << ran.out;
  EXPECT_EQ(run_cli({"bench", "compare", before, after, "--fail-under", "11%"}).status, 0);
  EXPECT_EQ(run_cli({"bench", "compare", after, before, "--fail-under", "5%"}).status, 0);
}

TEST_F(BenchFiles, OtherMachinesAreComparedOnlyOnDemand) {
  const std::string before = report("a", 1000), after = report("b", 1000, "two");
  const auto ran = run_cli({"bench", "compare", before, after});
  EXPECT_EQ(ran.status, 7);
  EXPECT_NE(ran.err.find("the machine's cpu differs: one and two"), std::string::npos) << ran.err;
  EXPECT_EQ(run_cli({"bench", "compare", before, after, "--force"}).status, 0);
}

TEST_F(BenchFiles, WhatIsNoReportIsRefusedInOneLine) {
  for (const char* content :
       {"", "{", "{}", R"({"report":"replay"})", "[1]", R"({"report":"bench","schema":2})",
        R"({"report":"bench","schema":1,"results":[]})"}) {
    std::ofstream(path("bad")) << content;
    for (const std::string what : {"plot", "compare"}) {
      const auto ran = run_cli({"bench", what, path("bad"), path("bad")});
      EXPECT_EQ(ran.status, 2) << content;
      EXPECT_NE(ran.err.find("no bench report: "), std::string::npos) << ran.err;
      EXPECT_EQ(ran.out, "");
    }
  }
  EXPECT_EQ(run_cli({"bench", "plot", path("absent")}).status, 1);
}

TEST_F(BenchFiles, APageHasItsCurvesAndNeedsNothingElse) {
  const auto ran = run_cli({"bench", "plot", report("a", 1e6)});
  if (ran.err.find("gnuplot cannot be run") != std::string::npos) GTEST_SKIP() << ran.err;
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::size_t drawings = 0;
  for (auto at = ran.out.find("<svg"); at != std::string::npos; at = ran.out.find("<svg", at + 1)) {
    ++drawings;
  }
  EXPECT_EQ(drawings, 2U);  // by size, latency
  EXPECT_NE(ran.out.find("a &amp; &lt;b&gt;: ndr"), std::string::npos);
  EXPECT_EQ(ran.out.find("src="), std::string::npos);
}

}  // namespace
}  // namespace laneway::cli

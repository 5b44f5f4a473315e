// What `laneway demo` tells and writes.
#include "cli/demo.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

namespace laneway::cli {
namespace {

class Demo : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string contents(const std::string& file) const {
    std::ifstream in(folder / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("laneway-demo-" + std::to_string(getpid()));
};

TEST_F(Demo, EveryStepEndsAsExpected) {
  const DemoReport report = run_demo(folder);
  ASSERT_EQ(report.steps.size(), 18U);
  for (const DemoStep& step : report.steps) {
    EXPECT_TRUE(step.ok()) << step.run << " " << step.step << ": " << step.text;
  }
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.macs.size(), 4U);  // two guests, the station, the router
  EXPECT_GE(report.neighbors.size(), 6U);
}

TEST_F(Demo, SaysTheSameEachTime) {
  run_demo(folder);
  const std::string guest = contents("demo-guest.pcap");
  const std::string air = contents("demo-air.pcap");
  run_demo(folder);
  EXPECT_EQ(contents("demo-guest.pcap"), guest);
  EXPECT_EQ(contents("demo-air.pcap"), air);
  EXPECT_GT(air.size(), 1000U);
}

TEST_F(Demo, ReportWithOneStepAmissIsNotOk) {
  DemoReport report;
  report.steps.push_back(
      {.run = "plain", .step = "dhcp", .expected = "lost", .got = "answered", .text = ""});
  EXPECT_FALSE(report.ok());
}

}  // namespace
}  // namespace laneway::cli

#include "daemon/log_limit.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

namespace laneway {
namespace {

class LogLimit : public testing::Test {
 protected:
  std::size_t lines() const {
    const std::string text = out_.str();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  void flood(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) log_.info("vm1: link up");
  }

  Nanos now_{};
  std::ostringstream out_;
  spdlog::logger log_{
      "test", std::make_shared<LimitedSink>(std::make_shared<spdlog::sinks::ostream_sink_st>(out_),
                                            [this] { return now_; })};
};

TEST_F(LogLimit, FloodWritesABurstAndTheRestIsCounted) {
  const std::uint64_t before = LimitedSink::lines_lost();
  flood(10000);
  EXPECT_EQ(lines(), LimitedSink::kBurst);
  EXPECT_EQ(LimitedSink::lines_lost() - before, 10000 - LimitedSink::kBurst);
}

TEST_F(LogLimit, NextLineThatPassesSaysHowManyAreLost) {
  flood(LimitedSink::kBurst + 7);
  now_ += LimitedSink::kInterval;
  flood(1);
  EXPECT_NE(out_.str().find("7 log lines are lost"), std::string::npos);
  EXPECT_EQ(lines(), LimitedSink::kBurst + 2);
}

}  // namespace
}  // namespace laneway

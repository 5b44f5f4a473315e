// cli/bench_tests.h: the tests of `laneway bench`: rates without loss, latencies, and of RFC 2889
// address caching capacity (5.7), learning rate (5.8) and broadcast forwarding (5.10).
#pragma once

#include <functional>
#include <string>

#include "cli/bench_report.h"
#include "cli/testbed.h"

namespace laneway::cli {

class BenchTests {
 public:
  // Called before each trial, with the part of the test that is done, 0 to 1; may throw to end it.
  using Watch = std::function<void(const std::string& what, double done)>;

  // Results and trials go into `report`, whose config says what is asked for.
  BenchTests(Testbed& bed, BenchReport& report, Watch watch);

  // Throw Error (LimitReached: the switch does not keep so many stations).
  void ndr();
  void latency();   // at 90, 50 and 10 % of PDR
  void caching();   // how many stations are kept
  void learning();  // how fast stations are learnt
  void flood();     // broadcast, rate and latency
  void scale();     // NDR at 2 to 1 M stations

 private:
  void say(const std::string& what) const;
  BenchFrames::Shape shape(const std::string& size, std::size_t stations) const;
  void learn_all(const BenchFrames::Shape& shape);
  BenchResult search(const BenchFrames& frames, const std::string& size);
  void measure_latency(const BenchFrames& frames, BenchResult& result);
  Trial run(const BenchFrames& frames, const std::string& size, double pps, double seconds,
            Lateness* latency = nullptr);
  Trial run_learning(const BenchFrames::Shape& shape, const std::string& size, double pps);
  bool are_kept(std::size_t stations, const std::string& size);

  Testbed& bed_;
  BenchReport& report_;
  const Watch watch_;
  std::size_t results_ = 1;  // that the test will have
  std::size_t run_ = 1;
};

}  // namespace laneway::cli

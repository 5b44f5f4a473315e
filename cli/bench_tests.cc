#include "cli/bench_tests.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "switch/error.h"

namespace laneway::cli {

namespace {

constexpr std::array<double, 3> kLoads{0.9, 0.5, 0.1};  // of PDR
constexpr std::array<std::size_t, 6> kScale{2, 1000, 10000, 64000, 256000, 1000000};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double relative_stdev(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (mean == 0) return 0;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count) / mean;
}

// The run whose lower bound is the median one.
RateBounds median(const std::vector<RateBounds>& runs) {
  std::vector<RateBounds> sorted = runs;
  std::sort(sorted.begin(), sorted.end(),
            [](const RateBounds& a, const RateBounds& b) { return a.lower < b.lower; });
  return sorted[sorted.size() / 2];
}

std::string rate_words(double pps) {
  return pps == 0 ? "all that can be sent" : std::to_string(std::llround(pps)) + " frames/s";
}

}  // namespace

BenchTests::BenchTests(Testbed& bed, BenchReport& report, Watch watch)
    : bed_(bed), report_(report), watch_(std::move(watch)) {}

void BenchTests::say(const std::string& what) const {
  const double runs = static_cast<double>(run_ - 1) / static_cast<double>(report_.config.repeat);
  watch_(what,
         (static_cast<double>(report_.results.size()) + runs) / static_cast<double>(results_));
}

BenchFrames::Shape BenchTests::shape(const std::string& size, std::size_t stations) const {
  BenchFrames::Shape shape;
  shape.sizes = sizes_of(size);
  shape.ports = bed_.ports().size();
  shape.stations = std::max<std::size_t>(1, stations / 2);
  shape.station_on_air = bed_.station_on_air();
  return shape;
}

void BenchTests::learn_all(const BenchFrames::Shape& shape) {
  say("stations make themselves known");
  const std::size_t all = 2 * shape.stations;
  const auto known = bed_.learn(shape);
  if (!known || *known >= all) return;
  constexpr std::size_t kTolerated = 1000;  // one in so many: a hash table's last places
  if (all - *known <= all / kTolerated) {
    report_.notes.push_back("frames to " + std::to_string(all - *known) + " of " +
                            std::to_string(all) +
                            " stations were flooded: the switch has no place for them");
    return;
  }
  throw Error(
      ErrorCode::LimitReached,
      "the switch keeps " + std::to_string(*known) + " of " + std::to_string(all) + " stations",
      "--stations " + std::to_string(*known));
}

Trial BenchTests::run(const BenchFrames& frames, const std::string& size, double pps,
                      double seconds, Lateness* latency) {
  say(size + " bytes, run " + std::to_string(run_) + "/" + std::to_string(report_.config.repeat) +
      ", " + rate_words(pps));
  Trial trial = bed_.run(frames, pps, seconds, latency);
  trial.size = size;
  trial.run = run_;
  report_.trials.push_back(trial);
  return trial;
}

BenchResult BenchTests::search(const BenchFrames& frames, const std::string& size) {
  const BenchConfig& config = report_.config;
  std::vector<RateBounds> ndr, pdr;
  std::vector<double> mrr, lower;
  for (run_ = 1; run_ <= config.repeat; ++run_) {
    RateSearch search({config.trial_seconds, config.precision_ratio},
                      [&](double pps, double seconds) { return run(frames, size, pps, seconds); });
    mrr.push_back(search.mrr());
    ndr.push_back(search.find(0));
    pdr.push_back(search.find(config.pdr_loss_ratio));
    lower.push_back(ndr.back().lower);
  }
  run_ = 1;
  BenchResult result;
  result.size = size;
  result.ndr = median(ndr);
  result.pdr = median(pdr);
  result.mrr_pps = median(mrr);
  result.relative_stdev_ratio = relative_stdev(lower);
  result.wire_bits = frames.wire_bits();
  return result;
}

void BenchTests::measure_latency(const BenchFrames& frames, BenchResult& result) {
  for (const double load : kLoads) {
    Lateness latency;
    run(frames, result.size, result.pdr->lower * load, report_.config.trial_seconds, &latency);
    result.latency.push_back({load, latency.percentile(0.5), latency.percentile(0.9),
                              latency.percentile(0.99), latency.max_ns()});
  }
}

void BenchTests::ndr() {
  results_ = report_.config.sizes.size();
  for (const std::string& size : report_.config.sizes) {
    const BenchFrames frames(shape(size, report_.config.stations));
    learn_all(frames.shape());
    report_.results.push_back(search(frames, size));
  }
}

void BenchTests::latency() {
  results_ = report_.config.sizes.size();
  for (const std::string& size : report_.config.sizes) {
    const BenchFrames frames(shape(size, report_.config.stations));
    learn_all(frames.shape());
    BenchResult result = search(frames, size);
    measure_latency(frames, result);
    report_.results.push_back(std::move(result));
  }
}

void BenchTests::flood() {
  results_ = report_.config.sizes.size();
  for (const std::string& size : report_.config.sizes) {
    BenchFrames::Shape broadcast = shape(size, report_.config.stations);
    learn_all(broadcast);
    broadcast.pattern = Pattern::Broadcast;
    const BenchFrames frames(broadcast);
    BenchResult result = search(frames, size);
    measure_latency(frames, result);
    report_.results.push_back(std::move(result));
  }
}

void BenchTests::scale() {
  results_ = kScale.size();
  const std::string& size = report_.config.sizes.front();
  for (const std::size_t stations : kScale) {
    const BenchFrames frames(shape(size, stations));
    learn_all(frames.shape());
    BenchResult result = search(frames, size);
    result.stations = stations;
    report_.results.push_back(std::move(result));
  }
}

// All are learnt, and no frame to one of them is flooded.
bool BenchTests::are_kept(std::size_t stations, const std::string& size) {
  constexpr double kRounds = 1.5;  // each station is asked for once at least
  const BenchFrames frames(shape(size, stations));
  say("caching " + std::to_string(stations) + " stations");
  const auto known = bed_.learn(frames.shape());
  if (known && *known < stations) return false;
  const double pps = static_cast<double>(stations) * kRounds / report_.config.trial_seconds;
  return run(frames, size, pps, report_.config.trial_seconds).flooded == 0;
}

void BenchTests::caching() {
  constexpr std::size_t kMost = std::size_t{1} << 24;
  constexpr std::size_t kPorts = 3;  // flooding shows on the third
  if (bed_.ports().size() < kPorts) {
    throw Error(ErrorCode::Unsupported, "caching needs a third port, to see what is flooded",
                "--ports memory");
  }
  const std::string& size = report_.config.sizes.front();
  std::size_t kept = 2;
  while (kept < kMost && are_kept(2 * kept, size)) kept *= 2;
  std::size_t lost = 2 * kept;
  while (lost - kept > std::max<std::size_t>(2, kept / 1000)) {
    const std::size_t middle = (kept + lost) / 4 * 2;
    (are_kept(middle, size) ? kept : lost) = middle;
  }
  BenchResult result;
  result.size = size;
  result.capacity = kept;
  report_.results.push_back(result);
}

// A station that is not known in the end was not learnt at this rate.
Trial BenchTests::run_learning(const BenchFrames::Shape& shape, const std::string& size,
                               double pps) {
  say("learning " + std::to_string(2 * shape.stations) + " stations, " + rate_words(pps));
  const auto started = std::chrono::steady_clock::now();
  const auto known = bed_.learn(shape, pps);
  const Nanos took = std::chrono::steady_clock::now() - started;
  if (!known)
    throw Error(ErrorCode::Unsupported, "learning: this switch cannot be asked what it knows",
                "--ports memory");
  Trial trial;
  trial.size = size;
  trial.run = run_;
  trial.seconds = std::chrono::duration<double>(took).count();
  trial.offered_pps = pps;
  trial.sent = 2 * shape.stations;
  trial.received = *known;
  trial.duration_ns = static_cast<std::uint64_t>(took.count());
  report_.trials.push_back(trial);
  return trial;
}

void BenchTests::learning() {
  const BenchConfig& config = report_.config;
  const std::string& size = config.sizes.front();
  const BenchFrames::Shape asked = shape(size, config.stations);
  learn_all(asked);
  std::vector<double> rates;
  for (run_ = 1; run_ <= config.repeat; ++run_) {
    RateSearch search({0, config.precision_ratio}, [&](double pps, double /*seconds*/) {
      return run_learning(asked, size, pps);
    });
    rates.push_back(search.find(0).lower);
  }
  run_ = 1;
  BenchResult result;
  result.size = size;
  result.stations = 2 * asked.stations;
  result.learning_pps = median(rates);
  result.relative_stdev_ratio = relative_stdev(rates);
  report_.results.push_back(result);
}

}  // namespace laneway::cli

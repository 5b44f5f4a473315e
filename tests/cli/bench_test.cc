// What a bench offers, how it searches, what it says: on clocks and switches of the test's own.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "cli/bench_frames.h"
#include "cli/bench_report.h"
#include "cli/json.h"
#include "cli/port_bed.h"
#include "cli/rate_search.h"
#include "cli/wire_port.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "switch/wire/arp.h"
#include "switch/wire/ethernet.h"
#include "switch/wire/udp.h"
#include "tests/cli/run_cli.h"

namespace laneway::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::run_cli;

using Head = std::array<std::byte, BenchFrames::kHeadBytes>;

TEST(BenchFrames, AreUdpBetweenThePartnersInTurn) {
  BenchFrames::Shape shape;
  shape.stations = 7;
  const BenchFrames frames(shape);
  std::set<MacAddress> sources;
  for (std::uint64_t number = 0; number < 7; ++number) {
    Head head;
    frames.write(1, number, Nanos{123456789012345}, head);
    const auto ethernet = wire::EthernetView::parse(head);
    ASSERT_TRUE(ethernet);
    sources.insert(ethernet->source());
    EXPECT_TRUE(BenchFrames::is_for(0, head));
    EXPECT_FALSE(BenchFrames::is_for(2, head));
    EXPECT_EQ(BenchFrames::due_of(head), Nanos{123456789012345});
    const auto ip = wire::Ipv4View::parse(ethernet->payload(), ethernet->payload().size());
    ASSERT_TRUE(ip);
    EXPECT_TRUE(ip->checksum_valid());
    EXPECT_EQ(ip->total_length(), 46U);
    EXPECT_TRUE(wire::UdpView::parse(*ip));
  }
  EXPECT_EQ(sources.size(), 7U);
}

TEST(BenchFrames, AnnouncementsAreArpAndNoFramesOfTheTest) {
  BenchFrames::Shape shape;
  shape.pattern = Pattern::Announce;
  Head head;
  BenchFrames(shape).write(0, 0, Nanos{1}, head);
  const auto ethernet = wire::EthernetView::parse(head);
  ASSERT_TRUE(ethernet);
  const auto arp = wire::ArpView::parse(ethernet->payload());
  ASSERT_TRUE(arp);
  EXPECT_TRUE(arp->is_announcement());
  EXPECT_FALSE(BenchFrames::due_of(head));
  EXPECT_FALSE(BenchFrames::due_of(std::span(head).first(10)));
}

TEST(BenchFrames, AcrossTheAirTheyAreForTheStation) {
  const MacAddress station{{2, 9, 9, 9, 9, 9}};
  BenchFrames::Shape shape;
  shape.station_on_air = station;
  const BenchFrames frames(shape);
  Head head;
  frames.write(1, 0, Nanos{}, head);
  EXPECT_EQ(wire::EthernetView::parse(head)->destination(), station);
  frames.write(0, 0, Nanos{}, head);
  EXPECT_EQ(wire::EthernetView::parse(head)->destination(), BenchFrames::mac(1, 0));
}

TEST(BenchFrames, SizesCountFcsPreambleAndGap) {
  BenchFrames::Shape shape;
  EXPECT_EQ(BenchFrames(shape).bytes(5), 60U);
  EXPECT_DOUBLE_EQ(BenchFrames(shape).wire_bits(), 84 * 8);
  shape.sizes = sizes_of("imix");
  // 28 × 64, 16 × 570, 4 × 1518 in 48.
  EXPECT_DOUBLE_EQ(BenchFrames(shape).wire_bits(),
                   8 * ((28 * 64 + 16 * 570 + 4 * 1518) / 48.0 + 20));
  for (const char* wrong : {"", "63", "9217", "64k", "-64", "99999999999"}) {
    EXPECT_THROW(sizes_of(wrong), Error) << wrong;
  }
}

class WireTest : public testing::Test {
 protected:
  std::size_t receive(WirePort& wire) {
    std::array<Buffer*, kBurstFrames> burst;
    const std::size_t count = wire.rx_burst(burst, counters_);
    for (std::size_t at = 0; at < count; ++at) free_buffer(burst[at]);
    return count;
  }
  // All that a port with a fast reader gives until `time`.
  std::size_t receive_until(WirePort& wire, Nanos time) {
    now_ = time;
    std::size_t all = 0;
    while (const std::size_t count = receive(wire)) all += count;
    return all;
  }

  HeapBuffers pool_;
  PortCounters counters_;
  Nanos now_{};
  BenchFrames frames_{BenchFrames::Shape{}};
};

TEST_F(WireTest, FramesComeInAsTheyAreDue) {
  WirePort wire(0, pool_, [this] { return now_; });
  EXPECT_EQ(receive(wire), 0U);
  wire.offer(
      {.frames = &frames_, .pps = 1000, .start = {}, .length = seconds{1}, .latency = nullptr});
  EXPECT_EQ(receive_until(wire, milliseconds{10}), 10U);
  EXPECT_EQ(receive_until(wire, milliseconds{999}), 989U);
  EXPECT_FALSE(wire.is_done());
  EXPECT_EQ(receive_until(wire, seconds{5}), 1U);
  EXPECT_TRUE(wire.is_done());
  EXPECT_EQ(wire.sent(), 1000U);
}

TEST_F(WireTest, WhatNobodyFetchesIsLostBeyondTheDescriptors) {
  WirePort wire(0, pool_, [this] { return now_; });
  wire.offer(
      {.frames = &frames_, .pps = 1e6, .start = {}, .length = seconds{1}, .latency = nullptr});
  EXPECT_EQ(receive_until(wire, seconds{1}), Offer::kDescriptors);
  EXPECT_EQ(wire.sent(), 1000000U);
}

TEST_F(WireTest, EachStationAnnouncesItselfOnce) {
  BenchFrames::Shape shape;
  shape.stations = 100;
  shape.pattern = Pattern::Announce;
  const BenchFrames announcements(shape);
  WirePort wire(1, pool_, [this] { return now_; });
  wire.offer({.frames = &announcements, .pps = 0, .start = {}, .length = {}, .latency = nullptr});
  EXPECT_EQ(receive_until(wire, {}), 100U);
  EXPECT_TRUE(wire.is_done());
}

TEST_F(WireTest, WhatLeavesIsCountedByWhomItIsFor) {
  WirePort wire(1, pool_, [this] { return now_; });
  Lateness latency;
  wire.offer(
      {.frames = &frames_, .pps = 1, .start = {}, .length = seconds{1}, .latency = &latency});
  now_ = milliseconds{5};
  Head head;
  std::vector<Buffer*> out;
  frames_.write(0, 0, milliseconds{2}, head);
  out.push_back(make_buffer(pool_, head));
  frames_.write(1, 0, milliseconds{2}, head);  // for port 0
  out.push_back(make_buffer(pool_, head));
  head.fill(std::byte{0});
  out.push_back(make_buffer(pool_, head));
  EXPECT_EQ(wire.tx_burst(out, counters_).taken, 3U);
  EXPECT_EQ(wire.received(), 1U);
  EXPECT_EQ(wire.flooded(), 1U);
  EXPECT_NEAR(static_cast<double>(latency.max_ns()), 3e6, 1);
  EXPECT_EQ(pool_.in_use(), 0U);
}

// A switch that carries `capacity` frames a second and loses what is beyond.
RateSearch::Run switch_of(double capacity, double sendable) {
  return [=](double pps, double length) {
    Trial trial;
    trial.seconds = length;
    trial.offered_pps = pps;
    const double rate = pps == 0 ? sendable : std::min(pps, sendable);
    trial.valid = pps <= sendable;
    trial.sent = static_cast<std::uint64_t>(rate * length);
    trial.received = static_cast<std::uint64_t>(std::min(rate, capacity) * length);
    trial.duration_ns = static_cast<std::uint64_t>(length * 1e9);
    return trial;
  };
}

TEST(RateSearch, FindsTheCapacityWithinThePrecision) {
  RateSearch search({2, 0.005}, switch_of(4.2e6, 10e6));
  EXPECT_NEAR(search.mrr(), 4.2e6, 1);
  const RateBounds ndr = search.find(0);
  EXPECT_LE(ndr.lower, 4.2e6);
  EXPECT_GT(ndr.upper, 4.2e6 - 1);
  EXPECT_LE(ndr.upper - ndr.lower, 0.005 * ndr.upper);
  const RateBounds pdr = search.find(0.1);
  EXPECT_NEAR(pdr.lower, 4.2e6 / 0.9, 0.01 * 4.2e6);
  EXPECT_LE(search.trials().size(), RateSearch::kMostTrials);
}

TEST(RateSearch, WhatTheGeneratorCannotSendIsTheUpperEnd) {
  RateSearch search({2, 0.005}, switch_of(10e6, 3e6));
  const RateBounds ndr = search.find(0);
  EXPECT_NEAR(ndr.upper, 3e6, 1);
  EXPECT_GE(ndr.lower, 3e6 * 0.995);
}

TEST(RateSearch, EndsWithASwitchThatAlwaysLoses) {
  const auto lossy = switch_of(0, 1e6);
  RateSearch search({2, 0.005}, lossy);
  EXPECT_EQ(search.find(0).lower, 0);
  EXPECT_EQ(search.trials().size(), RateSearch::kMostTrials);
}

// Two ports in memory, back to back.
class CrossedPort final : public Port {
 public:
  explicit CrossedPort(std::vector<Buffer*>& in, std::vector<Buffer*>& out) : in_(in), out_(out) {}
  ~CrossedPort() override {
    for (Buffer* frame : in_) free_buffer(frame);
    in_.clear();
  }
  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& /*counters*/) noexcept override {
    const std::size_t count = std::min(out.size(), in_.size());
    std::copy_n(in_.begin(), count, out.begin());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept override {
    for (Buffer* frame : frames) {
      if (++seen_ % 10 == 0) {
        free_buffer(frame);  // the medium's fault
      } else {
        out_.push_back(frame);
      }
    }
    return {.taken = frames.size()};
  }

 private:
  std::vector<Buffer*>& in_;
  std::vector<Buffer*>& out_;
  std::size_t seen_ = 0;
};

TEST(PortBed, CountsWhatIsLostBetweenItsPorts) {
  HeapBuffers pool;
  {
    std::vector<Buffer*> to_right, to_left;
    const std::atomic<bool> stop{false};
    PortBed bed({PortBed::End{"left", std::make_unique<CrossedPort>(to_left, to_right)},
                 PortBed::End{"right", std::make_unique<CrossedPort>(to_right, to_left)}},
                pool, stop);
    const BenchFrames frames{BenchFrames::Shape{}};
    Lateness latency;
    const Trial trial = bed.run(frames, 20000, 0.1, &latency);
    EXPECT_EQ(trial.sent, 2000U);
    EXPECT_EQ(trial.received, 1800U);
    EXPECT_NEAR(trial.loss_ratio(), 0.1, 1e-9);
    EXPECT_TRUE(trial.valid);
    EXPECT_FALSE(bed.learn(frames.shape(), 0));
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(BenchReport, JsonHasEveryFieldAndNullWhereNothingIsKnown) {
  BenchReport report;
  report.test = "ndr";
  BenchResult result;
  result.size = "64";
  result.ndr = RateBounds{2e6, 2.1e6};
  result.wire_bits = 672;
  report.results.push_back(result);
  Trial trial;
  trial.size = "64";
  trial.sent = 100;
  trial.received = 99;
  report.trials.push_back(trial);
  std::ostringstream out;
  print_json(report, out);
  const Value json = Value::parse(out.str());
  const Value first = json["results"].items().at(0);
  EXPECT_EQ(first["ndr_lower_pps"].count(), 2000000U);
  EXPECT_EQ(first["ndr_lower_bps"].count(), 1344000000U);
  EXPECT_EQ(first["ns_per_frame"].number(), 500);
  for (const char* key : {"pdr_lower_pps", "mrr_pps", "latency_ns", "stations", "learning_pps"}) {
    EXPECT_TRUE(first[key].is_null()) << key;
  }
  EXPECT_NEAR(json["trials"].items().at(0)["loss_ratio"].number(), 0.01, 1e-9);
  std::ostringstream csv;
  print_csv(report, csv);
  EXPECT_NE(csv.str().find("\nndr,64,0,0,0,100,99,0.01,true,0\n"), std::string::npos) << csv.str();
}

TEST(Bench, MistakesAreNamedWithAWayOut) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"bench", "fly"}, "TEST: expected ndr|"},
      {{"bench", "ndr", "--sizes", "63"}, "--sizes: expected 64 to 9216 or imix, got \"63\""},
      {{"bench", "ndr", "--stations", "3"}, "--stations: expected an even number"},
      {{"bench", "ndr", "--trial", "0s"}, "--trial: expected 0.01s to 3600s, got \"0s\""},
      {{"bench", "ndr", "--pdr", "x"}, "--pdr: expected a percentage above 0 %, got \"x\""},
      {{"bench", "ndr", "--repeat", "0"}, "--repeat: expected 1 or more"},
  };
  for (const auto& [words, message] : cases) {
    const auto ran = run_cli(words);
    EXPECT_EQ(ran.status, 2) << message;
    EXPECT_NE(ran.err.find(message), std::string::npos) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

}  // namespace
}  // namespace laneway::cli

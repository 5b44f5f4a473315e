#include "cli/replay_offline.h"

#include <algorithm>
#include <chrono>

#include "cli/merged_captures.h"
#include "cli/replay_sink.h"
#include "cli/replay_topology.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// Ticks between two frames: ten minutes' worth. Across a longer silence (a capture may jump by
// years) they come less often, so that its length costs nothing.
constexpr int kMaxTicks = 6000;

// Where the frames of one port go.
struct Sink {
  ReplayTopology::Attached& from;
  ReplaySink to;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options)
      : options_(options), topology_(options), captures_(choice_of(options)) {
    for (const ReplayOptions::File& file : options.files) {
      into_.push_back(&topology_.port(file.into));
    }
  }

  ReplayReport run();

 private:
  void open();
  void feed(const MergedCaptures::Frame& frame);
  void advance(Nanos time);
  void collect();
  void fill_report();

  const ReplayOptions& options_;
  ReplayTopology topology_;
  MergedCaptures captures_;
  std::vector<ReplayTopology::Attached*> into_;  // by file
  std::vector<Sink> sinks_;
  ReplayReport report_;
  Nanos now_{};
  std::optional<Nanos> next_tick_;
  std::vector<std::byte> bytes_;
};

ReplayReport Replay::run() {
  const auto start = std::chrono::steady_clock::now();
  open();
  const auto more = [&] {
    return options_.limit == 0 || captures_.tally().frames < options_.limit;
  };
  while (more()) {
    const auto frame = captures_.next();
    if (!frame) break;
    feed(*frame);
  }
  for (Sink& sink : sinks_) sink.to.finish();
  fill_report();
  report_.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(report_);
}

void Replay::open() {
  if (options_.expect) report_.expect = ReplayReport::Expectation{};
  if (options_.out) std::filesystem::create_directories(*options_.out);
  for (const auto& port : topology_.ports()) {
    sinks_.push_back(
        {*port, ReplaySink(port->name, options_.out, options_.expect, report_.expect)});
  }
}

void Replay::feed(const MergedCaptures::Frame& frame) {
  advance(frame.time);
  Buffer* buffer = make_buffer(topology_.pool(), frame.bytes);
  if (buffer == nullptr) throw Error(ErrorCode::Internal, "replay: no buffer for a frame");
  ReplayTopology::Attached& into = *into_[frame.file];
  into.port.send_from_outside(buffer);
  topology_.sw().poll(into.id, now_);
  collect();
}

void Replay::advance(Nanos time) {
  if (!next_tick_) next_tick_ = now_ = time;
  const Nanos step = std::max(Switch::kTickInterval, (time - now_) / kMaxTicks);
  for (; *next_tick_ <= time; *next_tick_ += step) {
    topology_.sw().tick(*next_tick_);
    collect();
  }
  now_ = time;
}

void Replay::collect() {
  for (Sink& sink : sinks_) {
    while (Buffer* frame = sink.from.port.take()) {
      bytes_.resize(frame->pkt_len);
      read_buffer(*frame, bytes_);
      free_buffer(frame);
      sink.to.take(now_, bytes_);
    }
  }
}

void Replay::fill_report() {
  Switch& sw = topology_.sw();
  sw.macs().age(now_, sw.macs().slots());
  const MergedCaptures::Tally& tally = captures_.tally();
  for (std::size_t file = 0; file < into_.size(); ++file) {
    report_.files.push_back({options_.files[file].path, captures_.format(file), into_[file]->name,
                             tally.files[file].frames, tally.files[file].bytes});
  }
  report_.first = tally.first;
  report_.last = tally.last;
  report_.time_backwards = tally.time_backwards;
  report_.frames_read = tally.frames;
  report_.bytes_read = tally.bytes;
  report_.frames_truncated = tally.truncated;
  for (const auto& port : topology_.ports()) {
    ReplayReport::Port one{
        port->name, port->counters.rx_frames.get(), port->counters.tx_frames.get(), {}};
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      one.drops[reason] = port->counters.drop_frames[reason].get();
      report_.drops[reason] += one.drops[reason];
    }
    report_.bytes_out += port->counters.tx_bytes.get();
    report_.macs_learnt += sw.macs().learnt(port->id);
    report_.ports.push_back(std::move(one));
  }
  report_.frames_copied = sw.counters().copied.get();
  report_.frames_out = sw.counters().forwarded.get();
  report_.frames_replied = sw.counters().replied.get();
  report_.frames_short = report_.drops[index(Drop::Short)];
}

}  // namespace

CaptureChoice choice_of(const ReplayOptions& options) {
  CaptureChoice choice{{}, options.filter, options.map_macs};
  for (const ReplayOptions::File& file : options.files) choice.paths.push_back(file.path);
  return choice;
}

ReplayReport replay_offline(const ReplayOptions& options) { return Replay(options).run(); }

}  // namespace laneway::cli

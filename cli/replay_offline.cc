#include "cli/replay_offline.h"

#include <algorithm>
#include <chrono>

#include "cli/capture_comparison.h"
#include "cli/replay_topology.h"
#include "ports/capture_reader.h"
#include "ports/capture_writer.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// Ticks between two frames: ten minutes' worth. Across a longer silence (a capture may jump by
// years) they come less often, so that its length costs nothing.
constexpr int kMaxTicks = 6000;

// A capture that is being read.
struct Source {
  Source(const ReplayOptions::File& file, ReplayTopology& topology)
      : reader(file.path), into(topology.port(file.into)) {
    report = {file.path, reader.format(), into.name, 0, 0};
  }

  CaptureReader reader;
  ReplayTopology::Attached& into;
  std::optional<CaptureRecord> next;
  ReplayReport::File report;
};

// Where the frames of one port go.
struct Sink {
  ReplayTopology::Attached& from;
  std::optional<CaptureWriter> writer;
  std::optional<CaptureComparison> comparison;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options) : options_(options), topology_(options) {}

  ReplayReport run();

 private:
  void open();
  Source* earliest();
  void feed(Source& source);
  void advance(Nanos time);
  void rewrite(Frame frame) const;
  void collect();
  void fill_report();

  const ReplayOptions& options_;
  ReplayTopology topology_;
  std::vector<Source> sources_;
  std::vector<Sink> sinks_;
  ReplayReport report_;
  Nanos now_{};
  Nanos next_tick_{};
  std::vector<std::byte> bytes_;
};

ReplayReport Replay::run() {
  const auto start = std::chrono::steady_clock::now();
  open();
  while (Source* source = earliest()) {
    if (options_.limit != 0 && report_.frames_read == options_.limit) break;
    feed(*source);
  }
  for (Sink& sink : sinks_) {
    if (sink.comparison) sink.comparison->finish();
    if (sink.writer && !sink.writer->flush()) {
      throw Error(ErrorCode::Io,
                  "cannot write " + (*options_.out / (sink.from.name + ".pcap")).string());
    }
  }
  fill_report();
  report_.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(report_);
}

// All files to read before any that is written.
void Replay::open() {
  sources_.reserve(options_.files.size());
  for (const ReplayOptions::File& file : options_.files) {
    Source& source = sources_.emplace_back(file, topology_);
    if (!options_.filter.empty()) source.reader.filter(options_.filter);
    source.next = source.reader.next();
  }
  if (options_.expect) report_.expect = ReplayReport::Expectation{};
  if (options_.out) std::filesystem::create_directories(*options_.out);
  for (const auto& port : topology_.ports()) {
    Sink& sink = sinks_.emplace_back(Sink{*port, std::nullopt, std::nullopt});
    const std::string file = port->name + ".pcap";
    if (options_.expect) {
      sink.comparison.emplace(port->name, (*options_.expect / file).string(), *report_.expect);
    }
    if (options_.out) sink.writer.emplace((*options_.out / file).string());
  }
}

Source* Replay::earliest() {
  Source* first = nullptr;
  for (Source& source : sources_) {
    if (source.next && (first == nullptr || source.next->time < first->next->time)) {
      first = &source;
    }
  }
  return first;
}

void Replay::feed(Source& source) {
  const CaptureRecord& record = *source.next;
  const std::size_t length = record.bytes.size();
  advance(record.time);
  Buffer* frame = make_buffer(topology_.pool(), record.bytes);
  if (frame == nullptr) throw Error(ErrorCode::Internal, "replay: no buffer for a frame");
  rewrite(frame_of(frame, kNoPort));
  source.into.port.send_from_outside(frame);
  topology_.sw().poll(source.into.id, now_);
  collect();

  ++source.report.frames;
  source.report.bytes += length;
  ++report_.frames_read;
  report_.bytes_read += length;
  if (length < record.original_length) ++report_.frames_truncated;
  source.next = source.reader.next();
}

void Replay::advance(Nanos time) {
  if (!report_.first) {
    report_.first = now_ = next_tick_ = time;
  } else if (time < now_) {
    ++report_.time_backwards;
  }
  time = std::max(time, now_);
  const Nanos step = std::max(Switch::kTickInterval, (time - now_) / kMaxTicks);
  for (; next_tick_ <= time; next_tick_ += step) {
    topology_.sw().tick(next_tick_);
    collect();
  }
  report_.last = now_ = time;
}

void Replay::rewrite(Frame frame) const {
  if (frame.length < 12) return;  // not even two addresses
  for (const auto& [from, to] : options_.map_macs) {
    if (frame.destination() == from) frame.set_destination(to);
    if (frame.source() == from) frame.set_source(to);
  }
}

void Replay::collect() {
  for (Sink& sink : sinks_) {
    while (Buffer* frame = sink.from.port.take()) {
      bytes_.resize(frame->pkt_len);
      read_buffer(*frame, bytes_);
      free_buffer(frame);
      if (sink.writer) sink.writer->write(now_, bytes_);
      if (sink.comparison) sink.comparison->compare(bytes_);
    }
  }
}

void Replay::fill_report() {
  Switch& sw = topology_.sw();
  sw.macs().age(now_, sw.macs().slots());
  for (const Source& source : sources_) report_.files.push_back(source.report);
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

ReplayReport replay_offline(const ReplayOptions& options) { return Replay(options).run(); }

}  // namespace laneway::cli

#include "cli/replay_live.h"

#include <algorithm>
#include <array>
#include <thread>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "cli/lateness.h"
#include "cli/replay_sink.h"
#include "switch/burst.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// A sleep ends up to this much late on a machine with something to do; the rest is spun.
constexpr Nanos kSpin = std::chrono::microseconds{200};
// The longest sleep: how soon a stop is noticed, and what comes back is taken.
constexpr Nanos kNap = std::chrono::milliseconds{20};
constexpr Nanos kRetryNap = std::chrono::microseconds{20};
// After the last frame: until nothing has come back for so long, if somebody wants to see it.
constexpr Nanos kSilence = std::chrono::milliseconds{100};
constexpr std::uint64_t kHearEvery = 256;  // frames sent: a switch floods to us as well
constexpr std::size_t kEthernetHeader = 14;

Nanos monotonic() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds{now.tv_sec} + Nanos{now.tv_nsec};
}

void sleep_until(Nanos time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec until{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);  // a signal may end it early
}

// While it lives, the calling thread is woken on time: sleeps end without slack, and where the user
// may (CAP_SYS_NICE), others give way to it.
class Punctual {
 public:
  Punctual() : niceness_(getpriority(PRIO_PROCESS, 0)), slack_(prctl(PR_GET_TIMERSLACK)) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    setpriority(PRIO_PROCESS, 0, kFirst);
  }
  ~Punctual() {
    setpriority(PRIO_PROCESS, 0, niceness_);
    prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack_), 0UL, 0UL, 0UL);
  }
  Punctual(const Punctual&) = delete;
  Punctual& operator=(const Punctual&) = delete;

 private:
  static constexpr int kFirst = -20;
  int niceness_;
  int slack_;
};

// The captures again and again: from the files, or from memory.
class Input {
 public:
  Input(const CaptureChoice& choice, bool preload) : choice_(choice) {
    const auto is_stdin = [](const std::string& path) { return path == "-"; };
    preload_ = preload || std::any_of(choice.paths.begin(), choice.paths.end(), is_stdin);
    MergedCaptures captures(choice);
    while (const auto frame = captures.next()) {
      if (preload_) keep(*frame);
    }
    tally_ = captures.tally();
    for (std::size_t file = 0; file < choice.paths.size(); ++file) {
      formats_.emplace_back(captures.format(file));
    }
  }

  void rewind() {
    at_ = 0;
    if (!preload_) captures_.emplace(choice_);
  }
  std::optional<MergedCaptures::Frame> next() {
    if (!preload_) return captures_->next();
    if (at_ == kept_.size()) return std::nullopt;
    const Kept& kept = kept_[at_++];
    MergedCaptures::Frame frame = kept.frame;
    frame.bytes = std::span(bytes_).subspan(kept.offset, kept.length);
    return frame;
  }
  const MergedCaptures::Tally& tally() const noexcept { return tally_; }
  const std::string& format(std::size_t file) const { return formats_[file]; }

 private:
  struct Kept {
    MergedCaptures::Frame frame;  // without its bytes
    std::size_t offset;
    std::size_t length;
  };
  void keep(const MergedCaptures::Frame& frame) {
    kept_.push_back({frame, bytes_.size(), frame.bytes.size()});
    bytes_.insert(bytes_.end(), frame.bytes.begin(), frame.bytes.end());
  }

  const CaptureChoice& choice_;
  bool preload_ = false;
  std::optional<MergedCaptures> captures_;
  std::vector<Kept> kept_;
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
  MergedCaptures::Tally tally_;
  std::vector<std::string> formats_;
};

// Frames on their way to one port, with their deadlines.
struct Outgoing {
  explicit Outgoing(LivePort& live) : name(live.name), port(*live.port) {}
  std::string name;
  Port& port;
  PortCounters counters;
  std::optional<ReplaySink> sink;
  std::uint64_t sent = 0;
  std::array<Buffer*, kBurstFrames> buffers{};
  std::array<Nanos, kBurstFrames> due{};
  std::array<std::uint64_t, kBurstFrames> number{};  // from 1
  std::size_t count = 0;
};

class LiveReplay {
 public:
  LiveReplay(const LiveOptions& options, std::vector<LivePort>& ports, BufferPool& pool,
             LiveProgress& progress);
  ~LiveReplay();
  ReplayReport run();

 private:
  bool stopped() const noexcept {
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }
  bool is_over(Nanos now) const noexcept;
  bool run_loop(std::uint64_t loop);
  enum class Wait : std::uint8_t { Waited, Late, Over };
  Wait wait_until(Nanos due);
  void queue(const MergedCaptures::Frame& frame, Nanos due);
  void refuse(Outgoing& out, Drop reason, std::size_t bytes);
  void flush_all();
  void flush(Outgoing& out);
  void push(Outgoing& out);
  std::size_t hear();
  void hear_the_rest();
  void fill_report();
  void fill_live();

  const LiveOptions& options_;
  BufferPool& pool_;
  LiveProgress& progress_;
  Input input_;
  Nanos gap_{};  // of a loop's last frame to the next loop's first
  std::vector<std::unique_ptr<Outgoing>> ports_;
  ReplayReport report_;
  ReplayReport::Live live_;
  Lateness lateness_;
  ReplayPace::Before before_;
  Nanos start_{};
  Nanos end_{};
  std::vector<std::byte> bytes_;
};

LiveReplay::LiveReplay(const LiveOptions& options, std::vector<LivePort>& ports, BufferPool& pool,
                       LiveProgress& progress)
    : options_(options),
      pool_(pool),
      progress_(progress),
      input_(options.captures, options.preload) {
  if (options_.expect) report_.expect = ReplayReport::Expectation{};
  if (options_.out) std::filesystem::create_directories(*options_.out);
  for (LivePort& port : ports) {
    Outgoing& out = *ports_.emplace_back(std::make_unique<Outgoing>(port));
    if (!options_.out && !options_.expect) continue;
    out.sink.emplace(out.name, options_.out, options_.expect, report_.expect);
  }
  const auto& tally = input_.tally();
  if (tally.frames > 1) {
    gap_ = (*tally.last - *tally.first) / static_cast<Nanos::rep>(tally.frames - 1);
  }
  progress_.loop_frames = tally.frames;
  progress_.all_frames = options_.limit != 0 ? options_.limit : options_.loops * tally.frames;
}

LiveReplay::~LiveReplay() {
  for (auto& out : ports_) {
    for (std::size_t at = 0; at < out->count; ++at) free_buffer(out->buffers[at]);
  }
}

bool LiveReplay::is_over(Nanos now) const noexcept {
  if (stopped() || (options_.limit != 0 && before_.frames >= options_.limit)) return true;
  return options_.seconds &&
         std::chrono::duration<double>(now - start_).count() >= *options_.seconds;
}

ReplayReport LiveReplay::run() {
  const Punctual punctual;
  start_ = monotonic();
  for (std::uint64_t loop = 0; options_.loops == 0 || loop < options_.loops; ++loop) {
    if (input_.tally().frames == 0 || !run_loop(loop)) break;
  }
  flush_all();
  end_ = monotonic();
  if (!stopped()) hear_the_rest();
  for (auto& out : ports_) {
    if (out->sink) out->sink->finish();
  }
  fill_report();
  return std::move(report_);
}

// False if it ended before its end.
bool LiveReplay::run_loop(std::uint64_t loop) {
  live_.loops = loop + 1;
  progress_.loop.store(loop + 1, std::memory_order_relaxed);
  const auto& tally = input_.tally();
  const Nanos origin = static_cast<Nanos::rep>(loop) * (*tally.last - *tally.first + gap_);
  input_.rewind();
  while (const auto frame = input_.next()) {
    before_.captured = origin + (frame->time - *tally.first);
    const Nanos due = start_ + options_.pace.due(before_);
    const Wait wait = wait_until(due);
    if (wait == Wait::Over) return false;
    queue(*frame, due);
    if (wait == Wait::Waited) flush_all();
    if (before_.frames % kHearEvery == 0) hear();
    ++before_.frames;
    before_.bytes += frame->bytes.size();
  }
  return true;
}

// What was due before leaves before we wait.
LiveReplay::Wait LiveReplay::wait_until(Nanos due) {
  Nanos now = monotonic();
  if (is_over(now)) return Wait::Over;
  if (now >= due) return Wait::Late;
  flush_all();
  while ((now = monotonic()) < due) {
    if (due - now <= kSpin) continue;
    hear();
    if (is_over(now)) return Wait::Over;
    sleep_until(std::min(due - kSpin, now + kNap));
  }
  return Wait::Waited;
}

void LiveReplay::queue(const MergedCaptures::Frame& frame, Nanos due) {
  Outgoing& out = *ports_[ports_.size() == 1 ? 0 : frame.file];
  ++report_.frames_read;
  report_.bytes_read += frame.bytes.size();
  if (frame.bytes.size() < frame.original_length) ++report_.frames_truncated;
  if (frame.bytes.size() < kEthernetHeader) {
    ++report_.frames_short;
    return refuse(out, Drop::Short, frame.bytes.size());
  }
  if (frame.bytes.size() > out.port.max_frame_bytes()) {
    return refuse(out, Drop::TooLong, frame.bytes.size());
  }
  Buffer* buffer = make_buffer(pool_, frame.bytes);
  if (buffer == nullptr) throw Error(ErrorCode::Internal, "replay: no buffer for a frame");
  out.buffers[out.count] = buffer;
  out.due[out.count] = due;
  out.number[out.count++] = report_.frames_read;
  if (out.count == kBurstFrames) flush(out);
}

void LiveReplay::refuse(Outgoing& out, Drop reason, std::size_t bytes) {
  out.counters.drop(reason, bytes);
  ++live_.failed_frames;
}

void LiveReplay::flush_all() {
  for (auto& out : ports_) flush(*out);
  progress_.frames.store(live_.sent_frames, std::memory_order_relaxed);
  progress_.bytes.store(live_.sent_bytes, std::memory_order_relaxed);
}

// Sends all that is queued; a full port is tried again until the replay is stopped.
void LiveReplay::flush(Outgoing& out) {
  bool again = false;
  while (out.count != 0) {
    const std::size_t before = out.count;
    push(out);
    if (out.count == 0) break;
    if (!again) live_.retried_frames += out.count;
    again = true;
    if (stopped()) return;
    hear();  // a peer that waits for us to read is not waited for
    if (out.count == before) sleep_until(monotonic() + kRetryNap);
  }
}

void LiveReplay::push(Outgoing& out) {
  std::array<std::uint32_t, kBurstFrames> lengths;
  for (std::size_t at = 0; at < out.count; ++at) lengths[at] = out.buffers[at]->pkt_len;
  const Nanos now = monotonic();
  const TxResult result = out.port.tx_burst(std::span(out.buffers).first(out.count), out.counters);
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < result.taken; ++at) {
    bytes += lengths[at];
    lateness_.add(now - out.due[at], out.number[at]);
  }
  const std::uint64_t sent = result.taken - result.refused;
  out.sent += sent;
  live_.sent_frames += sent;
  live_.sent_bytes += bytes - result.refused_bytes;
  live_.failed_frames += result.refused;
  const auto drop_front = [&](auto& list) {
    std::copy(list.begin() + result.taken, list.begin() + out.count, list.begin());
  };
  drop_front(out.buffers);
  drop_front(out.due);
  drop_front(out.number);
  out.count -= result.taken;
}

// Takes what comes back; returns how many frames.
std::size_t LiveReplay::hear() {
  std::size_t heard = 0;
  std::array<Buffer*, kBurstFrames> received;
  for (auto& out : ports_) {
    const std::size_t count = out->port.rx_burst(received, out->counters);
    for (Buffer* frame : std::span(received).first(count)) {
      bytes_.resize(frame->pkt_len);
      read_buffer(*frame, bytes_);
      free_buffer(frame);
      if (out->sink) out->sink->take(std::chrono::system_clock::now().time_since_epoch(), bytes_);
    }
    heard += count;
  }
  return heard;
}

void LiveReplay::hear_the_rest() {
  const bool wanted = options_.out || options_.expect;
  Nanos silent_since = monotonic();
  do {
    if (hear() != 0) silent_since = monotonic();
    if (wanted) sleep_until(monotonic() + kRetryNap);
  } while (wanted && !stopped() && monotonic() - silent_since < kSilence);
}

void LiveReplay::fill_report() {
  const auto& tally = input_.tally();
  for (std::size_t file = 0; file < options_.captures.paths.size(); ++file) {
    report_.files.push_back({options_.captures.paths[file], input_.format(file),
                             ports_[ports_.size() == 1 ? 0 : file]->name, tally.files[file].frames,
                             tally.files[file].bytes});
  }
  report_.first = tally.first;
  report_.last = tally.last;
  report_.time_backwards = tally.time_backwards;
  report_.frames_out = live_.sent_frames;
  report_.bytes_out = live_.sent_bytes;
  for (const auto& out : ports_) {
    ReplayReport::Port one{out->name, 0, out->sent, {}};
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      one.drops[reason] = out->counters.drop_frames[reason].get();
      report_.drops[reason] += one.drops[reason];
    }
    // Those that a stop left behind found the port full.
    one.drops[index(Drop::TxFull)] += out->count;
    report_.drops[index(Drop::TxFull)] += out->count;
    live_.failed_frames += out->count;
    report_.ports.push_back(std::move(one));
  }
  report_.wall_seconds = std::chrono::duration<double>(end_ - start_).count();
  fill_live();
}

// A rate is that of the intervals: n frames have n - 1 between them, and the last one's own is owed
// by the pace.
void LiveReplay::fill_live() {
  const double factor = options_.pace.factor();
  switch (options_.pace.kind()) {
    case ReplayPace::Kind::Captured:
      live_.multiplier = factor;
      break;
    case ReplayPace::Kind::Frames:
      live_.asked_pps = factor;
      break;
    case ReplayPace::Kind::Bits:
      live_.asked_bps = factor;
      break;
    case ReplayPace::Kind::Top:
      live_.has_deadlines = false;
      break;
  }
  if (report_.wall_seconds > 0) {
    const auto intervals = static_cast<double>(live_.sent_frames - (live_.sent_frames > 1 ? 1 : 0));
    live_.got_pps = intervals / report_.wall_seconds;
    live_.got_bps = static_cast<double>(live_.sent_bytes) * 8 / report_.wall_seconds;
  }
  live_.late_p50_ns = lateness_.percentile(0.5);
  live_.late_p99_ns = lateness_.percentile(0.99);
  live_.late_max_ns = lateness_.max_ns();
  live_.late_max_frame = lateness_.max_frame();
  live_.interrupted = stopped();
  report_.live = live_;
}

}  // namespace

ReplayReport replay_live(const LiveOptions& options, std::vector<LivePort>& ports, BufferPool& pool,
                         LiveProgress& progress) {
  return LiveReplay(options, ports, pool, progress).run();
}

}  // namespace laneway::cli

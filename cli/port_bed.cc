#include "cli/port_bed.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "cli/offer.h"
#include "switch/burst.h"

namespace laneway::cli {

namespace {

constexpr Nanos kSilence = std::chrono::milliseconds{100};  // after it nothing more is waited for
constexpr double kValidRatio = 0.999;

Nanos monotonic() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

// One end: sends what is due there, counts what comes.
class PortBed::Generator {
 public:
  Generator(std::size_t number, Port& port, BufferPool& pool, const Offer& offer)
      : number_(number), port_(port), pool_(pool), offer_(offer) {
    over_ = !offer.frames->offers(number);
  }
  ~Generator() {
    for (std::size_t at = 0; at < waiting_; ++at) free_buffer(burst_[at]);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  void send(Nanos now);
  // True if something came.
  bool receive(Nanos now);
  bool is_over() const noexcept { return over_; }
  std::uint64_t due() const noexcept { return next_; }
  std::uint64_t sent() const noexcept { return sent_; }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t flooded() const noexcept { return flooded_; }

 private:
  void fill(Nanos now, std::uint64_t until);
  Buffer* make(Nanos now) noexcept;

  const std::size_t number_;
  Port& port_;
  BufferPool& pool_;
  const Offer offer_;
  PortCounters counters_;
  std::array<Buffer*, kBurstFrames> burst_{};
  std::size_t waiting_ = 0;  // of the burst, at its front: the port has not taken them yet
  bool over_ = false;
  std::uint64_t next_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t flooded_ = 0;
};

Buffer* PortBed::Generator::make(Nanos now) noexcept {
  Buffer* frame = pool_.allocate(static_cast<std::uint32_t>(offer_.frames->bytes(next_)));
  if (frame == nullptr) return nullptr;
  Frame view = frame_of(frame, kNoPort);
  // What lies behind the head leaves the machine: it is not to be what the buffer held before.
  std::memset(view.data, 0, view.readable);
  offer_.frames->write(number_, next_, offer_.due_time(next_, now), {view.data, view.readable});
  ++next_;
  return frame;
}

void PortBed::Generator::fill(Nanos now, std::uint64_t until) {
  while (waiting_ < burst_.size() && next_ < until) {
    Buffer* frame = make(now);
    if (frame == nullptr) return;
    burst_[waiting_++] = frame;
  }
}

void PortBed::Generator::send(Nanos now) {
  if (over_ && waiting_ == 0) return;
  const std::uint64_t until = over_ ? next_ : offer_.due(now, next_, burst_.size() - waiting_);
  if (until - next_ > Offer::kDescriptors) next_ = until - Offer::kDescriptors;
  fill(now, until);
  const TxResult result = port_.tx_burst(std::span(burst_).first(waiting_), counters_);
  sent_ += result.taken - result.refused;
  std::move(burst_.begin() + static_cast<std::ptrdiff_t>(result.taken),
            burst_.begin() + static_cast<std::ptrdiff_t>(waiting_), burst_.begin());
  waiting_ -= result.taken;
  over_ = next_ >= until && offer_.ends(now, next_);
}

bool PortBed::Generator::receive(Nanos now) {
  std::array<Buffer*, kBurstFrames> got;
  const std::size_t count = port_.rx_burst(got, counters_);
  bool ours = false;
  for (Buffer* frame : std::span(got).first(count)) {
    const Frame view = frame_of(frame, kNoPort);
    const std::span<const std::byte> head(view.data, view.readable);
    if (const auto due = BenchFrames::due_of(head)) {
      ours = true;
      const bool here = BenchFrames::is_for(number_, head);
      ++(here ? received_ : flooded_);
      if (here && offer_.latency != nullptr) offer_.latency->add(now - *due, received_);
    }
    free_buffer(frame);
  }
  return ours;
}

PortBed::PortBed(std::array<End, 2> ends, BufferPool& pool, const std::atomic<bool>& stop)
    : ends_(std::move(ends)), pool_(pool), stop_(stop) {}

PortBed::~PortBed() = default;

std::vector<std::string> PortBed::ports() const { return {ends_[0].name, ends_[1].name}; }

std::optional<std::size_t> PortBed::learn(BenchFrames::Shape shape, double pps) {
  // A switch of any make loses what comes too fast.
  constexpr double kGentle = 100000;
  shape.pattern = Pattern::Announce;
  run(BenchFrames(shape), pps == 0 ? kGentle : pps, 0, nullptr);
  return std::nullopt;
}

Trial PortBed::run(const BenchFrames& frames, double pps, double seconds, Lateness* latency) {
  const Nanos length = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
  const Nanos start = monotonic();
  const Offer offer{&frames, pps / static_cast<double>(frames.senders()), start, length, latency};
  std::array<Generator, 2> generators{Generator(0, *ends_[0].port, pool_, offer),
                                      Generator(1, *ends_[1].port, pool_, offer)};
  Nanos ended{};
  Nanos last = start;
  for (Nanos now = start; now - last < kSilence && !stop_; now = monotonic()) {
    bool busy = false;
    for (Generator& generator : generators) {
      generator.send(now);
      busy = generator.receive(now) || !generator.is_over() || busy;
    }
    if (busy) last = now;
    if (ended == Nanos{} && generators[0].is_over() && generators[1].is_over()) ended = now;
  }
  Trial trial;
  trial.seconds = seconds;
  trial.offered_pps = pps;
  std::uint64_t due = 0;
  for (const Generator& generator : generators) {
    due += generator.due();
    trial.sent += generator.sent();
    trial.received += generator.received();
    trial.flooded += generator.flooded();
  }
  trial.valid = !stop_ && static_cast<double>(trial.sent) >= kValidRatio * static_cast<double>(due);
  trial.duration_ns = static_cast<std::uint64_t>(std::max(ended - start, Nanos{1}).count());
  return trial;
}

}  // namespace laneway::cli

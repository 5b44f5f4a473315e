#include "cli/memory_bed.h"

#include <chrono>
#include <deque>
#include <thread>

#include "cli/wire_port.h"
#include "daemon/compose.h"
#include "ports/eal.h"
#include "switch/error.h"
#include "switch/worker.h"

namespace laneway::cli {

namespace {

constexpr MacAddress kStation{{0x02, 0xff, 0, 0, 0, 0x01}};
constexpr MacAddress kOwn{{0x02, 0xff, 0, 0, 0, 0x02}};

Nanos monotonic() { return std::chrono::steady_clock::now().time_since_epoch(); }

SwitchConfig all_stations() {
  return {
      .mac_limit = MacTable::kMaxLimit, .mac_age = Nanos{0}, .forward_reserved = false, .seed = 1};
}

Network network_of(bool translate) {
  Network network;
  network.translated = network.wifi = translate;
  if (!translate) return network;
  network.station = kStation;
  network.own = kOwn;
  constexpr std::uint8_t kPrefix = 15;
  network.host.push_back({IpAddress(Ipv4Address{BenchFrames::address(1, 0xfffe)}), kPrefix});
  return network;
}

// A guest as any, but with as many stations as the test wants.
PortSettings guest_settings() {
  PortSettings settings;
  settings.mac_spoofing = true;
  settings.mac_limit = 0;
  settings.binding_limit = limits::kBindings - limits::kReserved;
  settings.storm_limit = 0;
  return settings;
}

}  // namespace

struct MemoryBed::Parts {
  Parts(const Options& asked, BufferPool& buffers)
      : options(asked),
        pool(buffers),
        composition(all_stations(), network_of(asked.translate), pool),
        worker({.poll_only = true, .cpu = asked.cpu, .thread_init = Eal::register_thread}),
        counters(asked.ports) {
    for (std::size_t at = 0; at < options.ports; ++at) wires.emplace_back(at, pool, monotonic);
    worker.run([this] { add_ports(); });
  }
  ~Parts() {
    worker.run([this] { worker.remove(composition.sw()); });
  }

  PortSettings settings(std::size_t at) const {
    if (!options.translate) return PortSettings::for_trunk();
    return at == 1 ? PortSettings::for_uplink(true, MacTable::kMaxLimit) : guest_settings();
  }
  void add_ports() {
    for (std::size_t at = 0; at < options.ports; ++at) {
      ids.push_back(
          composition.add_port("p" + std::to_string(at), wires[at], settings(at), counters[at]));
    }
    worker.add(composition.sw());
  }
  bool is_done() {
    bool done = true;
    worker.run([&] {
      for (const WirePort& wire : wires) done = done && wire.is_done();
    });
    return done;
  }
  void offer(const BenchFrames& frames, double pps, Nanos length, Lateness* latency) {
    worker.run([&] {
      const Nanos start = monotonic();
      const double each = pps / static_cast<double>(frames.senders() * frames.receivers());
      for (WirePort& wire : wires) wire.offer({&frames, each, start, length, latency});
    });
  }
  void forget() {
    for (const PortId id : ids) {
      composition.sw().macs().flush(id, false);
      composition.neighbors().flush_port(id);
    }
  }
  // Stations that the switch knows; on a translated one those that it can reach.
  std::size_t known() {
    std::size_t count = 0;
    for (const PortId id : ids) count += composition.sw().macs().learnt(id);
    return count;
  }
  bool is_stopped() const { return options.stop != nullptr && *options.stop; }
  // Until all that is offered has been. The worker is left alone for `length`: a look disturbs it.
  void wait(std::chrono::duration<double> length) {
    constexpr std::chrono::milliseconds kLook{1}, kLongLook{20};
    const auto until = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() + kLongLook < until && !is_stopped()) {
      std::this_thread::sleep_for(kLongLook);
    }
    while (!is_done()) {
      std::this_thread::sleep_for(kLook);
      if (!is_stopped()) continue;
      worker.run([this] {
        for (WirePort& wire : wires) wire.stop();
      });
    }
  }

  const Options options;
  BufferPool& pool;
  Composition composition;
  std::deque<WirePort> wires;
  Worker worker;
  std::vector<PortCounters> counters;
  std::vector<PortId> ids;
};

MemoryBed::MemoryBed(const Options& options, BufferPool& pool)
    : parts_(std::make_unique<Parts>(options, pool)) {}
MemoryBed::~MemoryBed() = default;

std::vector<std::string> MemoryBed::ports() const {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < parts_->options.ports; ++at) {
    names.push_back("memory:p" + std::to_string(at));
  }
  return names;
}

std::optional<MacAddress> MemoryBed::station_on_air() const {
  return parts_->options.translate ? std::optional(kStation) : std::nullopt;
}

std::optional<std::size_t> MemoryBed::learn(BenchFrames::Shape shape, double pps) {
  Parts& parts = *parts_;
  shape.pattern = Pattern::Announce;
  const BenchFrames frames(shape);
  parts.worker.run([&] { parts.forget(); });
  parts.offer(frames, pps, {}, nullptr);
  parts.wait({});
  std::size_t known = 0;
  parts.worker.run([&] { known = parts.known(); });
  return known;
}

Trial MemoryBed::run(const BenchFrames& frames, double pps, double seconds, Lateness* latency) {
  Parts& parts = *parts_;
  const std::chrono::duration<double> length(seconds);
  parts.offer(frames, pps, std::chrono::duration_cast<Nanos>(length), latency);
  parts.wait(length);
  Trial trial;
  trial.seconds = seconds;
  trial.offered_pps = pps;
  trial.valid = !parts.is_stopped();
  parts.worker.run([&] {
    for (const WirePort& wire : parts.wires) {
      trial.sent += wire.sent() * frames.receivers();
      trial.received += wire.received();
      trial.flooded += wire.flooded();
    }
  });
  trial.duration_ns = static_cast<std::uint64_t>(std::chrono::duration_cast<Nanos>(length).count());
  return trial;
}

}  // namespace laneway::cli

// What the tables and the frame path cost, in memory.
//   run: build/release/bench/bench_switch
#include <array>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "switch/error.h"
#include "switch/mac_table.h"
#include "switch/switch.h"

namespace laneway {
namespace {

constexpr PortId kLeft{0};

std::vector<MacAddress> stations(std::size_t count, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<MacAddress> macs(count);
  for (MacAddress& mac : macs) {
    mac = MacAddress::from_number((random() & 0xfcffffffffffU) | 0x020000000000U);
  }
  return macs;
}

// All hits, in random order, as the table outgrows each cache.
void mac_table_lookup(benchmark::State& state) {
  const auto macs = stations(static_cast<std::size_t>(state.range(0)), 1);
  MacTable table(macs.size(), Nanos{0}, 7);
  for (const MacAddress& mac : macs) table.learn(mac, VlanId{}, kLeft, 0, Nanos{0});
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.lookup(macs[next], VlanId{}, Nanos{0}));
    next = next + 1 == macs.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mac_table_lookup)->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20);

// Gives the same frames again and again, and takes whatever leaves, as an infinite wire would.
class LoopPort final : public Port {
 public:
  // Frames of 60 bytes (64 with FCS) from each of `from` to one of `to`, one buffer each.
  LoopPort(BufferPool& pool, const std::vector<MacAddress>& from,
           const std::vector<MacAddress>& to) {
    for (std::size_t at = 0; at < from.size(); ++at) {
      Buffer* frame = pool.allocate(60);
      if (frame == nullptr) throw Error(ErrorCode::Internal, "bench: the pool is too small");
      Frame view = frame_of(frame, kNoPort);
      view.set_destination(to[at % to.size()]);
      view.set_source(from[at]);
      view.data[12] = std::byte{0x88};
      view.data[13] = std::byte{0xb5};
      frames_.push_back(frame);
    }
  }
  ~LoopPort() override {
    for (Buffer* frame : frames_) free_buffer(frame);
  }

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& /*counters*/) noexcept override {
    for (Buffer*& frame : out) {
      frame = frames_[next_];
      next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
    }
    return out.size();
  }
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept override {
    return {.taken = frames.size()};
  }

 private:
  std::vector<Buffer*> frames_;
  std::size_t next_ = 0;
};

// Known unicast between two trunk ports with `stations` behind each.
void switch_forward(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto left = stations(count, 1);
  const auto right = stations(count, 2);
  HeapBuffers pool(4 * count);
  Switch sw({.mac_limit = MacTable::kMaxLimit}, pool);
  LoopPort a(pool, left, right), b(pool, right, left);
  PortCounters counters_a, counters_b;
  const std::array<PortId, 2> ports{sw.add_port("a", a, PortSettings::for_trunk(), counters_a),
                                    sw.add_port("b", b, PortSettings::for_trunk(), counters_b)};
  for (std::size_t round = 0; round <= count / kBurstFrames; ++round) {  // learn them all
    for (const PortId port : ports) sw.poll(port, Nanos{1});
  }
  std::size_t turn = 0;
  for (auto _ : state) sw.poll(ports[turn++ & 1U], Nanos{1});
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurstFrames));
}
BENCHMARK(switch_forward)->Arg(1 << 10)->Arg(1 << 16);

}  // namespace
}  // namespace laneway

BENCHMARK_MAIN();

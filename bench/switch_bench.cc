// What the tables and the frame path cost, in memory.
//   run: build/release/bench/bench_switch
#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/loop_port.h"
#include "cli/bench_frames.h"
#include "daemon/compose.h"
#include "ports/memory_port.h"
#include "switch/limits.h"
#include "switch/mac_table.h"
#include "switch/neighbor_table.h"
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

// From each of `from` to one of `to`.
LoopPort::Write between(const std::vector<MacAddress>& from, const std::vector<MacAddress>& to) {
  return [&from, to](std::size_t at, std::span<std::byte> out) {
    std::memcpy(out.data(), to[at % to.size()].octets.data(), 6);
    std::memcpy(out.data() + 6, from[at].octets.data(), 6);
    out[12] = std::byte{0x88};
    out[13] = std::byte{0xb5};
  };
}

void classify_frame(benchmark::State& state) {
  HeapBuffers pool(1);
  Buffer* buffer = pool.allocate(LoopPort::kFrameBytes);
  Frame frame = frame_of(buffer, kLeft);
  std::memset(frame.data, 0, LoopPort::kFrameBytes);
  frame.data[12] = std::byte{8};
  for (auto _ : state) {
    classify(frame);
    benchmark::DoNotOptimize(frame);
  }
  free_buffer(buffer);
}
BENCHMARK(classify_frame);

// All hits, in random order.
void neighbor_table_lookup(benchmark::State& state) {
  NeighborTable table(7);
  std::vector<IpAddress> addresses;
  const std::size_t each = limits::kPortBindings;
  for (std::size_t port = 0; addresses.size() < static_cast<std::size_t>(state.range(0)); ++port) {
    const PortId id{static_cast<std::uint8_t>(port)};
    table.add_port(id, each);
    for (std::size_t at = 0; at < each; ++at) {
      const auto number = static_cast<std::uint32_t>(addresses.size());
      addresses.emplace_back(Ipv4Address{0x0a000000U + number});
      table.valid({addresses.back(), MacAddress::from_number(0x020000000000U + number), id},
                  NeighborOrigin::Static, Nanos{1});
    }
  }
  std::shuffle(addresses.begin(), addresses.end(), std::mt19937(3));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(addresses[next]));
    next = next + 1 == addresses.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(neighbor_table_lookup)->Arg(64)->Arg(1024);

// Known unicast between two trunk ports with `stations` behind each.
void switch_forward(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto left = stations(count, 1);
  const auto right = stations(count, 2);
  HeapBuffers pool(4 * count);
  Switch sw({.mac_limit = MacTable::kMaxLimit}, pool);
  LoopPort a(pool, count, between(left, right)), b(pool, count, between(right, left));
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

// Broadcasts from one trunk port to so many others: clones, since nobody writes.
void switch_flood(benchmark::State& state) {
  const auto targets = static_cast<std::size_t>(state.range(0));
  const auto left = stations(64, 1);
  HeapBuffers pool(65536);
  Switch sw({}, pool);
  std::deque<LoopPort> ports;
  std::deque<PortCounters> counters(targets + 1);
  PortId first{};
  for (std::size_t at = 0; at <= targets; ++at) {
    ports.emplace_back(pool, left.size(), between(left, {MacAddress::broadcast()}));
  }
  for (std::size_t at = 0; at <= targets; ++at) {
    const PortId id =
        sw.add_port(std::to_string(at), ports[at], PortSettings::for_trunk(), counters[at]);
    if (at == 0) first = id;
  }
  for (auto _ : state) sw.poll(first, Nanos{1});
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurstFrames * targets));
}
BENCHMARK(switch_flood)->Arg(1)->Arg(3)->Arg(31);

// A whole translated switch, UDP between a guest port and a LAN behind a Wi-Fi uplink, with so many
// addresses on each side. 0: out, guest to LAN; 1: in.
void translate(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(1));
  const MacAddress station{{2, 0xff, 0, 0, 0, 1}};
  cli::BenchFrames::Shape shape;
  shape.stations = count;
  shape.station_on_air = station;
  cli::BenchFrames::Shape announcing = shape;
  announcing.pattern = cli::Pattern::Announce;
  const cli::BenchFrames frames(shape), announcements(announcing);

  Network network;
  network.translated = network.wifi = true;
  network.station = station;
  network.own = MacAddress{{2, 0xff, 0, 0, 0, 2}};
  network.host.push_back({IpAddress(cli::BenchFrames::address(1, 0xfffe)), 15});
  HeapBuffers pool(16 * count + 4096);
  Composition composition({.mac_limit = 4096}, network, pool);
  PortSettings guest;
  guest.mac_spoofing = true;
  guest.mac_limit = 0;
  guest.storm_limit = 0;
  guest.binding_limit = limits::kBindings - limits::kReserved;
  PortCounters counters_a, counters_b;
  MemoryPort guest_says(pool), lan_says(pool);
  Switch& sw = composition.sw();
  const PortId left = composition.add_port("vm", guest_says, guest, counters_a);
  const PortId right =
      composition.add_port("uplink", lan_says, PortSettings::for_uplink(true, 4096), counters_b);
  const auto announce = [&](MemoryPort& says, PortId port, std::size_t number) {
    std::array<std::byte, LoopPort::kFrameBytes> head;
    for (std::size_t at = 0; at < count; ++at) {
      announcements.write(number, at, Nanos{1}, head);
      says.send_from_outside(head);
      sw.poll(port, Nanos{1});
      for (MemoryPort* each : {&guest_says, &lan_says}) {
        while (Buffer* frame = each->take()) free_buffer(frame);
      }
    }
  };
  announce(guest_says, left, 0);
  announce(lan_says, right, 1);
  const auto made_by = [&](std::size_t port) {
    return [&frames, port](std::size_t at, std::span<std::byte> out) {
      frames.write(port, at, Nanos{1}, out);
    };
  };
  LoopPort a(pool, std::max(count, kBurstFrames), made_by(0));
  LoopPort b(pool, std::max(count, kBurstFrames), made_by(1));
  sw.ports()[left].port = &a;
  sw.ports()[right].port = &b;
  for (LoopPort* port : {&a, &b}) port->restore(true);
  const bool inward = state.range(0) == 1;
  std::uint64_t polled = 0;
  for (auto _ : state) polled += sw.poll(inward ? right : left, Nanos{1});
  if ((inward ? a : b).taken() != polled) state.SkipWithError("frames were lost");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurstFrames));
}
BENCHMARK(translate)->Args({0, 1})->Args({1, 1})->Args({0, 500})->Args({1, 500});

}  // namespace
}  // namespace laneway

BENCHMARK_MAIN();

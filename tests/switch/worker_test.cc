#include "switch/worker.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <time.h>

#include "ports/memory_port.h"
#include "switch/descriptor.h"
#include "switch/error.h"
#include "tests/support/memory_switch.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::ethernet;
using test::station;

// Gives one frame for each write to its eventfd; what leaves is counted and freed.
class EventPort final : public Port {
 public:
  explicit EventPort(BufferPool& pool) : pool_(pool), event_(eventfd(0, EFD_NONBLOCK)) {}

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& /*counters*/) noexcept override {
    ++polls;
    eventfd_t count = 0;
    if (mute || eventfd_read(event_.get(), &count) != 0) return 0;
    out[0] = make_buffer(pool_, ethernet(station(2), station(1)));
    return 1;
  }
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& /*counters*/) noexcept override {
    for (Buffer* frame : frames) free_buffer(frame);
    sent += frames.size();
    return {.taken = frames.size()};
  }
  int poll_fd() const noexcept override { return event_.get(); }
  void wake() { eventfd_write(event_.get(), 1); }

  std::atomic<std::size_t> sent{0};
  std::atomic<std::uint64_t> polls{0};
  std::atomic<bool> mute{false};

 private:
  BufferPool& pool_;
  Descriptor event_;
};

// A worker with a switch of trunk ports that sleep on descriptors.
struct Sleeping {
  explicit Sleeping(int count, WorkerConfig config = {})
      : counters(static_cast<std::size_t>(count)), worker(std::move(config)) {
    for (PortCounters& counter : counters) {
      ports.push_back(std::make_unique<EventPort>(pool));
      sw.add_port("p", *ports.back(), PortSettings::for_trunk(), counter);
    }
    worker.run([this] { worker.add(sw); });
  }
  ~Sleeping() {
    worker.run([this] { worker.remove(sw); });
  }

  HeapBuffers pool;
  Switch sw{{}, pool};
  std::vector<PortCounters> counters;
  std::vector<std::unique_ptr<EventPort>> ports;
  Worker worker;
};

// Waits for `condition`, for long enough that a slow machine is no failure.
template <class Condition>
bool eventually(Condition&& condition) {
  const auto end = steady_clock::now() + seconds{10};
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  return true;
}

Nanos cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return seconds{time.tv_sec} + Nanos{time.tv_nsec};
}

TEST(Worker, AFrameWakesItAndIsForwarded) {
  Sleeping net(2);
  for (std::size_t n = 1; n <= 20; ++n) {
    net.ports[0]->wake();
    ASSERT_TRUE(eventually([&] { return net.ports[1]->sent == n; })) << "frame " << n;
  }
}

TEST(Worker, SleepsWithEightIdlePorts) {
  Sleeping net(8);
  const Nanos cpu = cpu_time();
  const auto ticks = net.worker.ticks();
  ASSERT_TRUE(eventually([&] { return net.worker.ticks() >= ticks + 10; }));  // about a second
  EXPECT_LT(cpu_time() - cpu, milliseconds{200}) << "it did not sleep";
}

TEST(Worker, APortThatIsReadableButGivesNothingDoesNotKeepItAwake) {
  Sleeping net(2);
  net.ports[0]->mute = true;
  net.ports[0]->wake();
  const auto before = net.ports[0]->polls.load();
  const auto ticks = net.worker.ticks();
  ASSERT_TRUE(eventually([&] { return net.worker.ticks() >= ticks + 5; }));  // about half a second
  EXPECT_LT(net.ports[0]->polls - before, 50000U);
}

TEST(Worker, PortsWithoutADescriptorAreLookedAtAllTheSame) {
  HeapBuffers pool;
  Switch sw({}, pool);
  PortCounters a, b;
  MemoryPort left(pool);
  EventPort right(pool);
  sw.add_port("left", left, PortSettings::for_trunk(), a);
  sw.add_port("right", right, PortSettings::for_trunk(), b);
  Worker worker({});
  worker.run([&] { worker.add(sw); });
  std::this_thread::sleep_for(milliseconds{2});  // so that it has gone from spinning to napping
  worker.run([&] { left.send_from_outside(ethernet(station(2), station(1))); });
  EXPECT_TRUE(eventually([&] { return right.sent == 1; }));
  worker.run([&] { worker.remove(sw); });
}

TEST(Worker, CommandsRunBetweenBurstsUnderTraffic) {
  Sleeping net(2);
  std::atomic<bool> stop{false};
  std::thread traffic([&] {
    while (!stop) net.ports[0]->wake();
  });
  std::size_t stations = 0;
  for (int n = 0; n < 500; ++n) {
    net.worker.run([&] { stations = net.sw.macs().size(); });
  }
  EXPECT_TRUE(eventually([&] { return net.ports[1]->sent > 0; }));
  stop = true;
  traffic.join();
  EXPECT_LE(stations, 1U);
}

TEST(Worker, APortAddedByACommandIsPolled) {
  Sleeping net(2);
  PortCounters counters;
  EventPort late(net.pool);
  PortId id{};
  net.worker.run([&] { id = net.sw.add_port("late", late, PortSettings::for_trunk(), counters); });
  late.wake();
  EXPECT_TRUE(eventually([&] { return net.ports[0]->sent == 1; }));
  net.worker.run([&] { net.sw.remove_port(id); });
  late.wake();
  net.ports[1]->wake();
  EXPECT_TRUE(eventually([&] { return net.ports[0]->sent == 2; }));
  EXPECT_EQ(late.sent, 0U);
}

TEST(Worker, WhatACommandThrowsIsThrownToItsCaller) {
  Worker worker({});
  EXPECT_THROW(worker.run([] { throw Error(ErrorCode::NoPort, "no port 'x'"); }), Error);
  int called = 0;
  worker.run([&] { worker.run([&] { ++called; }); });  // on its own thread: at once
  EXPECT_EQ(called, 1);
}

TEST(Worker, EndsWithItsMailboxEmpty) {
  std::atomic<int> ran{0};
  {
    Worker worker({});
    for (int n = 0; n < 100; ++n) ASSERT_TRUE(worker.post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(Worker, RefusesToStartWhereItsThreadCannot) {
  WorkerConfig nowhere;
  nowhere.cpu = 4000;
  EXPECT_THROW(Worker{nowhere}, Error);
  WorkerConfig broken;
  broken.thread_init = [] { throw std::runtime_error("no"); };
  EXPECT_THROW(Worker{broken}, std::runtime_error);
}

TEST(Worker, IsBusyWhileFramesComeAndNotAfter) {
  Sleeping net(2);
  EXPECT_TRUE(eventually([&] { return net.worker.busy_ratio() < 0.1; }));
  const auto before = net.worker.busy_ns();
  net.ports[0]->wake();
  EXPECT_TRUE(eventually([&] { return net.worker.busy_ns() > before; }));
}

}  // namespace
}  // namespace laneway

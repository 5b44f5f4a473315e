#include "switch/worker.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#include "switch/descriptor.h"
#include "switch/error.h"
#include "switch/mailbox.h"

namespace laneway {

namespace {

constexpr Nanos kRatioInterval = std::chrono::seconds{1};
// A port that polls readable but gives nothing (a peer that hung up) must not keep the CPU: after
// so many vain wake-ups in a row the descriptors are left alone for a nap.
constexpr int kVainWakes = 16;

Nanos monotonic() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds{time.tv_sec} + Nanos{time.tv_nsec};
}

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &set);
  errno = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
  if (errno != 0) throw system_error("worker: pin to CPU " + std::to_string(cpu), ErrorCode::Usage);
}

struct Polled {
  Switch* sw;
  PortId id;
  int watched = -1;  // the descriptor that epoll knows

  Port& port() const noexcept { return *sw->ports()[id].port; }
};

}  // namespace

struct Worker::State {
  explicit State(WorkerConfig wanted)
      : config(std::move(wanted)),
        mailbox(kMailboxCommands),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "worker: epoll")) {
    watch(mailbox.poll_fd());
  }

  void start();
  void loop();
  void tick(Nanos time) noexcept;
  void refresh();
  void watch(int descriptor) noexcept;
  void watch(Polled& polled) noexcept;
  void sleep(Nanos time) noexcept;

  const WorkerConfig config;
  Mailbox mailbox;
  Descriptor epoll;
  std::vector<Switch*> switches;
  std::vector<Polled> ports;

  Nanos next_tick{};
  Nanos last_frame{};
  int vain_wakes = 0;
  Nanos ratio_since{};
  std::uint64_t ratio_busy = 0;

  std::atomic<Nanos::rep> now{monotonic().count()};
  std::atomic<std::uint64_t> ticks{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<double> busy_ratio{0};
  std::atomic<bool> stop{false};
  std::thread thread;
};

void Worker::State::start() {
  std::promise<void> ready;
  thread = std::thread([this, &ready] {
    try {
      pthread_setname_np(pthread_self(), "lw-worker");
      if (config.cpu >= 0) pin_to(config.cpu);
      if (config.thread_init) config.thread_init();
    } catch (...) {
      return ready.set_exception(std::current_exception());
    }
    ready.set_value();
    loop();
  });
  try {
    ready.get_future().get();
  } catch (...) {
    thread.join();
    throw;
  }
}

void Worker::State::loop() {
  bool busy = false;
  while (!stop.load(std::memory_order_acquire)) {
    const Nanos time = monotonic();
    if (busy) {
      const auto spent = static_cast<std::uint64_t>(time.count() - now.load());
      busy_ns.store(busy_ns.load(std::memory_order_relaxed) + spent, std::memory_order_relaxed);
    }
    now.store(time.count(), std::memory_order_relaxed);

    busy = mailbox.pending();
    if (busy) {
      mailbox.drain();
      refresh();
    }
    std::size_t frames = 0;
    for (const Polled& polled : ports) frames += polled.sw->poll(polled.id, time);
    if (time >= next_tick) tick(time);
    if (frames != 0) {
      busy = true;
      last_frame = time;
      vain_wakes = 0;
    } else if (!config.poll_only && time - last_frame >= kSpin) {
      sleep(time);
    } else {
      __builtin_ia32_pause();
    }
  }
  mailbox.drain();
}

void Worker::State::tick(Nanos time) noexcept {
  next_tick = time + Switch::kTickInterval;
  for (Switch* sw : switches) sw->tick(time);
  for (Polled& polled : ports) watch(polled);
  ticks.store(ticks.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  const Nanos passed = time - ratio_since;
  if (passed < kRatioInterval) return;
  const std::uint64_t busy = busy_ns.load(std::memory_order_relaxed);
  busy_ratio.store(static_cast<double>(busy - ratio_busy) / static_cast<double>(passed.count()),
                   std::memory_order_relaxed);
  ratio_since = time;
  ratio_busy = busy;
}

// The list of ports anew: commands are the only ones that change it.
void Worker::State::refresh() {
  std::vector<Polled> fresh;
  for (Switch* sw : switches) {
    sw->ports().present().for_each([&](PortId id) { fresh.push_back({sw, id}); });
  }
  for (const Polled& old : ports) {
    // Gone ports have closed their descriptors, which takes them out of the set, or keep them.
    if (old.watched >= 0) epoll_ctl(epoll.get(), EPOLL_CTL_DEL, old.watched, nullptr);
  }
  ports = std::move(fresh);
  for (Polled& polled : ports) watch(polled);
}

void Worker::State::watch(int descriptor) noexcept {
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event);
}

// Adding what is there already fails and does no harm; a descriptor that was closed and opened
// again under its old number is there no more.
void Worker::State::watch(Polled& polled) noexcept {
  const int descriptor = polled.port().poll_fd();
  if (polled.watched >= 0 && polled.watched != descriptor) {
    epoll_ctl(epoll.get(), EPOLL_CTL_DEL, polled.watched, nullptr);
  }
  if (descriptor >= 0) watch(descriptor);
  polled.watched = descriptor;
}

void Worker::State::sleep(Nanos time) noexcept {
  Nanos longest = std::max(next_tick - time, Nanos{0});
  for (Polled& polled : ports) {
    if (polled.port().poll_fd() != polled.watched) watch(polled);
    if (polled.watched < 0) {
      longest = std::min(longest, kNap);
    } else if (!polled.port().arm()) {
      return;
    }
  }
  if (vain_wakes > kVainWakes) {
    const timespec nap{.tv_sec = 0, .tv_nsec = kNap.count()};
    nanosleep(&nap, nullptr);
    vain_wakes = 0;
    return;
  }
  std::array<epoll_event, 8> events;
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
  const int ready = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()),
                               static_cast<int>(timeout));
  const auto from_port = [this](const epoll_event& event) {
    return event.data.fd != mailbox.poll_fd();
  };
  if (ready > 0 && std::any_of(events.begin(), events.begin() + ready, from_port)) ++vain_wakes;
}

Worker::Worker(WorkerConfig config) : state_(std::make_unique<State>(std::move(config))) {
  state_->start();
}

Worker::~Worker() {
  state_->stop.store(true, std::memory_order_release);
  state_->mailbox.wake();
  state_->thread.join();
}

void Worker::run(const std::function<void()>& command) {
  if (std::this_thread::get_id() == state_->thread.get_id()) {
    command();
  } else {
    state_->mailbox.run(command);
  }
}

bool Worker::post(std::function<void()> command) {
  return state_->mailbox.post(std::move(command));
}

void Worker::add(Switch& sw) { state_->switches.push_back(&sw); }

void Worker::remove(Switch& sw) noexcept {
  std::erase(state_->switches, &sw);
  std::erase_if(state_->ports, [&](const Polled& polled) { return polled.sw == &sw; });
}

Nanos Worker::now() const noexcept { return Nanos{state_->now.load(std::memory_order_relaxed)}; }
double Worker::busy_ratio() const noexcept { return state_->busy_ratio.load(); }
std::uint64_t Worker::ticks() const noexcept { return state_->ticks.load(); }
std::uint64_t Worker::busy_ns() const noexcept { return state_->busy_ns.load(); }

}  // namespace laneway

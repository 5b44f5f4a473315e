// switch/worker.h: the thread that runs switches: polls their ports, sleeps when nothing comes.
//
// Adaptive idle: after the last frame it spins for some tens of microseconds, then asks the ports
// for wake-ups and waits on their descriptors, no longer than until the next tick. Ports without a
// descriptor are looked at every millisecond then.
//
// Commands run between two bursts, through a bounded mailbox with an eventfd, so nothing that the
// worker owns needs a lock. Ports of its switches come and go in commands alone.
//
// Threads: all may call run, post and the readings; add and remove are for commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "switch/switch.h"

namespace laneway {

struct WorkerConfig {
  bool poll_only = false;             // never sleep
  int cpu = -1;                       // pin to it; -1: wherever
  std::function<void()> thread_init;  // run first on the thread (registration with EAL)
};

class Worker {
 public:
  static constexpr std::size_t kMailboxCommands = 256;  // more callers than that wait
  static constexpr Nanos kSpin =
      std::chrono::microseconds{50};  // a sleep and its wake-up cost less
  static constexpr Nanos kNap =
      std::chrono::milliseconds{1};  // between looks at ports to be polled

  // Starts the thread. Throws Error (Io; Usage for a CPU that there is not) or what thread_init
  // does.
  explicit Worker(WorkerConfig config);
  ~Worker();  // runs what is in the mailbox, stops the thread; nobody may be in run()

  // Runs `command` on the worker between two bursts and waits for it; what it throws is thrown
  // here. On the worker's own thread it is called at once.
  void run(const std::function<void()>& command);
  // Hands `command` over without waiting; false if the mailbox is full. It must not throw.
  bool post(std::function<void()> command);

  // From the next round on the worker polls the switch, or no longer does. Requires run().
  void add(Switch& sw);
  void remove(Switch& sw) noexcept;

  Nanos now() const noexcept;            // of the current round, CLOCK_MONOTONIC
  double busy_ratio() const noexcept;    // of the last second: rounds with frames or commands
  std::uint64_t ticks() const noexcept;  // rises at least every 2 s while alive
  std::uint64_t busy_ns() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

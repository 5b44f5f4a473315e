// switch/mailbox.h: commands from any thread for one thread that must not wait for a lock while it
// works: it looks at one flag a round and takes the lock only if there is something.
//
// Threads: post, run and wake are everybody's; pending, drain and poll_fd the receiving thread's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "switch/descriptor.h"

namespace laneway {

class Mailbox {
 public:
  using Command = std::function<void()>;

  // Throws Error (Io) if there is no descriptor for it.
  explicit Mailbox(std::size_t capacity);

  // Leaves a command; false if the mailbox is full. `command` must not throw.
  bool post(Command command);
  // Leaves a command, waiting for room, and waits until it has run; rethrows what it threw.
  void run(const Command& command);
  // Makes poll_fd() readable.
  void wake() noexcept;

  bool pending() const noexcept { return pending_.load(std::memory_order_acquire); }
  // Runs all commands that were left before the call.
  void drain();
  // Readable from a command's arrival, or wake(), to the next drain().
  int poll_fd() const noexcept { return event_.get(); }

 private:
  void leave(Command command);  // requires the lock and room

  const std::size_t capacity_;
  Descriptor event_;
  std::atomic<bool> pending_{false};
  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<Command> commands_;
};

}  // namespace laneway

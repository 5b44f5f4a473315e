#include "switch/mailbox.h"

#include <future>
#include <utility>

#include <sys/eventfd.h>

#include "switch/error.h"

namespace laneway {

Mailbox::Mailbox(std::size_t capacity)
    : capacity_(capacity),
      event_(check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "mailbox: eventfd")) {
  commands_.reserve(capacity);
}

bool Mailbox::post(Command command) {
  const std::lock_guard lock(mutex_);
  if (commands_.size() == capacity_) return false;
  leave(std::move(command));
  return true;
}

void Mailbox::run(const Command& command) {
  std::promise<void> done;
  auto finished = done.get_future();
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return commands_.size() < capacity_; });
    leave([&] {
      try {
        command();
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
  }
  finished.get();
}

void Mailbox::leave(Command command) {
  commands_.push_back(std::move(command));
  pending_.store(true, std::memory_order_release);
  if (commands_.size() == 1) wake();
}

void Mailbox::wake() noexcept { eventfd_write(event_.get(), 1); }

// Emptied in this order: a command that comes after the exchange wakes again.
void Mailbox::drain() {
  eventfd_t count = 0;
  eventfd_read(event_.get(), &count);
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
    pending_.store(false, std::memory_order_release);
  }
  room_.notify_all();
  for (const Command& command : commands) command();
}

}  // namespace laneway

// tests/peers/testpmd.h: dpdk-testpmd on a terminal of its own, with one virtio-user port.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

namespace laneway::test {

class Testpmd {
 public:
  struct Options {
    std::string socket;
    bool server = false;  // it listens and we connect
    bool packed = false;
    std::size_t pairs = 1;
  };

  static bool is_installed();
  // `pump` lets the back-end work; it is called all the while that testpmd is waited for.
  Testpmd(const Options& options, std::function<void()> pump);
  ~Testpmd();  // kills it
  Testpmd(const Testpmd&) = delete;
  Testpmd& operator=(const Testpmd&) = delete;

  // True once it asks for a command; within a bounded time.
  bool is_ready() { return !until_prompt().empty(); }
  // What it prints until it asks for the next; empty if that takes too long.
  std::string say(const std::string& command);
  // Begins to forward: "rxonly", "txonly" or "io" (back where it came from), all counts at zero.
  bool forward(const std::string& mode);
  // Counts of its port, as `show port stats` has them: "RX-packets", "TX-packets".
  std::uint64_t count(const std::string& what);

 private:
  std::string until_prompt();

  std::function<void()> pump_;
  int terminal_ = -1;
  pid_t pid_ = -1;
};

}  // namespace laneway::test

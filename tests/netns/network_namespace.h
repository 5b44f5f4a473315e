// tests/netns/network_namespace.h: network namespaces of a test's own, and what the tools say in
// them.
#pragma once

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace laneway::test {

// What `command` prints; its exit status in `status`.
inline std::string output_of(const std::string& command, int* status = nullptr) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> part{};
  while (const std::size_t got = fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), got);
  const int ended = pclose(pipe);
  if (status != nullptr) *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return text;
}

// Runs `command`; a failure of it is one of the test.
inline void run(const std::string& command) {
  int status = 0;
  const std::string text = output_of(command, &status);
  EXPECT_EQ(status, 0) << command << '\n' << text;
}

// The calling thread, and what it starts, is in a new, empty network namespace. False if this
// machine does not let it; errno says why.
inline bool enter_network_namespace() { return unshare(CLONE_NEWNET) == 0; }

// A network namespace with a name of its own, as `ip netns` makes it; gone with the object.
class NamedNamespace {
 public:
  NamedNamespace() : name_("lwt" + std::to_string(getpid()) + "." + std::to_string(++made())) {
    int status = 0;
    output_of("ip netns add " + name_, &status);
    exists_ = status == 0;
    if (exists_) run("ip link set lo up");
  }
  ~NamedNamespace() {
    if (exists_) output_of("ip netns del " + name_);
  }
  NamedNamespace(const NamedNamespace&) = delete;
  NamedNamespace& operator=(const NamedNamespace&) = delete;

  bool exists() const { return exists_; }
  const std::string& name() const { return name_; }
  std::string in(const std::string& command) const {
    return "ip netns exec " + name_ + " " + command;
  }
  void run(const std::string& command) const { test::run(in(command)); }
  std::string output(const std::string& command) const { return output_of(in(command)); }
  bool succeeds(const std::string& command) const {
    int status = 0;
    output_of(in(command), &status);
    return status == 0;
  }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  std::string name_;
  bool exists_ = false;
};

}  // namespace laneway::test

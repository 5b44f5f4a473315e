#include "tests/peers/testpmd.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/netns/network_namespace.h"

namespace laneway::test {

namespace {

constexpr const char* kProgram = "dpdk-testpmd";
constexpr const char* kPrompt = "testpmd> ";
constexpr std::chrono::seconds kPatience{30};

// Both its threads on one CPU: the test has the others.
std::string lcores() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  std::size_t cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  return "0@" + std::to_string(cpu) + ",1@" + std::to_string(cpu);
}

std::vector<std::string> arguments(const Testpmd::Options& options) {
  const std::string pairs = std::to_string(options.pairs);
  const std::string device = "net_virtio_user0,path=" + options.socket +
                             ",server=" + (options.server ? "1" : "0") +
                             ",packed_vq=" + (options.packed ? "1" : "0") + ",queues=" + pairs;
  return {kProgram,
          "--no-huge",
          "-m",
          "128",
          "--no-shconf",
          "--no-pci",
          "--no-telemetry",
          "--lcores",
          lcores(),
          "--vdev",
          device,
          "--",
          "-i",
          "--total-num-mbufs=4096",
          "--no-lsc-interrupt",
          "--port-topology=loop",
          "--rxq=" + pairs,
          "--txq=" + pairs};
}

[[noreturn]] void become(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp(kProgram, pointers.data());
  _exit(127);
}

}  // namespace

bool Testpmd::is_installed() {
  int status = 0;
  output_of(std::string("command -v ") + kProgram, &status);
  return status == 0;
}

// On a terminal, or it would keep what it prints.
Testpmd::Testpmd(const Options& options, std::function<void()> pump) : pump_(std::move(pump)) {
  if (options.server) std::filesystem::remove(options.socket);
  pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
  if (pid_ == 0) become(arguments(options));
  fcntl(terminal_, F_SETFL, O_NONBLOCK);
}

Testpmd::~Testpmd() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(terminal_);
}

std::string Testpmd::until_prompt() {
  std::string text;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!text.ends_with(kPrompt)) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "testpmd asks for no command; it said: " << text;
      return {};
    }
    pump_();
    std::array<char, 4096> part;
    const ssize_t got = read(terminal_, part.data(), part.size());
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string Testpmd::say(const std::string& command) {
  const std::string line = command + "\n";
  if (write(terminal_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return {};
  return until_prompt();
}

bool Testpmd::forward(const std::string& mode) {
  return !say("set fwd " + mode).empty() && !say("clear port stats 0").empty() &&
         !say("start").empty();
}

std::uint64_t Testpmd::count(const std::string& what) {
  const std::string text = say("show port stats 0");
  const auto at = text.find(what + ":");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + what.size() + 1));
}

}  // namespace laneway::test

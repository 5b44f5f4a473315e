// tests/netns/running_lanewayd.h: the real lanewayd in a network namespace of its own: a host with
// a veth uplink, a LAN behind it, and a guest, each in a namespace.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/netns/network_namespace.h"

namespace laneway::test {

// True as soon as `holds` does; false if it does not within `limit`.
inline bool eventually(const std::function<bool()>& holds,
                       std::chrono::seconds limit = std::chrono::seconds{10}) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

class Lanewayd : public testing::Test {
 protected:
  void SetUp() override {
    if (!host_.exists()) GTEST_SKIP() << "network namespaces are not allowed here";
    if (access("/dev/net/tun", R_OK | W_OK) != 0)
      GTEST_SKIP() << "/dev/net/tun: " << strerror(errno);
    run("ip -n " + host_.name() + " link add up0 type veth peer name lan0 netns " + lan_.name());
    host_.run("ip addr add 192.168.1.23/24 dev up0");
    host_.run("ip link set up0 up");
    lan_.run("ip addr add 192.168.1.1/24 dev lan0");
    lan_.run("ip link set lan0 up");
    host_.run("ip route add default via 192.168.1.1");
    start();
  }
  void TearDown() override {
    if (daemon_ > 0) stop(SIGTERM);
    std::filesystem::remove_all(folder_);
  }

  void start() {
    std::filesystem::create_directories(folder_);
    std::filesystem::remove(socket());
    daemon_ = fork();
    if (daemon_ == 0) {
      const std::string log = folder_ + "/log";
      if (freopen(log.c_str(), "a", stderr) == nullptr) _exit(126);
      setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
      const bool configured = std::filesystem::exists(config_file());
      execlp("ip", "ip", "netns", "exec", host_.name().c_str(), LANEWAYD, "--run-dir",
             run_directory().c_str(), configured ? "--config" : "--state",
             (configured ? config_file() : state_file()).c_str(), nullptr);
      _exit(127);
    }
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(socket()); }));
  }
  void stop(int signal) {
    kill(daemon_, signal);
    waitpid(daemon_, nullptr, 0);
    daemon_ = -1;
  }

  std::string run_directory() const { return folder_ + "/run"; }
  std::string state_file() const { return folder_ + "/state/state.json"; }
  // In place of the state file, if it is there when the daemon starts.
  std::string config_file() const { return folder_ + "/laneway.toml"; }
  std::string socket() const { return run_directory() + "/api.sock"; }
  std::string laneway(const std::string& command) const {
    return host_.in(std::string(LANEWAY) + " --socket " + socket() + " " + command);
  }
  // A guest behind a tap, with an address, in a namespace of its own.
  void add_guest() {
    run(laneway("attach home tap:lwg1 --as vm1 -q"));
    host_.run("ip link set lwg1 netns " + guest_.name());
    guest_.run("ip addr add 192.168.1.57/24 dev lwg1");
    guest_.run("ip link set lwg1 up");
  }
  bool pings(const NamedNamespace& from, const std::string& to) const {
    return eventually([&] { return from.succeeds("ping -q -c1 -W1 " + to); });
  }
  std::string traces() const {
    return host_.output("ip route show proto 76") + host_.output("ip -6 route show proto 76") +
           host_.output("tc filter show dev up0 ingress 2>/dev/null || true");
  }

  NamedNamespace host_;
  NamedNamespace lan_;
  NamedNamespace guest_;
  const std::string folder_ = "/tmp/lanewayd." + std::to_string(getpid());
  pid_t daemon_ = -1;
};

}  // namespace laneway::test

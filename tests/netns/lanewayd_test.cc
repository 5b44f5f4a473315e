// The real lanewayd on a veth uplink: a host, a LAN behind its uplink, and a guest, each in a
// network namespace of its own.

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/netns/network_namespace.h"

namespace laneway::test {
namespace {

// True as soon as `holds` does; false if it does not within `limit`.
bool eventually(const std::function<bool()>& holds,
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
      execlp("ip", "ip", "netns", "exec", host_.name().c_str(), LANEWAYD, "--run-dir",
             folder_.c_str(), "--state", (folder_ + "/state.json").c_str(), nullptr);
      _exit(127);
    }
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(socket()); }));
  }
  void stop(int signal) {
    kill(daemon_, signal);
    waitpid(daemon_, nullptr, 0);
    daemon_ = -1;
  }

  std::string socket() const { return folder_ + "/api.sock"; }
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
           host_.output("tc qdisc show dev up0 clsact | grep clsact || true");
  }

  NamedNamespace host_;
  NamedNamespace lan_;
  NamedNamespace guest_;
  const std::string folder_ = "/tmp/lanewayd." + std::to_string(getpid());
  pid_t daemon_ = -1;
};

TEST_F(Lanewayd, PlainGuestLanAndHostReachEachOther) {
  run(laneway("create home --uplink up0 -q"));
  add_guest();
  EXPECT_TRUE(pings(guest_, "192.168.1.1"));
  EXPECT_TRUE(pings(lan_, "192.168.1.57"));
  EXPECT_TRUE(pings(guest_, "192.168.1.23"));
  EXPECT_TRUE(eventually([&] { return !host_.output("ip route show proto 76").empty(); }));
  EXPECT_TRUE(pings(host_, "192.168.1.57"));
}

TEST_F(Lanewayd, TranslatedGuestHasTheStationsAddressOnTheLan) {
  run(laneway("create home --uplink up0 --translate on -q"));
  add_guest();
  EXPECT_TRUE(pings(guest_, "192.168.1.1"));
  EXPECT_TRUE(pings(lan_, "192.168.1.57"));
  const std::string station = host_.output("cat /sys/class/net/up0/address").substr(0, 17);
  EXPECT_NE(lan_.output("ip neigh show 192.168.1.57").find(station), std::string::npos);
}

TEST_F(Lanewayd, F3_KilledDaemonLeavesNothingAndIsBackAfterwards) {
  run(laneway("create home --uplink up0 --translate on -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  ASSERT_TRUE(eventually([&] { return !host_.output("ip route show proto 76").empty(); }));
  stop(SIGKILL);
  EXPECT_TRUE(eventually([&] { return traces().empty(); })) << traces();
  start();
  EXPECT_NE(output_of(laneway("show home")).find("vm1"), std::string::npos);
}

TEST_F(Lanewayd, E05_SwitchesThatComeAndGoLoseNoPingOfTheHost) {
  const std::string result = folder_ + "/ping";
  FILE* ping = popen(host_.in("ping -q -i 0.05 -w 8 192.168.1.1 > " + result).c_str(), "r");
  for (int i = 0; i < 10; ++i) {
    run(laneway("create home --uplink up0 --translate on -q"));
    run(laneway("rm home -q"));
  }
  pclose(ping);
  EXPECT_NE(output_of("cat " + result).find(" 0% packet loss"), std::string::npos)
      << output_of("cat " + result);
  EXPECT_EQ(traces(), "");
}

TEST_F(Lanewayd, DeletedUplinkComesBack) {
  run(laneway("create home --uplink up0 -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  host_.run("ip link del up0");
  run("ip -n " + host_.name() + " link add up0 type veth peer name lan0 netns " + lan_.name());
  host_.run("ip link set up0 up");
  lan_.run("ip addr add 192.168.1.1/24 dev lan0");
  lan_.run("ip link set lan0 up");
  guest_.run("ip neigh flush all");  // the LAN host has a new address as well
  EXPECT_TRUE(pings(guest_, "192.168.1.1"));
}

TEST_F(Lanewayd, RunsWithoutCapabilities) {
  const std::string status = output_of("cat /proc/" + std::to_string(daemon_) + "/status");
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos);
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
}

}  // namespace
}  // namespace laneway::test

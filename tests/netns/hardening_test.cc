// What the running daemon may do, what others may do to it, and that it is back after a kill.

#include <atomic>
#include <fstream>
#include <random>
#include <sstream>

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/netns/running_lanewayd.h"

namespace laneway::test {
namespace {

constexpr uid_t kNobody = 65534;

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A connection to the API; -1 and errno if it is refused.
int connect_to(const std::string& path) {
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return client;
  const int failure = errno;
  close(client);
  errno = failure;
  return -1;
}

class Hardening : public Lanewayd {};

TEST_F(Hardening, P12_NoThreadHasACapabilityOrAWayToOne) {
  const std::string process = "/proc/" + std::to_string(daemon_);
  for (const auto& thread : std::filesystem::directory_iterator(process + "/task")) {
    const std::string status = read_file(thread.path() / "status");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_NE(status.find(std::string(set) + ":\t0000000000000000\n"), std::string::npos)
          << set << '\n'
          << status;
    }
    EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos);
    EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos);
  }
  EXPECT_NE(read_file(process + "/limits").find("Max core file size        0 "), std::string::npos)
      << read_file(process + "/limits");
}

TEST_F(Hardening, P12_HelperKeepsThreeCapabilities) {
  const std::string pid = std::to_string(daemon_);
  std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  std::string helper;
  ASSERT_TRUE(children >> helper);
  const std::string status = read_file("/proc/" + helper + "/status");
  EXPECT_NE(status.find("CapEff:\t0000008000003000\n"), std::string::npos) << status;
  EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos);
}

// Started with a shell's usual 1024, it has what its limits of switches and ports may need.
TEST_F(Hardening, P7_DescriptorsAreEnoughForTheLimits) {
  const std::string limits = "/proc/" + std::to_string(daemon_) + "/limits";
  const std::string soft = output_of("awk '/Max open files/ {print $4}' " + limits);
  const std::string hard = output_of("awk '/Max open files/ {print $5}' " + limits);
  EXPECT_GE(std::stol(soft), std::min(std::stol(hard), 33792L)) << soft;
}

// Whatever is made and removed again, in the daemon and in its helper.
TEST_F(Hardening, P7_WhatComesAndGoesLeavesNoDescriptorAndNoMemory) {
  const std::string daemon = std::to_string(daemon_);
  const std::string helper =
      output_of("tr -d ' ' < /proc/" + daemon + "/task/" + daemon + "/children");
  const auto descriptors = [&] {
    return output_of("ls /proc/" + daemon + "/fd | wc -l") +
           output_of("ls /proc/" + helper + "/fd | wc -l");
  };
  const auto kibibytes = [&] {
    return std::stol(output_of("awk '/^Anonymous/ {print $2}' /proc/" + daemon + "/smaps_rollup")) +
           std::stol(output_of("awk '/^Anonymous/ {print $2}' /proc/" + helper + "/smaps_rollup"));
  };
  const auto round = [&] {
    run(laneway("create home --uplink up0 --translate on -q"));
    for (const char* spec : {"stream:vm1", "vhost-user:vm2", "tap:lwg1"}) {
      run(laneway(std::string("attach home ") + spec + " -q"));
    }
    run(laneway("detach home/vm1 -q"));
    host_.succeeds(std::string(LANEWAY) + " --socket " + socket() + " create home");  // refused
    run(laneway("rm home --force -q"));
  };
  constexpr int kWarmUp = 5, kRounds = 40;
  for (int i = 0; i < kWarmUp; ++i) round();
  const std::string before = descriptors();
  const long memory = kibibytes();
  for (int i = 0; i < kRounds; ++i) round();
  EXPECT_TRUE(eventually([&] { return descriptors() == before; })) << before << descriptors();
  constexpr long kGrowth =
      1024;  // events that are kept, 8 KiB a round; a lost table of a switch has more
  EXPECT_LE(kibibytes(), memory + kGrowth);
}

TEST_F(Hardening, P13_NothingIsOpenToOthers) {
  run(laneway("create lab -q"));
  run(laneway("attach lab stream:vm1 -q"));
  int seen = 0;
  for (const std::string part : {"/run", "/state"}) {
    const std::filesystem::path top = folder_ + part;
    std::vector<std::filesystem::path> made{top};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
      made.push_back(entry.path());
    for (const auto& path : made) {
      struct stat status {};
      ASSERT_EQ(lstat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0007U, 0U) << path << ' ' << std::oct << status.st_mode;
      EXPECT_EQ(status.st_uid, geteuid()) << path;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 5);  // two directories, two sockets, the state file
  EXPECT_EQ(std::filesystem::status(state_file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Hardening, P14_StrangersAreRefused) {
  const pid_t stranger = fork();
  if (stranger == 0) {
    const bool changed = setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
                         setresuid(kNobody, kNobody, kNobody) == 0;
    if (!changed) _exit(0);
    _exit(connect_to(socket()) >= 0 ? 0 : errno);
  }
  int status = 0;
  waitpid(stranger, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), EACCES);
}

TEST_F(Hardening, P14_FloodingClientsCostGuestsNoFrame) {
  run(laneway("create home --uplink up0 -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  std::atomic<bool> over{false};
  std::vector<int> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(connect_to(socket()));
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this, &over, i] {
      const std::string request = i % 2 == 0 ? "GET /v1/switches HTTP/1.1\r\nHost: x\r\n\r\n"
                                             : std::string(9000, static_cast<char>('A' + i));
      while (!over) {
        const int client = connect_to(socket());
        if (client < 0) continue;
        if (send(client, request.data(), request.size(), MSG_NOSIGNAL) < 0) errno = 0;
        close(client);
      }
    });
  }
  const std::string result = guest_.output("ping -q -i 0.02 -c 150 192.168.1.1");
  over = true;
  for (std::thread& client : clients) client.join();
  for (const int client : idle) close(client);
  EXPECT_NE(result.find(" 0% packet loss"), std::string::npos) << result;
  EXPECT_TRUE(eventually([&] {
    return host_.succeeds("true") && output_of(laneway("ls")).find("home") != std::string::npos;
  }));
}

// A guest that says nothing after the kill, attached without --mac, is reached from what was saved;
// the other knows its address already, so that no broadcast finds it.
TEST_F(Hardening, P9_SilentGuestIsReachedAfterAKill) {
  const NamedNamespace other;
  int number = 0;
  std::string mac;
  run(laneway("create home -q"));
  for (const NamedNamespace* guest : {&other, &std::as_const(guest_)}) {
    const std::string nic = "vg" + std::to_string(++number);
    run("ip -n " + host_.name() + " link add " + nic + " type veth peer name eth0 netns " +
        guest->name());
    host_.run("ip link set " + nic + " up");
    guest->run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    guest->run("ip addr add 10.0.0." + std::to_string(number) + "/24 dev eth0");
    guest->run("ip link set eth0 up");
    mac = guest->output("cat /sys/class/net/eth0/address").substr(0, 17);
    run(laneway("attach home packet:" + nic + " -q"));
  }
  ASSERT_TRUE(pings(other, "10.0.0.2"));
  ASSERT_TRUE(eventually([&] {
    const std::string saved = output_of("cat " + state_file());
    return saved.find("\"10.0.0.2\"") != std::string::npos && saved.find(mac) != std::string::npos;
  }));
  stop(SIGKILL);
  other.run("ip neigh replace 10.0.0.2 dev eth0 lladdr " + mac + " nud permanent");
  guest_.run("ip neigh replace 10.0.0.1 dev eth0 lladdr " +
             other.output("cat /sys/class/net/eth0/address").substr(0, 17) + " nud permanent");
  start();
  EXPECT_TRUE(eventually([&] { return other.succeeds("ping -q -c1 -W 0.2 10.0.0.2"); }));
  EXPECT_TRUE(eventually([&] {
    const std::string bound = output_of(laneway("neighbors home --json"));
    return bound.find("\"10.0.0.2\"") != std::string::npos;
  }));
}

// Two guests on veths, which outlive the daemon as VMs with vhost-user do.
TEST_F(Hardening, P9_KilledAtAnyMomentItForwardsAgain) {
  const NamedNamespace other;
  int number = 0;
  run(laneway("create home -q"));
  for (const NamedNamespace* guest : {&std::as_const(guest_), &other}) {
    const std::string nic = "vg" + std::to_string(++number);
    run("ip -n " + host_.name() + " link add " + nic + " type veth peer name eth0 netns " +
        guest->name());
    host_.run("ip link set " + nic + " up");
    guest->run("ip addr add 10.0.0." + std::to_string(number) + "/24 dev eth0");
    guest->run("ip link set eth0 up");
    const std::string mac = guest->output("cat /sys/class/net/eth0/address").substr(0, 17);
    run(laneway("attach home packet:" + nic + " --mac " + mac + " -q"));
  }
  ASSERT_TRUE(pings(guest_, "10.0.0.2"));
  std::minstd_rand random(1);
  for (int round = 0; round < 10; ++round) {
    std::thread busy([&] {  // its state file is being written when it is killed
      for (int i = 0; i < 20; ++i)
        output_of(laneway("set home/vg1 storm_limit=" + std::to_string(1000 + i)));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 200});
    stop(SIGKILL);
    busy.join();
    const auto begin = std::chrono::steady_clock::now();
    start();
    ASSERT_TRUE(eventually([&] { return guest_.succeeds("ping -q -c1 -W 0.2 10.0.0.2"); }));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("round %d: forwards %.2f s after the start\n", round, took.count());
  }
  EXPECT_FALSE(std::filesystem::exists(state_file() + ".bad"));
}

}  // namespace
}  // namespace laneway::test

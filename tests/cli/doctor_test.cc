// `laneway doctor` on hosts that are folders.
#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include "cli/health.h"
#include "cli/json.h"
#include "switch/error.h"
#include "tests/cli/fake_daemon.h"
#include "tests/cli/run_cli.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

namespace fs = std::filesystem;
using cli::Check;
using cli::Verdict;

class Host : public ::testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void healthy() {
    write("dev/net/tun", "");
    write("proc/net/packet", "");
    write("proc/sys/net/ipv4/ip_forward", "0\n");
    write("sys/module/sch_ingress/x", "");
    utsname kernel{};
    uname(&kernel);
    write(fs::path("lib/modules") / kernel.release / "modules.builtin",
          "kernel/net/sched/cls_bpf.ko\n");
  }
  Check check(const std::string& name) const {
    for (const Check& one : cli::host_checks(root_)) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }

  test::TemporaryFolder folder_;
  fs::path root_ = folder_.path();
};

TEST_F(Host, HealthyOneHasNothingToFix) {
  healthy();
  for (const Check& one : cli::host_checks(root_)) {
    EXPECT_EQ(one.verdict, Verdict::Good) << one.name << ": " << one.found;
    EXPECT_EQ(one.fix, "") << one.name;
  }
}

TEST_F(Host, WithoutTunThereAreNoTaps) {
  EXPECT_EQ(check("taps").verdict, Verdict::Bad);
  EXPECT_EQ(check("taps").fix, "sudo modprobe tun");
}

TEST_F(Host, ThatForwardsNeedsTheFilter) {
  EXPECT_EQ(check("host's filter").verdict, Verdict::Warning);
  write("proc/sys/net/ipv4/ip_forward", "1\n");
  EXPECT_EQ(check("host's filter").verdict, Verdict::Bad);
  healthy();
  write("proc/sys/net/ipv4/ip_forward", "1\n");
  EXPECT_EQ(check("host's filter").verdict, Verdict::Good);
}

TEST_F(Host, NetworkManagerHasToBeToldOfOurTaps) {
  EXPECT_EQ(check("NetworkManager").verdict, Verdict::Good);
  write("run/NetworkManager/x", "");
  EXPECT_EQ(check("NetworkManager").verdict, Verdict::Warning);
  fs::create_directories(root_ / "usr/lib/NetworkManager/conf.d");
  fs::copy_file("packaging/90-laneway.conf",
                root_ / "usr/lib/NetworkManager/conf.d/90-laneway.conf");
  EXPECT_EQ(check("NetworkManager").verdict, Verdict::Good);
}

TEST_F(Host, FirewalldIsPointedOut) {
  write("run/firewalld.pid", "1");
  EXPECT_EQ(check("firewall").verdict, Verdict::Warning);
}

TEST(Doctor, MissingDaemonIsAFindingWithExitStatus1) {
  const test::Ran ran = test::run_cli({"--socket", "/nonexistent", "--json", "doctor"});
  EXPECT_EQ(ran.status, 1);
  const auto checks = cli::Value::parse(ran.out)["checks"].items();
  ASSERT_FALSE(checks.empty());
  EXPECT_EQ(checks.front()["check"].text(), "daemon");
  EXPECT_EQ(checks.front()["verdict"].text(), "failed");
  EXPECT_EQ(checks.front()["fix"].text(), "systemctl start laneway, or start lanewayd --user");
}

TEST(Doctor, LoopbackCannotBeAnUplinkAndNobodyIsNobody) {
  EXPECT_EQ(cli::nic_check("lo").verdict, Verdict::Bad);
  const test::Ran ran = test::run_cli({"--socket", "/nonexistent", "doctor", "no-such-nic0"});
  EXPECT_EQ(ran.status, 4);
  EXPECT_EQ(ran.err, "laneway: no adapter 'no-such-nic0'\n  fix: laneway nics\n");
}

TEST(Doctor, SaysWhatTheAccessPointDoes) {
  test::FakeDaemon daemon;
  daemon.answer("GET /v1/version", 200, R"({"schema":1,"laneway":"0.1.0"})");
  daemon.answer("GET /v1/switches", 200, R"({"switches":[{"name":"home"}]})");
  daemon.answer(
      "GET /v1/switches/home", 200,
      R"({"switch":{"name":"home","state":"up","uplink":{"nic":"wlan0","mode":"translated",)"
      R"("bssid":"02:00:00:aa:00:01"},"ports":[{"role":"uplink","drops":{"echo":7}}]}})");
  const test::Ran ran = test::run_cli({"--socket", daemon.socket(), "doctor"});
  EXPECT_NE(ran.out.find("sends our own frames back (7): allowed for"), std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("wlan0, translated"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace laneway

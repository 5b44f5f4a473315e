// The real lanewayd on a veth uplink: who reaches whom, and what is left when it ends.

#include <fstream>

#include "tests/netns/running_lanewayd.h"

namespace laneway::test {
namespace {

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

TEST_F(Lanewayd, P11_CrashCostsTheHostNoPingAndNoRoute) {
  run(laneway("create home --uplink up0 --translate on -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  const std::string addresses = host_.output("ip -brief addr show dev up0");
  const std::string result = folder_ + "/ping";
  FILE* ping = popen(host_.in("ping -q -i 0.05 -c 80 192.168.1.1 > " + result).c_str(), "r");
  std::this_thread::sleep_for(std::chrono::seconds{1});
  stop(SIGKILL);
  std::this_thread::sleep_for(std::chrono::seconds{1});
  start();
  pclose(ping);
  EXPECT_NE(output_of("cat " + result).find(" 0% packet loss"), std::string::npos)
      << output_of("cat " + result);
  EXPECT_EQ(host_.output("ip -brief addr show dev up0"), addresses);
  EXPECT_NE(host_.output("ip route show default").find("via 192.168.1.1"), std::string::npos);
}

TEST_F(Lanewayd, HostThatForwardsAddsNothingToWhatGuestsSend) {
  host_.run("sysctl -q -w net.ipv4.ip_forward=1");
  run(laneway("create home --uplink up0 --translate on -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  const std::string answers = guest_.output("ping -c 5 -i 0.1 192.168.1.1");
  EXPECT_NE(answers.find(" 0% packet loss"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("DUP!"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("Redirect"), std::string::npos) << answers;
}

TEST_F(Lanewayd, UplinkAutoFollowsTheDefaultRoute) {
  run(laneway("create home --uplink auto -q"));
  const auto is_on = [&](const std::string& nic) {
    return output_of(laneway("show home --json")).find("\"nic\":\"" + nic + "\"") !=
           std::string::npos;
  };
  EXPECT_TRUE(eventually([&] { return is_on("up0"); }));
  run("ip -n " + host_.name() + " link add up1 type veth peer name lan1 netns " + lan_.name());
  host_.run("ip addr add 192.168.2.23/24 dev up1");
  host_.run("ip link set up1 up");
  lan_.run("ip link set lan1 up");
  host_.run("ip route replace default via 192.168.2.1");
  EXPECT_TRUE(eventually([&] { return is_on("up1"); })) << output_of(laneway("show home --json"));
}

// PKT-5: a guest behind a veth sees the uplink's link in its own, and never loses it to us for
// good.
TEST_F(Lanewayd, PacketGuestIsShownTheUplinksLink) {
  run("ip -n " + host_.name() + " link add vg1 type veth peer name eth0 netns " + guest_.name());
  host_.run("ip link set vg1 up");
  guest_.run("ip link set eth0 up");
  run(laneway("create home --uplink up0 -q"));
  run(laneway("set home link_follows_uplink=on -q"));
  run(laneway("attach home packet:vg1 --as vm1 -q"));
  const auto carrier = [&](const std::string& wanted) {
    return eventually([&] { return guest_.output("cat /sys/class/net/eth0/carrier") == wanted; });
  };
  EXPECT_TRUE(carrier("1\n"));
  lan_.run("ip link set lan0 down");
  EXPECT_TRUE(carrier("0\n"));
  lan_.run("ip link set lan0 up");
  EXPECT_TRUE(carrier("1\n"));
  lan_.run("ip link set lan0 down");
  EXPECT_TRUE(carrier("0\n"));
  run(laneway("detach home/vm1 -q"));
  EXPECT_TRUE(carrier("1\n"));
}

TEST_F(Lanewayd, DeletedTapComesBack) {
  run(laneway("create home -q"));
  run(laneway("attach home tap:lwg1 --as vm1 -q"));
  host_.run("ip link del lwg1");
  EXPECT_TRUE(eventually([&] { return host_.succeeds("ip link show lwg1"); }));
}

// Its interface is gone while the daemon starts, and other ports are saved meanwhile.
TEST_F(Lanewayd, PortThatCannotBeOpenedAtTheStartIsKeptAndOpensLater) {
  const auto add_veth = [&] {
    run("ip -n " + host_.name() + " link add vg1 type veth peer name eth0 netns " + guest_.name());
    host_.run("ip link set vg1 up");
  };
  const auto shows = [&](const std::string& what) {
    return output_of(laneway("show home --json")).find(what) != std::string::npos;
  };
  run(laneway("create home -q"));
  add_veth();
  run(laneway("attach home packet:vg1 --as vm1 -q"));
  stop(SIGTERM);
  host_.run("ip link del vg1");
  start();
  EXPECT_TRUE(shows("no network interface 'vg1'"));
  EXPECT_NE(output_of(laneway("set home/vm1 isolated=on 2>&1 || true")).find("is not open"),
            std::string::npos);
  run(laneway("attach home stream:vm2 -q"));
  EXPECT_NE(output_of("cat " + state_file()).find("packet:vg1"), std::string::npos);
  add_veth();
  EXPECT_TRUE(eventually([&] { return !shows("no network interface 'vg1'"); }));
  host_.run("ip link del vg1");
  stop(SIGTERM);
  start();
  run(laneway("detach home/vm1 -q"));
  EXPECT_FALSE(shows("vm1"));
}

TEST_F(Lanewayd, MetricsOverTcpServeNothingElse) {
  stop(SIGTERM);
  const std::string file = folder_ + "/metrics.toml";
  std::ofstream(file) << "[daemon]\nmetrics = \"127.0.0.1:9590\"\n";
  FILE* daemon = popen(host_
                           .in("sh -c 'echo $$; exec " + std::string(LANEWAYD) + " --config " +
                               file + " --run-dir " + run_directory() + "' 2>>" + folder_ + "/log")
                           .c_str(),
                       "r");
  int pid = 0;
  ASSERT_EQ(fscanf(daemon, "%d", &pid), 1);
  const auto status = [&](const std::string& arguments) {
    return host_.output("curl -s -o /dev/null -w '%{http_code}' " + arguments + " || true");
  };
  EXPECT_TRUE(eventually([&] { return status("http://127.0.0.1:9590/metrics") == "200"; }));
  EXPECT_EQ(status("http://127.0.0.1:9590/v1/switches"), "404");
  EXPECT_EQ(status("-X POST http://127.0.0.1:9590/metrics"), "400");
  EXPECT_EQ(status("-H 'Host: evil.example' http://127.0.0.1:9590/metrics"), "403");
  kill(pid, SIGTERM);
  pclose(daemon);
}

TEST_F(Lanewayd, ADaemonThatCannotStartSaysWhyInOneLine) {
  const auto start_with = [&](const std::string& arguments) {
    return output_of("timeout 10 " + std::string(LANEWAYD) + " --user " + arguments +
                     " 2>&1; echo status $?");
  };
  const std::string directory = start_with("--run-dir /dev/null/x --state " + state_file());
  EXPECT_NE(directory.find("lanewayd: cannot make /dev/null/x"), std::string::npos) << directory;
  EXPECT_NE(directory.find("fix: "), std::string::npos);
  EXPECT_NE(directory.find("status 1"), std::string::npos) << directory;
  const std::string state = start_with("--run-dir " + folder_ + "/r --state /dev/null/x/y");
  EXPECT_NE(state.find("lanewayd: cannot make /dev/null/x"), std::string::npos) << state;
  const std::string level = start_with("--run-dir " + folder_ + "/r --log loud");
  EXPECT_NE(level.find("--log"), std::string::npos) << level;
  EXPECT_EQ(level.find("status 124"), std::string::npos) << level;
}

TEST_F(Lanewayd, RefusalsHaveTheirStatusAndChangeNothing) {
  run(laneway("create lab -q"));
  run(laneway("attach lab stream:vm1 -q"));
  const std::string ports = output_of(laneway("config export"));
  const std::string links = host_.output("ip -brief link | cut -d' ' -f1 | sort");
  host_.run("ip link add br0 type bridge");
  run("ip -n " + host_.name() + " link add p0 type veth peer name p1 netns " + lan_.name());
  host_.run("ip link set p0 master br0");
  const std::string closed = folder_ + "/closed";
  run("install -d -m 0700 -o nobody " + closed);
  struct Case {
    std::string command, says;
    int status;
  };
  const std::vector<Case> cases{
      {"create a --uplink nowhere", "nowhere", 4},
      {"create a --uplink lo", "lo cannot be an uplink", 1},
      {"create a --uplink br0", "bridge", 1},
      {"create a --uplink p0", "br0", 1},
      {"create lab", "exists", 5},
      {"attach lab stream:vm1 --as vm2", "in use by lab/vm1", 1},
      {"attach lab stream:vm2 --as vm1", "exists", 5},
      {"attach lab stream:" + closed + "/s.sock", "ermission denied", 6},
      {"attach lab stream:/tmp/" + std::string(108, 'x'), "107", 2},
      {"attach lab xpd:eth0", "did you mean xdp", 2},
      {"create a --uplnk up0", "--uplink", 2},
      {"show nowhere", "no switch 'nowhere'", 4},
  };
  for (const Case& one : cases) {
    int status = 0;
    const std::string said = output_of(laneway(one.command), &status);
    EXPECT_EQ(status, one.status) << one.command << '\n' << said;
    EXPECT_NE(said.find(one.says), std::string::npos) << one.command << '\n' << said;
  }
  host_.run("ip link del br0");
  host_.run("ip link del p0");
  EXPECT_EQ(output_of(laneway("config export")), ports);
  EXPECT_EQ(host_.output("ip -brief link | cut -d' ' -f1 | sort"), links);
  EXPECT_EQ(traces(), "");
}

TEST_F(Lanewayd, UnknownKeyOfAConfigurationStartsNothing) {
  const std::string file = folder_ + "/wrong.toml";
  std::ofstream(file) << "[[switch]]\nname = \"a\"\nuplnk = \"up0\"\n";
  for (const std::string& command :
       {std::string(LANEWAY) + " config check " + file,
        std::string(LANEWAYD) + " --config " + file + " --run-dir " + folder_ + "/none"}) {
    int status = 0;
    const std::string said = output_of(host_.in(command), &status);
    EXPECT_EQ(status, 1) << said;
    EXPECT_NE(said.find(file + ":3:1: unknown key 'uplnk' (did you mean 'uplink'?)"),
              std::string::npos)
        << said;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none"));
}

}  // namespace
}  // namespace laneway::test

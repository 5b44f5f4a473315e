// Ports on devices of DPDK's, in the real lanewayd: AF_XDP on veths, a tap that DPDK makes.

#include <fstream>

#include "tests/netns/running_lanewayd.h"

namespace laneway::test {
namespace {

class Devices : public Lanewayd {
 protected:
  void keep_privileges() {
    stop(SIGTERM);
    std::ofstream(config_file()) << "[daemon]\nkeep_privileges = true\n";
    start();
  }
  // `host` is the switch's end of a veth, eth0 the guest's. XDP sees frames before anybody has
  // completed their checksums, so the sender must.
  void add_veth(const std::string& host, const NamedNamespace& guest, const std::string& address) {
    run("ip -n " + host_.name() + " link add " + host + " type veth peer name eth0 netns " +
        guest.name());
    guest.run("ethtool -K eth0 tx off");
    host_.run("ip link set " + host + " up");
    guest.run("ip addr add " + address + "/24 dev eth0");
    guest.run("ip link set eth0 up");
  }
  bool shows(const std::string& what) const {
    return output_of(laneway("show home --json")).find(what) != std::string::npos;
  }
};

TEST_F(Devices, XdpPortsCarryFramesAndFollowTheirInterfaces) {
  keep_privileges();
  add_veth("vg1", guest_, "10.1.1.1");
  add_veth("vg2", lan_, "10.1.1.2");
  run(laneway("create home -q"));
  run(laneway("attach home xdp:vg1 --as vm1 --policy trunk -q"));
  run(laneway("attach home xdp:vg2,copy=on --as vm2 --policy trunk -q"));
  EXPECT_TRUE(pings(guest_, "10.1.1.2"));
  guest_.run("ping -q -c 20 -i 0.01 -w 5 -s 1472 -M do 10.1.1.2");
  const std::string refusal = output_of(laneway("attach home xdp:vg1 --as vm3 --policy trunk"));
  EXPECT_NE(refusal.find("in use by home/vm1"), std::string::npos) << refusal;

  EXPECT_NE(output_of(laneway("attach home xdp:nosuch")).find("no network interface 'nosuch'"),
            std::string::npos);

  host_.run("ip link del vg2");
  EXPECT_TRUE(eventually([&] { return shows("vg2 was deleted"); }));
  add_veth("vg2", lan_, "10.1.1.2");
  EXPECT_TRUE(eventually([&] { return !shows("vg2 was deleted"); }));
  guest_.run("ip neigh flush dev eth0");  // the new interface has another address
  EXPECT_TRUE(pings(guest_, "10.1.1.2")) << output_of(laneway("show home"));
}

TEST_F(Devices, ATapOfDpdksCarriesFrames) {
  keep_privileges();
  run(laneway("create home --uplink up0 -q"));
  run(laneway("attach home 'dpdk:\"net_tap0,iface=dtap0\"' --as vm1 --policy trunk -q"));
  host_.run("ip link set dtap0 netns " + guest_.name());
  guest_.run("ip addr add 192.168.1.57/24 dev dtap0");
  guest_.run("ip link set dtap0 up");
  EXPECT_TRUE(pings(guest_, "192.168.1.1"));
  run(laneway("detach home/vm1 -q"));
  EXPECT_FALSE(guest_.succeeds("ip link show dtap0"));
}

TEST_F(Devices, WithoutPrivilegesXdpPortsAreRefusedWithTheFix) {
  add_veth("vg1", guest_, "10.1.1.1");
  run(laneway("create home -q"));
  int status = 0;
  const std::string refusal = output_of(laneway("attach home xdp:vg1 --as vm1"), &status);
  EXPECT_EQ(status, 6);
  EXPECT_NE(refusal.find("keep_privileges = true"), std::string::npos) << refusal;
}

TEST_F(Devices, PrivilegesThatAreKeptAreThoseOfDevicesAlone) {
  keep_privileges();
  std::ifstream file("/proc/" + std::to_string(daemon_) + "/status");
  const std::string status{std::istreambuf_iterator<char>(file), {}};
  // CAP_NET_ADMIN (12), CAP_NET_RAW (13), CAP_IPC_LOCK (14), CAP_BPF (39).
  EXPECT_NE(status.find("CapEff:\t0000008000007000\n"), std::string::npos) << status;
  EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos);
}

}  // namespace
}  // namespace laneway::test

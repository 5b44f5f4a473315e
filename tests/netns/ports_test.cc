// TCP between two namespaces that only our ports join: the kernel's offloads as both ends use them.
#include <algorithm>

#include <gtest/gtest.h>

#include "switch/error.h"
#include "tests/netns/switched_namespaces.h"

namespace laneway {
namespace {

using test::bad_checksums;
using test::run;
using test::SwitchedNamespaces;
using test::transfer;

constexpr std::size_t kBulk = std::size_t{24} << 20U;

class NetnsPorts : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::enter_network_namespace()) GTEST_SKIP() << "network namespaces: " << strerror(errno);
    if (access("/dev/net/tun", W_OK) != 0) GTEST_SKIP() << "/dev/net/tun: " << strerror(errno);
  }

  static void pass_tcp_both_ways(SwitchedNamespaces& net, const std::string& left,
                                 const std::string& right) {
    EXPECT_TRUE(transfer(net.left, net.right, right, kBulk));
    EXPECT_TRUE(transfer(net.right, net.left, left, kBulk));
    EXPECT_EQ(bad_checksums(net.left), 0);
    EXPECT_EQ(bad_checksums(net.right), 0);
    EXPECT_EQ(net.packet_counters.drop_frames[index(Drop::BadOffload)].get(), 0U);
    EXPECT_EQ(net.tap_counters.drop_frames[index(Drop::BadOffload)].get(), 0U);
  }
};

double bytes_a_frame(const PortCounters& counters) {
  return static_cast<double>(counters.rx_bytes.get()) /
         static_cast<double>(std::max<std::uint64_t>(counters.rx_frames.get(), 1));
}

TEST_F(NetnsPorts, Pkt4_LargeFramesPassWholeBothWaysOverIpv4) {
  SwitchedNamespaces net({});
  pass_tcp_both_ways(net, "10.77.0.1", "10.77.0.2");
  // Acknowledgements included: far beyond what an MTU of 1,500 lets through.
  EXPECT_GT(bytes_a_frame(net.packet_counters), 4000);
  EXPECT_GT(bytes_a_frame(net.tap_counters), 4000);
}

TEST_F(NetnsPorts, Pkt4_LargeFramesPassWholeBothWaysOverIpv6) {
  SwitchedNamespaces net({});
  pass_tcp_both_ways(net, "fd77::1", "fd77::2");
  EXPECT_GT(bytes_a_frame(net.packet_counters), 4000);
}

TEST_F(NetnsPorts, Pkt4_FramesAreCutForPortsWithoutGso) {
  SwitchedNamespaces net({.gso = false});
  pass_tcp_both_ways(net, "10.77.0.1", "10.77.0.2");
  pass_tcp_both_ways(net, "fd77::1", "fd77::2");
  // What left by the tap was cut; its own user may not leave anything to us.
  EXPECT_LT(bytes_a_frame(net.tap_counters), 1515);
}

TEST_F(NetnsPorts, TaggedTcpPassesWhole) {
  SwitchedNamespaces net({});
  if (!net.left.succeeds("ip link add link eth0 name probe type vlan id 6")) {
    GTEST_SKIP() << "this kernel has no VLAN interfaces (8021q)";
  }
  int host = 0;
  for (const auto* space : {&net.left, &net.right}) {
    space->run("ip link add link eth0 name tagged type vlan id 5");
    space->run("ip address add 10.78.0." + std::to_string(++host) + "/24 dev tagged");
    space->run("ip link set tagged up");
  }
  pass_tcp_both_ways(net, "10.78.0.1", "10.78.0.2");
  EXPECT_GT(bytes_a_frame(net.packet_counters), 4000);
}

TEST_F(NetnsPorts, JumboFramesPass) {
  SwitchedNamespaces net({.mtu = 9000});
  run("ip link set sw-left mtu 9000");
  net.left.run("ip link set eth0 mtu 9000");
  EXPECT_TRUE(net.left.succeeds("ping -c 1 -W 5 -M do -s 8972 10.77.0.2"));
  EXPECT_TRUE(net.right.succeeds("ping -c 1 -W 5 -M do -s 8972 10.77.0.1"));
}

}  // namespace
}  // namespace laneway

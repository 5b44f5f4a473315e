#include "daemon/host_filter.h"

#include <gtest/gtest.h>

#include "daemon/link_control.h"
#include "switch/error.h"
#include "tests/netns/network_namespace.h"

namespace laneway {
namespace {

using test::output_of;
using test::run;

// A veth `near` in a namespace whose other end `far` can send to it.
class HostFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::enter_network_namespace()) GTEST_SKIP() << "network namespaces: " << strerror(errno);
    run("ip link add near type veth peer name far");
    run("ip link set near up && ip link set far up");
  }
  static std::string filters() { return output_of("tc filter show dev near ingress"); }
  static std::string qdiscs() { return output_of("tc qdisc show dev near clsact"); }
};

TEST_F(HostFilterTest, Pkt3_FilterGoesAndItsQdiscStaysSinceDeletingItCostsTheHostFrames) {
  {
    const HostFilter filter("near", HostFilterKind::Uplink);
    EXPECT_NE(filters().find("lw_uplink"), std::string::npos) << filters();
    EXPECT_GE(filter.map(), 0);
  }
  EXPECT_EQ(filters(), "");
  EXPECT_NE(output_of("tc qdisc show dev near | grep clsact"), "");
}

TEST_F(HostFilterTest, Pkt3_ExistingClsactAndItsFiltersAreLeft) {
  run("tc qdisc add dev near clsact");
  run("tc filter add dev near ingress prio 5 bpf bytecode '1,6 0 0 0,'");
  { const HostFilter filter("near", HostFilterKind::Guest); }
  EXPECT_NE(filters().find("bytecode"), std::string::npos) << filters();
  EXPECT_EQ(filters().find("lw_guest"), std::string::npos) << filters();
}

TEST_F(HostFilterTest, Pkt3_FilterOfOthersThatCameLaterKeepsTheQdisc) {
  {
    const HostFilter filter("near", HostFilterKind::Uplink);
    run("tc filter add dev near egress prio 5 bpf bytecode '1,6 0 0 0,'");
  }
  EXPECT_NE(output_of("tc filter show dev near egress").find("bytecode"), std::string::npos);
}

TEST_F(HostFilterTest, FilterOfALivingProcessIsNoLeftover) {
  const HostFilter filter("near", HostFilterKind::Uplink);
  remove_stale_host_filters();
  EXPECT_NE(filters().find("lw_uplink"), std::string::npos);
}

TEST_F(HostFilterTest, FilterOfADeadProcessIsRemoved) {
  const pid_t child = fork();
  if (child == 0) {
    new HostFilter("near", HostFilterKind::Uplink);
    _exit(0);  // without undoing it
  }
  waitpid(child, nullptr, 0);
  ASSERT_NE(filters().find("lw_uplink"), std::string::npos);
  remove_stale_host_filters();
  EXPECT_EQ(filters().find("lw_uplink"), std::string::npos) << filters();
}

TEST_F(HostFilterTest, SetTakesAddressesAndPrefixesOfBothFamilies) {
  const HostFilter filter("near", HostFilterKind::Uplink);
  GuestAddressSet set(Descriptor(dup(filter.map())));
  for (const char* text : {"192.168.1.57/32", "10.9.0.0/24", "fd00::7/128", "fd00:9::/64"}) {
    set.add(*IpPrefix::parse(text));
  }
  set.add(*IpPrefix::parse("192.168.1.57/32"));
  set.remove(*IpPrefix::parse("192.168.1.57/32"));
  set.remove(*IpPrefix::parse("192.168.1.57/32"));
}

TEST_F(HostFilterTest, MissingInterfaceIsNoNic) {
  try {
    const HostFilter filter("nowhere", HostFilterKind::Uplink);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NoNic);
  }
}

// The host answers echo requests for 192.0.2.1; a guest's address 192.0.2.57 is on the host too, so
// that it would answer for it but for the filter.
TEST_F(HostFilterTest, Pkt3_UnicastForAGuestNeverReachesTheHost) {
  const test::NamedNamespace far;
  if (!far.exists()) GTEST_SKIP() << "ip netns add is not allowed";
  run("ip link set far netns " + far.name());
  run("ip addr add 192.0.2.1/24 dev near && ip addr add 192.0.2.57/24 dev near");
  far.run("ip addr add 192.0.2.9/24 dev far");
  far.run("ip link set far up");
  far.run("ping -q -c1 -W2 192.0.2.57");
  const HostFilter filter("near", HostFilterKind::Uplink);
  GuestAddressSet set(Descriptor(dup(filter.map())));
  set.add(*IpPrefix::parse("192.0.2.57/32"));
  EXPECT_FALSE(far.succeeds("ping -q -c1 -W1 192.0.2.57")) << "the filter let it through";
  far.run("ping -q -c1 -W2 192.0.2.1");
  set.remove(*IpPrefix::parse("192.0.2.57/32"));
  far.run("ping -q -c1 -W2 192.0.2.57");
}

TEST_F(HostFilterTest, Host2_RouteHasSourceAndPermanentNeighbor) {
  run("ip addr add 192.168.1.23/24 dev far");
  const HostRoute route{"near", *IpAddress::parse("192.168.1.57"),
                        *MacAddress::parse("52:54:00:6b:1f:c0"), IpAddress::parse("192.168.1.23")};
  add_host_route(route);
  add_host_route(route);
  EXPECT_EQ(output_of("ip route show proto 76"),
            "192.168.1.57 dev near scope link src 192.168.1.23 \n");
  EXPECT_NE(output_of("ip neigh show 192.168.1.57").find("52:54:00:6b:1f:c0 PERMANENT"),
            std::string::npos);
  remove_host_route(route);
  remove_host_route(route);
  EXPECT_EQ(output_of("ip route show proto 76"), "");
  EXPECT_EQ(output_of("ip neigh show 192.168.1.57"), "");
}

TEST_F(HostFilterTest, Host2_RouteForIpv6) {
  const HostRoute route{"near", *IpAddress::parse("fd00::57"),
                        *MacAddress::parse("52:54:00:6b:1f:c0"), std::nullopt};
  add_host_route(route);
  EXPECT_NE(output_of("ip -6 route show proto 76").find("fd00::57 dev near"), std::string::npos);
  remove_host_route(route);
  EXPECT_EQ(output_of("ip -6 route show proto 76"), "");
}

TEST_F(HostFilterTest, StaleRoutesAreRemovedAndOthersStay) {
  run("ip route add 192.0.2.1/32 dev near proto 76");
  run("ip route add 192.0.2.2/32 dev near proto 99");
  remove_stale_host_routes();
  EXPECT_EQ(output_of("ip route show proto 76"), "");
  EXPECT_NE(output_of("ip route show proto 99"), "");
}

TEST_F(HostFilterTest, Host1_LinkComesUpWithoutAnIpv6Address) {
  run("ip link add lone type veth peer name other");
  change_link("lone", {.up = true, .mtu_bytes = 1400, .without_ipv6_address = true});
  EXPECT_EQ(output_of("ip -6 addr show dev lone"), "");
  EXPECT_NE(output_of("ip link show lone").find("mtu 1400"), std::string::npos);
}

}  // namespace
}  // namespace laneway

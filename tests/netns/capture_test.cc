// laneway capture at the ports of the real lanewayd.

#include "tests/netns/running_lanewayd.h"

namespace laneway::test {
namespace {

class LiveCapture : public Lanewayd {
 protected:
  // What `laneway capture ARGUMENTS` prints while the guest pings the LAN.
  std::string captured(const std::string& arguments, int* status = nullptr) {
    FILE* ping =
        popen(guest_.in("ping -q -i 0.2 -w 15 -c 15 192.168.1.1 > /dev/null").c_str(), "r");
    const std::string text = output_of("timeout 10 " + laneway("capture " + arguments), status);
    pclose(ping);
    return text;
  }
};

TEST_F(LiveCapture, ShowsWhatPassesAPortAndEndsWithItsCount) {
  run(laneway("create home --uplink up0 --translate on -q"));
  add_guest();
  ASSERT_TRUE(pings(guest_, "192.168.1.1"));
  const std::string guest = guest_.output("cat /sys/class/net/lwg1/address").substr(0, 17);
  const std::string station = host_.output("cat /sys/class/net/up0/address").substr(0, 17);
  int status = 0;
  const std::string inside = captured("home/vm1 -c 4 icmp", &status);
  EXPECT_EQ(status, 0) << inside;
  EXPECT_NE(inside.find("vm1 in   " + guest), std::string::npos) << inside;
  EXPECT_NE(inside.find("4 frames captured, 0 lost"), std::string::npos) << inside;

  const std::string air = captured("home --point air -c 2 'icmp[icmptype] == icmp-echo'");
  EXPECT_NE(air.find(station + " > "), std::string::npos) << air;
  EXPECT_EQ(air.find(guest), std::string::npos) << air;

  const std::string file = folder_ + "/a.pcap";
  captured("home/vm1 -c 2 -w " + file + " icmp");
  EXPECT_NE(output_of("tcpdump -nr " + file).find("ICMP echo"), std::string::npos);
}

TEST_F(LiveCapture, RefusalsNameTheCause) {
  run(laneway("create home -q"));
  const auto refusal = [&](const std::string& arguments) {
    return output_of(laneway("capture " + arguments));
  };
  EXPECT_NE(refusal("home").find("no open port"), std::string::npos);
  EXPECT_NE(refusal("home/vm1").find("no port 'home/vm1'"), std::string::npos);
  EXPECT_NE(refusal("home 'ip and and'").find("syntax error"), std::string::npos);
  EXPECT_NE(refusal("home --point air").find("not translated"), std::string::npos);
  EXPECT_NE(refusal("home -w /nosuch/file").find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace laneway::test

// Each command against a daemon that answers with the objects of the contract: what is asked, and
// what is printed.
#include <gtest/gtest.h>

#include "cli/json.h"
#include "tests/cli/fake_daemon.h"
#include "tests/cli/run_cli.h"

namespace laneway {
namespace {

using test::FakeDaemon;
using test::Ran;
using test::run_cli;
using Lines = std::vector<std::string>;

constexpr const char* kShow =
    R"({"schema":1,"switch":{"name":"office","kind":"external","state":"up","temporary":false,)"
    R"("configured_in":null,"created":"2026-03-02T08:11:05Z","uplink":{"requested":"auto",)"
    R"("nic":"wlp3s0","spec":"packet:wlp3s0","mode":"translated","reason":null,)"
    R"("station":"02:00:00:1a:9b:04","ssid":"home","bssid":"02:00:00:aa:00:01","mtu_bytes":1500},)"
    R"("host":{"interface":"lw-office","routes":[]},"mac_table":{"entries":3,"limit":4096,)"
    R"("age_seconds":300},"neighbor_table":{"entries":3,"limit":1024},"workers":[{"id":0,"cpu":null,)"
    R"("idle":"adaptive","busy_ratio":0.03}],"ports":[{"name":"uplink","role":"uplink",)"
    R"("kind":"packet","link":"up","link_reason":null,"addresses":[],"rx_bps":41200000,)"
    R"("tx_bps":3900000,"drops":{}},{"name":"vm1","role":"guest","kind":"stream","link":"down",)"
    R"("link_reason":"no peer","addresses":["192.168.1.57","fe80::1"],"rx_bps":0,"tx_bps":0,)"
    R"("drops":{"nonip":12,"arp_bad":1}}],"reach":[{"port":"vm1","host":true,"lan":true,)"
    R"("guests":["vm2"]},{"port":"vm2","host":true,"lan":true,"guests":["vm1"]}]}})";

constexpr const char* kAttached =
    R"({"schema":1,"port":{"name":"vm1","role":"guest","kind":"stream",)"
    R"("spec":"stream:/run/laneway/vm1.sock","mac":"52:54:00:6b:1f:c0"},"qemu":["-netdev",)"
    R"("stream,id=n1,addr.path=/run/laneway/vm1.sock","-device","virtio-net-pci,mac=a b"],)"
    R"("libvirt_xml":"<interface/>"})";

class Command : public ::testing::Test {
 protected:
  Ran run(Lines words) {
    words.insert(words.begin(), {"--socket", daemon_.socket()});
    return run_cli(words);
  }
  void one_switch() {
    daemon_.answer("GET /v1/switches", 200, R"({"schema":1,"switches":[{"name":"office"}]})");
  }

  FakeDaemon daemon_;
};

TEST_F(Command, CreateSendsWhatWasAskedAndSaysWhatCame) {
  daemon_.answer("POST /v1/switches", 201, kShow);
  const Ran ran = run({"create", "office", "--uplink", "auto", "--host", "on", "--temporary"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(daemon_.requests(),
            Lines{R"(POST /v1/switches {"host":true,"name":"office","temporary":true,)"
                  R"("translate":"auto","uplink":"auto"})"});
  EXPECT_EQ(ran.out,
            "office: external switch on wlp3s0 (Wi-Fi \"home\"), translated as 02:00:00:1a:9b:04\n"
            "        wlp3s0 stays the host's, with its addresses\n"
            "        guests and the host meet through lw-office\n");
}

TEST_F(Command, CreateOfOneThatExistsIsExitStatus5UnlessThatIsFine) {
  daemon_.answer("POST /v1/switches", 409,
                 R"({"schema":1,"error":{"code":"exists","message":"switch 'office' exists",)"
                 R"("fix":"--if-not-exists","subject":"office","exit":5}})");
  daemon_.answer("GET /v1/switches/office", 200, kShow);
  EXPECT_EQ(run({"create", "office"}).status, 5);
  const Ran ran = run({"--json", "create", "office", "--if-not-exists"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, std::string(kShow) + "\n");
}

TEST_F(Command, RmForcesOnlyIfAskedTo) {
  daemon_.answer("DELETE /v1/switches/office?force=1", 204, "");
  EXPECT_EQ(run({"rm", "office", "--force"}).status, 0);
  EXPECT_EQ(run({"rm", "office"}).status, 4);
  daemon_.answer("DELETE /v1/switches/office", 404,
                 R"({"schema":1,"error":{"code":"no_switch","message":"no switch 'office'"}})");
  EXPECT_EQ(run({"rm", "office"}).status, 4);
  EXPECT_EQ(run({"rm", "office", "--if-exists"}).status, 0);
}

TEST_F(Command, LsIsATable) {
  daemon_.answer("GET /v1/switches", 200,
                 R"({"schema":1,"switches":[{"name":"office","kind":"external","state":"up",)"
                 R"("uplink_requested":"auto","uplink_nic":"wlp3s0","mode":"translated",)"
                 R"("host_port":"lw-office","ports":4,"temporary":false,"configured_in":null,)"
                 R"("created":"2026-03-02T08:11:05Z"},{"name":"lab","kind":"private","state":"up",)"
                 R"("uplink_requested":null,"uplink_nic":null,"mode":null,"host_port":null,)"
                 R"("ports":0,"temporary":true,"configured_in":null}]})");
  EXPECT_EQ(run({"ls"}).out,
            "NAME    KIND      STATE  UPLINK  MODE        HOST       PORTS\n"
            "office  external  up     wlp3s0  translated  lw-office  4\n"
            "lab     private   up     -       -           -          0      temporary\n");
}

TEST_F(Command, AttachPrintsWhatQemuNeedsReadyToPaste) {
  daemon_.answer("POST /v1/switches/office/ports", 201, kAttached);
  const Ran ran = run({"attach", "office", "stream:vm1", "--set", "mac_limit=8", "--set",
                       "dhcp_guard=off", "--mac", "52:54:00:6b:1f:c0"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(daemon_.requests(),
            Lines{R"(POST /v1/switches/office/ports {"mac":"52:54:00:6b:1f:c0","policy":"guest",)"
                  R"("settings":{"dhcp_guard":false,"mac_limit":8},"spec":"stream:vm1",)"
                  R"("temporary":false})"});
  EXPECT_EQ(ran.out,
            "office/vm1: listening on /run/laneway/vm1.sock   mac 52:54:00:6b:1f:c0\n"
            "  qemu: -netdev stream,id=n1,addr.path=/run/laneway/vm1.sock -device "
            "'virtio-net-pci,mac=a b'\n");
}

TEST_F(Command, AttachInEachFormat) {
  one_switch();
  daemon_.answer("POST /v1/switches/office/ports", 201, kAttached);
  EXPECT_EQ(run({"attach", "stream:vm1", "--format", "libvirt-xml"}).out, "<interface/>\n");
  EXPECT_EQ(run({"attach", "stream:vm1", "--format", "json"}).out, std::string(kAttached) + "\n");
  EXPECT_EQ(
      run({"attach", "stream:vm1", "--format", "qemu"}).out,
      "-netdev stream,id=n1,addr.path=/run/laneway/vm1.sock -device 'virtio-net-pci,mac=a b'\n");
}

TEST_F(Command, AttachOfATapHasNothingForQemu) {
  daemon_.answer("POST /v1/switches/office/ports", 201,
                 R"({"schema":1,"port":{"name":"c1","kind":"tap","spec":"tap:lw-c1",)"
                 R"("mac":"52:54:00:00:00:01"},"qemu":null,"libvirt_xml":null})");
  EXPECT_EQ(run({"attach", "office", "tap:lw-c1"}).out,
            "office/c1: interface lw-c1   mac 52:54:00:00:00:01\n");
  const Ran ran = run({"attach", "office", "tap:lw-c1", "--format", "qemu"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("the switch itself holds the tap"), std::string::npos) << ran.err;
}

TEST_F(Command, SetTellsFieldsAndSettingsApart) {
  daemon_.answer("PATCH /v1/switches/office/ports/vm1", 200, R"({"schema":1,"port":{}})");
  EXPECT_EQ(run({"set", "office/vm1", "policy=trunk", "isolated=on", "storm_limit=10"}).status, 0);
  EXPECT_EQ(daemon_.requests(), Lines{R"(PATCH /v1/switches/office/ports/vm1 {"policy":"trunk",)"
                                      R"("settings":{"isolated":true,"storm_limit":10}})"});
}

TEST_F(Command, NameMayBeLeftOutWhereThereIsOneSwitch) {
  one_switch();
  daemon_.answer("PATCH /v1/switches/office", 200, "{}");
  daemon_.answer("DELETE /v1/switches/office/ports/vm1", 204, "");
  daemon_.answer("GET /v1/switches/office/ports/vm1", 200, R"({"schema":1,"port":{"name":"vm1"}})");
  EXPECT_EQ(run({"set", "answers=suppress"}).status, 0);
  EXPECT_EQ(run({"detach", "vm1"}).status, 0);
  EXPECT_EQ(run({"show", "/vm1"}).status, 0);
}

TEST_F(Command, NameIsAskedForWhereThereAreSeveralOrNone) {
  daemon_.answer("GET /v1/switches", 200, R"({"schema":1,"switches":[{"name":"a"},{"name":"b"}]})");
  const Ran several = run({"show"});
  EXPECT_EQ(several.status, 2);
  EXPECT_EQ(several.err,
            "laneway: there are several switches, and none was named\n  fix: one of a, b\n");
  daemon_.answer("GET /v1/switches", 200, R"({"schema":1,"switches":[]})");
  EXPECT_EQ(run({"show"}).status, 4);
}

TEST_F(Command, DetachOfWhatIsGoneMayBeFine) {
  daemon_.answer("DELETE /v1/switches/office/ports/vm1", 404,
                 R"({"schema":1,"error":{"code":"no_port","message":"no port 'vm1'"}})");
  EXPECT_EQ(run({"detach", "office/vm1"}).status, 4);
  EXPECT_EQ(run({"detach", "office/vm1", "--if-exists"}).status, 0);
}

TEST_F(Command, ShowDrawsOneSwitch) {
  daemon_.answer("GET /v1/switches/office", 200, kShow);
  EXPECT_EQ(run({"show", "office"}).out,
            "office   external on wlp3s0, translated   1 worker, 3 % busy   macs 3/4096   host "
            "lw-office\n"
            "PORT    KIND    LINK            RX         TX        DROPS  GUESTS\n"
            "uplink  packet  up              41.2 Mb/s  3.9 Mb/s  0      -\n"
            "vm1     stream  down (no peer)  0 b/s      0 b/s     13     192.168.1.57 fe80::1\n"
            "reach   vm1, vm2 <-> each other, the host, the LAN\n");
  EXPECT_EQ(run({"show", "office", "--json"}).out, std::string(kShow) + "\n");
}

TEST_F(Command, MacsListsAddsAndRemoves) {
  const std::string macs = "/v1/switches/office/macs";
  daemon_.answer("GET " + macs + "?port=vm1", 200,
                 R"({"schema":1,"switch":"office","entries":1,"limit":4096,"age_seconds":300,)"
                 R"("macs":[{"mac":"52:54:00:6b:1f:c0","port":"vm1","kind":"pinned",)"
                 R"("age_seconds":0.4,"moves":0}]})");
  daemon_.answer("POST " + macs, 201, "{}");
  daemon_.answer("DELETE " + macs + "?mac=52%3A54%3A00%3A00%3A00%3A01", 204, "");
  daemon_.answer("DELETE " + macs, 204, "");
  const Ran ran = run({"macs", "office", "--port", "vm1"});
  EXPECT_EQ(ran.out,
            "MAC                PORT  KIND    AGE    MOVES\n"
            "52:54:00:6b:1f:c0  vm1   pinned  0.4 s  0\n");
  EXPECT_EQ(ran.err, "1 of at most 4096\n");
  EXPECT_EQ(run({"macs", "office", "--add", "52:54:00:00:00:01=vm1"}).status, 0);
  EXPECT_EQ(daemon_.requests().back(),
            "POST " + macs + R"( {"mac":"52:54:00:00:00:01","port":"vm1"})");
  EXPECT_EQ(run({"macs", "office", "--del", "52:54:00:00:00:01"}).status, 0);
  EXPECT_EQ(run({"macs", "office", "--flush"}).status, 0);
}

TEST_F(Command, NeighborsShowsGuestAndAir) {
  daemon_.answer("GET /v1/switches/office/neighbors", 200,
                 R"({"schema":1,"switch":"office","entries":1,"limit":1024,"neighbors":[{)"
                 R"("address":"192.168.1.57","family":"ipv4","port":"vm1",)"
                 R"("mac":"52:54:00:6b:1f:c0","mac_on_air":"02:00:00:1a:9b:04","state":"valid",)"
                 R"("origin":"dhcp","age_seconds":12.7,"lease_seconds":43187}]})");
  EXPECT_EQ(run({"neighbors", "office"}).out,
            "ADDRESS       PORT  MAC                ON THE AIR         STATE  FROM  AGE     LEASE\n"
            "192.168.1.57  vm1   52:54:00:6b:1f:c0  02:00:00:1a:9b:04  valid  dhcp  12.7 s  11 h "
            "59 min\n");
}

TEST_F(Command, DropsSayWhy) {
  daemon_.answer(
      "GET /v1/switches/office/drops", 200,
      R"({"schema":1,"switch":"office","since":"2026-03-02T08:11:05Z","total_frames":12,)"
      R"("drops":[{"port":"vm2","direction":"ingress","reason":"nonip","frames":12,)"
      R"("bytes":720,"last":"2026-03-02T09:40:12Z","why":"only ARP, IPv4 and IPv6"}]})");
  daemon_.answer("DELETE /v1/switches/office/drops?port=vm2", 204, "");
  EXPECT_EQ(run({"drops", "office"}).out,
            "PORT  REASON  FRAMES  WHY\n"
            "vm2   nonip   12      only ARP, IPv4 and IPv6\n");
  EXPECT_EQ(run({"drops", "office", "--reset", "--port", "vm2"}).status, 0);
}

TEST_F(Command, EventsAreOneLineEachUntilTheCount) {
  const std::string moved =
      R"({"schema":1,"seq":812,"time":"2026-03-02T09:12:44.031822Z","event":"mac_moved",)"
      R"("switch":"office","port":"vm2","detail":{"from":"vm3","mac":"52:54:00:00:00:09"}})";
  const std::string other =
      R"({"seq":813,"time":"T","event":"port_up","switch":"lab","port":null,"detail":{}})";
  daemon_.answer("GET /v1/events?since=811", 200,
                 "event: mac_moved\nid: 812\ndata: " + moved + "\n\n: alive\n\ndata:" + other +
                     "\r\n\r\ndata: " + moved + "\n\n");
  const std::string line =
      "2026-03-02T09:12:44.031822Z  mac_moved  office/vm2  from=vm3 mac=52:54:00:00:00:09\n";
  EXPECT_EQ(run({"events", "--since", "811"}).out, line + "T  port_up  lab\n" + line);
  EXPECT_EQ(run({"events", "office", "--since", "811"}).out, line + line);
  EXPECT_EQ(run({"events", "--since", "811", "-n", "1", "--json"}).out, moved + "\n");
}

TEST_F(Command, ConfigExportPrintsToml) {
  daemon_.answer("GET /v1/config", 200, "[[switch]]\nname = \"office\"\n");
  EXPECT_EQ(run({"config", "export"}).out, "[[switch]]\nname = \"office\"\n");
}

TEST_F(Command, NicsNeedsNoDaemon) {
  const Ran ran = run_cli({"--socket", "/nonexistent", "nics", "--all", "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto answer = cli::Value::parse(ran.out);
  EXPECT_EQ(answer["schema"].count(), 1U);
  bool loopback = false;
  for (const cli::Value& nic : answer["nics"].items()) loopback |= nic["name"].text() == "lo";
  EXPECT_TRUE(loopback);
  const Ran text = run_cli({"--socket", "/nonexistent", "nics"});
  EXPECT_EQ(text.out.rfind("NIC", 0), 0U);
  EXPECT_EQ(text.out.find("\nlo "), std::string::npos) << "shown with --all only";
}

}  // namespace
}  // namespace laneway

#include "daemon/nics.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/nics_json.h"

namespace laneway {
namespace {

Nic ethernet(std::string name) {
  Nic nic;
  nic.name = std::move(name);
  nic.kind = NicKind::Ethernet;
  nic.ethernet_framing = true;
  nic.mac = *MacAddress::parse("02:00:00:1a:9b:04");
  return nic;
}

Nic wifi(std::string iftype, bool four_address = false) {
  Nic nic = ethernet("wlp3s0");
  nic.kind = NicKind::Wifi;
  nic.wifi.emplace();
  nic.wifi->iftype = std::move(iftype);
  nic.wifi->four_address = four_address;
  return nic;
}

TEST(Nics, StationWithoutFourAddressModeIsTranslated) {
  EXPECT_EQ(decide_attachment(wifi("station")).mode, UplinkMode::Translated);
}

TEST(Nics, StationWithFourAddressModeApAndMeshArePlain) {
  EXPECT_EQ(decide_attachment(wifi("station", true)).mode, UplinkMode::Plain);
  EXPECT_EQ(decide_attachment(wifi("ap")).mode, UplinkMode::Plain);
  EXPECT_EQ(decide_attachment(wifi("mesh")).mode, UplinkMode::Plain);
}

TEST(Nics, WifiThatIsNoStationOfANetworkIsRefused) {
  for (const char* iftype : {"monitor", "adhoc", "p2p_device"}) {
    EXPECT_EQ(decide_attachment(wifi(iftype)).mode, std::nullopt) << iftype;
  }
}

TEST(Nics, EthernetVethBondAndVlanArePlain) {
  for (const NicKind kind : {NicKind::Ethernet, NicKind::Veth, NicKind::Bond, NicKind::Vlan}) {
    Nic nic = ethernet("eth0");
    nic.kind = kind;
    EXPECT_EQ(decide_attachment(nic).mode, UplinkMode::Plain) << name_of(kind);
  }
}

TEST(Nics, BridgeIsRefusedAndItsMembersAreOffered) {
  Nic bridge = ethernet("docker0");
  bridge.kind = NicKind::Bridge;
  const Attachment attachment = decide_attachment(bridge);
  EXPECT_EQ(attachment.mode, std::nullopt);
  EXPECT_EQ(attachment.reason, "a bridge");
  EXPECT_EQ(attachment.instead, "attach one of its members instead");
}

TEST(Nics, MemberOfABridgeIsRefusedByItsMastersName) {
  Nic member = ethernet("eth1");
  member.master = "br0";
  member.master_kind = NicKind::Bridge;
  EXPECT_EQ(decide_attachment(member).reason, "a member of bridge br0");
}

TEST(Nics, UplinkOfAnotherSwitchIsRefusedByItsName) {
  Nic nic = ethernet("eth1");
  nic.used_by = "office";
  EXPECT_EQ(decide_attachment(nic).reason, "the uplink of switch office");
}

TEST(Nics, RefusesWhatHasNoEthernetFraming) {
  Nic tunnel = ethernet("wg0");
  tunnel.kind = NicKind::Tunnel;
  tunnel.ethernet_framing = false;
  EXPECT_EQ(decide_attachment(tunnel).mode, std::nullopt);
}

TEST(Nics, TapsOfOurOwnAreRefusedAndOthersArePlain) {
  Nic tap = ethernet("lw-office");
  tap.kind = NicKind::Tap;
  EXPECT_EQ(decide_attachment(tap).mode, std::nullopt);
  EXPECT_TRUE(tap.is_hidden());
  tap.name = "tap0";
  EXPECT_EQ(decide_attachment(tap).mode, UplinkMode::Plain);
}

TEST(Nics, ThisHostsLoopbackIsListedAndRefused) {
  for (const Nic& nic : list_nics()) {
    if (nic.name != "lo") continue;
    EXPECT_EQ(nic.kind, NicKind::Loopback);
    EXPECT_EQ(nic.attachment.reason, "loopback");
    return;
  }
  FAIL() << "no interface lo";
}

TEST(NicsJson, UnknownIsNullAndHiddenOnesNeedAll) {
  Nic loopback;
  loopback.name = "lo";
  loopback.kind = NicKind::Loopback;
  loopback.attachment = decide_attachment(loopback);
  EXPECT_TRUE(nics_json({loopback}, false)["nics"].empty());
  const nlohmann::json lo = nics_json({loopback}, true)["nics"][0];
  EXPECT_TRUE(lo["mac"].is_null());
  EXPECT_TRUE(lo["wifi"].is_null());
  EXPECT_TRUE(lo["attaches_as"].is_null());
  EXPECT_EQ(lo["reason"], "loopback");
}

TEST(NicsJson, WifiStationShowsItsNetwork) {
  Nic nic = wifi("station");
  nic.wifi->ssid = "home";
  nic.wifi->signal_dbm = -54;
  nic.addresses = {*IpPrefix::parse("192.168.1.23/24")};
  nic.attachment = decide_attachment(nic);
  const nlohmann::json shown = nics_json({nic}, false)["nics"][0];
  EXPECT_EQ(shown["wifi"]["ssid"], "home");
  EXPECT_EQ(shown["wifi"]["signal_dbm"], -54);
  EXPECT_EQ(shown["addresses"][0], "192.168.1.23/24");
  EXPECT_EQ(shown["attaches_as"], "translated");
}

}  // namespace
}  // namespace laneway

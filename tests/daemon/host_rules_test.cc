#include <gtest/gtest.h>

#include "daemon/attach_output.h"
#include "daemon/guest_addresses.h"
#include "daemon/host_port.h"
#include "daemon/notices.h"
#include "daemon/route_trials.h"
#include "daemon/settings.h"
#include "daemon/uplink_choice.h"
#include "switch/error.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kGuest = *IpAddress::parse("192.168.1.57");
const IpPrefix kGuestPrefix = *IpPrefix::parse("192.168.1.57/32");

TEST(RouteTrials, Host3_RouteComesAfterASecondOfSilence) {
  RouteTrials trials;
  EXPECT_FALSE(trials.passed(kGuest, seconds{10}));
  EXPECT_EQ(trials.due(seconds{10}), std::vector{kGuest});
  EXPECT_TRUE(trials.due(seconds{10}).empty()) << "one probe";
  EXPECT_FALSE(trials.passed(kGuest, seconds{11} - milliseconds{1}));
  EXPECT_TRUE(trials.passed(kGuest, seconds{11}));
}

TEST(RouteTrials, Host3_AnswerKeepsTheRouteAwayAndTheNextProbeWaitsTenSeconds) {
  RouteTrials trials;
  trials.passed(kGuest, seconds{0});
  trials.due(seconds{0});
  trials.conflict(kGuest, milliseconds{500});
  EXPECT_FALSE(trials.passed(kGuest, seconds{2}));
  EXPECT_TRUE(trials.due(seconds{10}).empty());
  EXPECT_EQ(trials.due(seconds{10} + milliseconds{500}), std::vector{kGuest});
  EXPECT_TRUE(trials.passed(kGuest, seconds{12}));
}

TEST(RouteTrials, Host3_LaterConflictTakesTheRouteAway) {
  RouteTrials trials;
  trials.passed(kGuest, seconds{0});
  trials.due(seconds{0});
  ASSERT_TRUE(trials.passed(kGuest, seconds{1}));
  trials.conflict(kGuest, seconds{60});
  EXPECT_FALSE(trials.passed(kGuest, seconds{60}));
  EXPECT_EQ(trials.due(seconds{70}), std::vector{kGuest});
}

TEST(RouteTrials, AddressThatIsNoLongerBoundStartsAnew) {
  RouteTrials trials;
  trials.passed(kGuest, seconds{0});
  trials.due(seconds{0});
  ASSERT_TRUE(trials.passed(kGuest, seconds{1}));
  trials.keep_only({});
  EXPECT_FALSE(trials.passed(kGuest, seconds{2}));
}

TEST(GuestAddresses, Pkt3_AddressIsHeldAMinuteLonger) {
  GuestAddresses addresses;
  EXPECT_EQ(addresses.update({kGuestPrefix}, {}, seconds{0}).added, std::set{kGuestPrefix});
  EXPECT_TRUE(addresses.update({kGuestPrefix}, {}, seconds{10}).added.empty());
  EXPECT_TRUE(addresses.update({}, {}, seconds{70} - milliseconds{1}).removed.empty());
  EXPECT_EQ(addresses.update({}, {}, seconds{70}).removed, std::set{kGuestPrefix});
}

TEST(GuestAddresses, Pkt3_AddressThatTheHostGetsLeavesAtOnce) {
  GuestAddresses addresses;
  addresses.update({kGuestPrefix}, {}, seconds{0});
  EXPECT_EQ(addresses.update({kGuestPrefix}, {kGuestPrefix}, seconds{1}).removed,
            std::set{kGuestPrefix});
}

TEST(HostInterface, LongNamesAreShortenedWithAHash) {
  EXPECT_EQ(host_interface("office"), "lw-office");
  EXPECT_EQ(host_interface("twelve-chars"), "lw-twelve-chars");
  const std::string shortened = host_interface("thirteen-char");
  EXPECT_EQ(shortened.size(), 15U);
  EXPECT_TRUE(shortened.starts_with("lw-thirtee-"));
  EXPECT_NE(shortened, host_interface("thirteen-chars"));
}

TEST(Notices, WhatDoesNotFitIsCounted) {
  Notices notices;
  for (std::size_t i = 0; i < Notices::kCapacity + 3; ++i) notices.mac_learnt({}, PortId{1});
  std::size_t heard = 0;
  EXPECT_EQ(notices.drain([&](const Notice&) { ++heard; }), 3U);
  EXPECT_EQ(heard, Notices::kCapacity);
  EXPECT_EQ(notices.drain([](const Notice&) {}), 0U);
}

TEST(Settings, UnknownKeyNamesTheNearestOne) {
  PortSettings settings;
  try {
    apply_settings({{"mac_spofing", "on"}}, settings);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadRequest);
    EXPECT_EQ(error.fix(), "did you mean mac_spoofing?");
  }
}

TEST(Settings, SpoofingGuestMayHave64AddressesUnlessALimitIsSet) {
  PortSettings settings;
  apply_settings({{"mac_spoofing", "on"}}, settings);
  EXPECT_EQ(settings.mac_limit, 64U);
  apply_settings({{"mac_spoofing", "on"}, {"mac_limit", "8"}}, settings);
  EXPECT_EQ(settings.mac_limit, 8U);
}

TEST(Settings, ValuesAreChecked) {
  PortSettings settings;
  EXPECT_THROW(apply_settings({{"dhcp_guard", "maybe"}}, settings), Error);
  EXPECT_THROW(apply_settings({{"storm_limit", "-1"}}, settings), Error);
  EXPECT_THROW(apply_settings({{"binding_limit", "65536"}}, settings), Error);
  EXPECT_THROW(apply_settings({{"prefixes", "10.0.0.0/33"}}, settings), Error);
  EXPECT_THROW(SwitchSettings::from({{"answers", "maybe"}}), Error);
}

HostNetwork host_with(UplinkMode mode) {
  HostNetwork host;
  Nic nic;
  nic.name = "wlan0";
  nic.attachment = {mode, "station without 4-address mode: one MAC only", {}};
  host.nics = {nic};
  host.default_routes = {{"wlan0", *IpAddress::parse("192.168.1.1"), 600}};
  return host;
}

SwitchDeclaration wanting(const std::string& uplink, Translate translate = Translate::Auto) {
  SwitchDeclaration declared;
  declared.name = "home";
  declared.uplink = uplink;
  declared.translate = translate;
  return declared;
}

TEST(UplinkChoice, AutoTakesTheAdapterOfTheDefaultRoute) {
  const HostNetwork host = host_with(UplinkMode::Translated);
  const UplinkChoice choice = choose_uplink(wanting("auto"), host);
  ASSERT_NE(choice.nic, nullptr);
  EXPECT_EQ(choice.nic->name, "wlan0");
  EXPECT_EQ(choice.mode, UplinkMode::Translated);
}

TEST(UplinkChoice, MissingAdapterIsWaitedFor) {
  EXPECT_EQ(choose_uplink(wanting("eth9"), host_with(UplinkMode::Plain)).nic, nullptr);
}

TEST(UplinkChoice, StationWithoutTranslationIsRefused) {
  try {
    choose_uplink(wanting("wlan0", Translate::Off), host_with(UplinkMode::Translated));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NeedsTranslation);
  }
}

TEST(UplinkChoice, TranslateOnMakesAnyAdapterTranslated) {
  const HostNetwork host = host_with(UplinkMode::Plain);
  EXPECT_EQ(choose_uplink(wanting("wlan0", Translate::On), host).mode, UplinkMode::Translated);
  EXPECT_EQ(choose_uplink(wanting("packet:wlan0"), host).mode, UplinkMode::Plain);
}

TEST(AttachOutput, StreamIsQemusStreamNetdev) {
  const PortSpec spec = parse_port_spec("stream:vm1", "/run/laneway");
  EXPECT_EQ(qemu_arguments(spec, *MacAddress::parse("52:54:00:6b:1f:c0")),
            (std::vector<std::string>{
                "-netdev", "stream,id=n1,server=off,addr.type=unix,addr.path=/run/laneway/vm1.sock",
                "-device", "virtio-net-pci,netdev=n1,mac=52:54:00:6b:1f:c0"}));
  EXPECT_TRUE(libvirt_xml(spec, {})->find("qemu:arg") != std::string::npos);
}

TEST(AttachOutput, VhostUserSharesTheGuestsMemory) {
  const PortSpec spec = parse_port_spec("vhost-user:vm1,queues=2", "/run/laneway");
  EXPECT_EQ(
      qemu_arguments(spec, {}),
      (std::vector<std::string>{
          "-m", "1G", "-object", "memory-backend-memfd,id=mem1,size=1G,share=on", "-numa",
          "node,memdev=mem1", "-chardev", "socket,id=c1,path=/run/laneway/vm1.sock,reconnect=1",
          "-netdev", "vhost-user,id=n1,chardev=c1,queues=2", "-device",
          "virtio-net-pci,netdev=n1,mq=on,vectors=6"}));
  EXPECT_NE(libvirt_xml(spec, {})->find("type='vhostuser'"), std::string::npos);
  const PortSpec server = parse_port_spec("vhost-user:vm1,mode=connect", "/run/laneway");
  EXPECT_NE(libvirt_xml(server, {})->find("mode='server'"), std::string::npos);
}

TEST(AttachOutput, TapIsHeldByTheSwitchAndGivesQemuNothing) {
  const PortSpec spec = parse_port_spec("tap:lwbox");
  EXPECT_TRUE(qemu_arguments(spec, {}).empty());
  EXPECT_EQ(libvirt_xml(spec, {}), std::nullopt);
}

}  // namespace
}  // namespace laneway

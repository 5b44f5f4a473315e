#include "switch/switch.h"

#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "switch/error.h"
#include "tests/support/memory_switch.h"
#include "tests/support/reference_bridge.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bytes;
using test::ethernet;
using test::MemorySwitch;
using test::station;

constexpr MacAddress kGroup{{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}};
constexpr MacAddress kBpdu{{0x01, 0x80, 0xc2, 0, 0, 0}};
constexpr MacAddress kPause{{0x01, 0x80, 0xc2, 0, 0, 0x01}};
const MacAddress kSta = station(0x57a);
const MacAddress kOwn = station(0x0317e1);

PortSettings guest_of(MacAddress mac) {
  PortSettings settings;
  settings.mac = mac;
  return settings;
}

// An uplink, a host port and two guests, of addresses station(1) and station(2).
class SwitchPorts : public testing::Test {
 protected:
  SwitchPorts() {
    PortSettings up = PortSettings::for_uplink(false, 4096);
    up.mac = kSta;
    uplink_ = net_.add("uplink", up);
    host_ = net_.add("host", PortSettings::for_host(kOwn));
    one_ = net_.add("one", guest_of(station(1)));
    two_ = net_.add("two", guest_of(station(2)));
  }
  ~SwitchPorts() override { EXPECT_EQ(net_.broken_ledger(), ""); }

  // How many frames left by each port since the last look: "uplink host one two".
  std::string left() {
    std::string text;
    for (const PortId id : {uplink_, host_, one_, two_}) {
      text += std::to_string(net_.take(id).size());
    }
    return text;
  }
  // The ports that `frame` leaves by, as left() says it.
  std::string sent(PortId in, MacAddress to, MacAddress from) {
    net_.send(in, ethernet(to, from));
    return left();
  }
  void change(PortId id, const std::function<void(PortSettings&)>& edit) {
    PortSettings settings = net_.sw().ports()[id].settings;
    edit(settings);
    net_.sw().change_settings(id, settings);
  }

  MemorySwitch net_;
  PortId uplink_{}, host_{}, one_{}, two_{};
};

TEST_F(SwitchPorts, Out1_AGuestSendsFromItsOwnAddressAlone) {
  EXPECT_EQ(sent(one_, station(2), station(1)), "0001");
  EXPECT_EQ(sent(one_, station(2), station(7)), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::SpoofMac), 1U);
  EXPECT_EQ(sent(one_, station(2), station(2)), "0000");
  EXPECT_EQ(sent(one_, station(2), kSta), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::MacClaim), 2U);
  EXPECT_EQ(net_.sw().macs().learnt(one_), 0U);
}

TEST_F(SwitchPorts, Out1_WithMacSpoofingUpToItsLimit) {
  change(one_, [](PortSettings& settings) {
    settings.mac_spoofing = true;
    settings.mac_limit = 2;
  });
  EXPECT_EQ(sent(one_, station(2), station(10)), "0001");
  EXPECT_EQ(sent(one_, station(2), station(11)), "0001");
  EXPECT_EQ(sent(one_, station(2), station(12)), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::MacLimit), 1U);
  EXPECT_EQ(sent(one_, station(2), station(1)), "0001");  // its own is not counted
  EXPECT_EQ(sent(two_, station(11), station(2)), "0010");
}

TEST_F(SwitchPorts, Out1_TheFirstSourceIsPinnedWhereNoneIsGiven) {
  PortSettings settings;
  settings.pin_first_source = true;
  const PortId three = net_.add("three", settings);
  net_.send(three, ethernet(station(2), station(1)));
  EXPECT_EQ(net_.drops(three, Drop::MacClaim), 1U);
  net_.send(three, ethernet(station(2), station(3)));
  net_.send(three, ethernet(station(2), station(4)));
  EXPECT_EQ(net_.drops(three, Drop::SpoofMac), 1U);
  EXPECT_EQ(net_.sw().macs().pinned(station(3)), three);
  EXPECT_EQ(net_.sw().ports()[three].settings.mac, station(3));
  EXPECT_EQ(left(), "0001");
}

TEST_F(SwitchPorts, In2_ASourceOfALocalPortFromTheUplinkIsForged) {
  EXPECT_EQ(sent(uplink_, station(2), station(1)), "0000");
  EXPECT_EQ(sent(uplink_, station(2), kOwn), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::MacClaim), 2U);
}

TEST_F(SwitchPorts, Inv5_PinnedAddressesAndTheStationsAreNeverLearntOnTheUplink) {
  for (const MacAddress mac : {station(1), station(2), kOwn, kSta}) {
    sent(uplink_, station(2), mac);
  }
  EXPECT_EQ(net_.sw().macs().learnt(uplink_), 0U);
  EXPECT_EQ(net_.sw().macs().pinned(station(1)), one_);
  EXPECT_EQ(net_.sw().macs().pinned(kSta), uplink_);
}

TEST_F(SwitchPorts, In1_TheStationsEchoComesAsFarAsTheStages) {
  EXPECT_EQ(sent(uplink_, station(2), kSta), "0001");  // without a stage that ends it
}

TEST_F(SwitchPorts, Out5_WhatIsForALocalPortGoesThereOnly) {
  EXPECT_EQ(sent(one_, station(2), station(1)), "0001");
  EXPECT_EQ(sent(one_, kOwn, station(1)), "0100");
}

TEST_F(SwitchPorts, Out5_UnknownUnicastOfAGuestGoesToTheUplinkAloneAndIsNoStorm) {
  change(one_, [](PortSettings& settings) { settings.storm_limit = 1; });
  for (int n = 0; n < 5; ++n) EXPECT_EQ(sent(one_, station(99), station(1)), "1000");
  EXPECT_EQ(net_.drops(one_, Drop::Storm), 0U);
}

TEST_F(SwitchPorts, Out5_GroupFramesGoToAllOthers) {
  EXPECT_EQ(sent(one_, MacAddress::broadcast(), station(1)), "1101");
  EXPECT_EQ(sent(uplink_, kGroup, station(50)), "0011");
  EXPECT_EQ(net_.sw().counters().copied.get(), 3U);
}

TEST_F(SwitchPorts, In9_NothingPassesBetweenUplinkAndHost) {
  EXPECT_EQ(sent(uplink_, kOwn, station(50)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::NoPort), 1U);
  EXPECT_EQ(sent(host_, station(50), kOwn), "0000");
  EXPECT_EQ(net_.drops(host_, Drop::NoPort), 1U);
  EXPECT_EQ(sent(host_, MacAddress::broadcast(), kOwn), "0011");
  EXPECT_EQ(sent(host_, station(1), kOwn), "0010");
}

TEST_F(SwitchPorts, UnknownUnicastFromOutsideReachesNoGuestThatDoesNotAsk) {
  EXPECT_EQ(sent(uplink_, station(99), station(50)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::NoPort), 1U);
  change(two_, [](PortSettings& settings) { settings.flood_unknown = true; });
  EXPECT_EQ(sent(uplink_, station(99), station(50)), "0001");
}

TEST_F(SwitchPorts, UnknownUnicastToMoreThanOnePortIsUnderTheStormLimit) {
  change(one_, [](PortSettings& settings) { settings.storm_limit = 2; });
  change(two_, [](PortSettings& settings) { settings.flood_unknown = true; });
  EXPECT_EQ(sent(one_, station(99), station(1)), "1001");
  EXPECT_EQ(sent(one_, station(99), station(1)), "1001");
  EXPECT_EQ(sent(one_, station(99), station(1)), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::Storm), 1U);
  net_.now += milliseconds{500};
  EXPECT_EQ(sent(one_, station(99), station(1)), "1001");
}

TEST_F(SwitchPorts, GroupFramesOfEachRoleAreUnderTheStormLimitOfTheirPortAlone) {
  for (const PortId id : {uplink_, host_, one_}) {
    change(id, [](PortSettings& settings) { settings.storm_limit = 2; });
    const MacAddress source = id == one_ ? station(1) : id == host_ ? kOwn : station(50);
    for (int n = 0; n < 5; ++n) sent(id, n % 2 == 0 ? kGroup : MacAddress::broadcast(), source);
    EXPECT_EQ(net_.drops(id, Drop::Storm), 3U);
  }
  EXPECT_EQ(sent(one_, station(2), station(1)), "0001");
  EXPECT_EQ(sent(two_, kGroup, station(2)), "1110");
  net_.now += milliseconds{500};
  EXPECT_EQ(sent(uplink_, kGroup, station(50)), "0011");
}

TEST_F(SwitchPorts, IsolatedGuestsReachUplinkAndHostOnly) {
  change(two_, [](PortSettings& settings) { settings.isolated = true; });
  EXPECT_EQ(sent(one_, station(2), station(1)), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::Isolated), 1U);
  EXPECT_EQ(sent(two_, station(1), station(2)), "0000");
  EXPECT_EQ(net_.drops(two_, Drop::Isolated), 1U);
  EXPECT_EQ(sent(two_, MacAddress::broadcast(), station(2)), "1100");
  EXPECT_EQ(sent(uplink_, station(2), station(50)), "0001");
  EXPECT_EQ(sent(host_, station(2), kOwn), "0001");
}

TEST_F(SwitchPorts, AMonitorGetsACopyOfWhatIsForwarded) {
  change(two_, [](PortSettings& settings) { settings.monitor = true; });
  EXPECT_EQ(sent(one_, kOwn, station(1)), "0101");
  EXPECT_EQ(sent(uplink_, station(1), station(50)), "0011");
  EXPECT_EQ(sent(one_, station(2), station(1)), "0001");  // not twice
  EXPECT_EQ(sent(two_, station(1), station(2)), "0010");  // nor its own
  EXPECT_EQ(net_.sw().counters().copied.get(), 2U);
}

TEST_F(SwitchPorts, SourcesThatNobodyCanHaveEndFirst) {
  EXPECT_EQ(sent(one_, kBpdu, kGroup), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::SourceGroup), 1U);
  EXPECT_EQ(sent(one_, kBpdu, MacAddress{}), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::SourceZero), 1U);
}

TEST_F(SwitchPorts, ReservedGroupsAreKeptBackAndNotLearntFrom) {
  EXPECT_EQ(sent(uplink_, kBpdu, station(50)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::Reserved), 1U);
  EXPECT_EQ(net_.sw().macs().learnt(uplink_), 0U);
}

TEST(Switch, ReservedGroupsPassWhereAskedForButNoPause) {
  MemorySwitch net({.forward_reserved = true});
  const PortId a = net.add("a", PortSettings::for_trunk());
  const PortId b = net.add("b", PortSettings::for_trunk());
  net.send(a, ethernet(kBpdu, station(1)));
  net.send(a, ethernet(kPause, station(1)));
  EXPECT_EQ(net.take(b).size(), 1U);
  EXPECT_EQ(net.drops(a, Drop::Reserved), 1U);
}

TEST_F(SwitchPorts, ForTheAdaptersOwnAddressTheHostHasItAlready) {
  EXPECT_EQ(sent(uplink_, kSta, station(50)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::ForHost), 1U);
  sent(uplink_, station(1), station(51));
  EXPECT_EQ(sent(uplink_, station(51), station(50)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::SamePort), 1U);
}

TEST_F(SwitchPorts, WithoutLinkUnicastEndsThereAndGroupFramesPassItBy) {
  net_.port(two_).set_link(LinkState::Down);
  EXPECT_EQ(sent(one_, station(2), station(1)), "0000");
  EXPECT_EQ(net_.drops(two_, Drop::LinkDown), 1U);
  EXPECT_EQ(sent(one_, kGroup, station(1)), "1100");
  EXPECT_EQ(net_.drops(two_, Drop::LinkDown), 1U);
  net_.port(uplink_).set_link(LinkState::Down);
  EXPECT_EQ(sent(one_, station(99), station(1)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::LinkDown), 0U);
  EXPECT_EQ(net_.drops(one_, Drop::NoPort), 1U);
}

TEST_F(SwitchPorts, AFullQueueEndsTheRestAndOthersLoseNothing) {
  const PortId small = net_.add("small", guest_of(station(5)), 2);
  for (int n = 0; n < 5; ++n) net_.send(one_, ethernet(kGroup, station(1)));
  EXPECT_EQ(net_.drops(small, Drop::TxFull), 3U);
  EXPECT_EQ(left(), "5505");
  EXPECT_EQ(net_.counters(small).tx_frames.get(), 2U);
  EXPECT_EQ(net_.counters(small).tx_bytes.get(), 120U);
  net_.take(small);
}

TEST(Switch, WhatIsLongerThanThePortCarriesEndsThere) {
  HeapBuffers pool;
  Switch sw({}, pool);
  MemoryPort from(pool), to(pool, 8, 1514);
  PortCounters a, b;
  const PortId in = sw.add_port("from", from, PortSettings::for_trunk(), a);
  sw.add_port("to", to, PortSettings::for_trunk(), b);
  from.send_from_outside(ethernet(station(2), station(1), 0x0800, 1500));
  from.send_from_outside(ethernet(station(2), station(1), 0x0800, 1501));
  Buffer* gso = make_buffer(pool, ethernet(station(2), station(1), 0x0800, 9000));
  ASSERT_TRUE(set_offload(*gso, {.needs_checksum = true,
                                 .checksum_start = 34,
                                 .checksum_offset = 16,
                                 .gso = Offload::Gso::Tcp4,
                                 .segment_bytes = 1460,
                                 .header_bytes = 54}));
  from.send_from_outside(gso);
  sw.poll(in, {});
  EXPECT_EQ(b.drop_frames[index(Drop::TooLong)].get(), 1U);
  EXPECT_EQ(to.waiting_outside(), 2U);
}

TEST(Switch, WithoutABufferACopyEndsAndTheOthersGoOn) {
  MemorySwitch net({}, 2);
  std::vector<PortId> ports;
  for (int n = 0; n < 4; ++n) ports.push_back(net.add("t", PortSettings::for_trunk()));
  net.send(ports[0], ethernet(kGroup, station(1)));  // one for the frame, one for a clone
  std::size_t got = 0;
  std::uint64_t lost = 0;
  for (const PortId id : ports) {
    got += net.take(id).size();
    lost += net.drops(id, Drop::NoBuffer);
  }
  EXPECT_EQ(got, 2U);
  EXPECT_EQ(lost, 1U);
  EXPECT_EQ(net.broken_ledger(), "");
}

TEST(Switch, AnUplinkOverItsLimitIsForwardedWithoutBeingLearnt) {
  MemorySwitch net;
  PortSettings settings = PortSettings::for_uplink(false, 4096);
  settings.mac_limit = 1;
  const PortId uplink = net.add("uplink", settings);
  const PortId one = net.add("one", guest_of(station(1)));
  net.send(uplink, ethernet(station(1), station(50)));
  net.send(uplink, ethernet(station(1), station(51)));
  EXPECT_EQ(net.take(one).size(), 2U);
  EXPECT_EQ(net.sw().macs().learnt(uplink), 1U);
  EXPECT_EQ(net.sw().macs().counters().refused.get(), 1U);
}

TEST(Switch, AStationIsFloodedToAgainJustAfterMaxAge) {
  MemorySwitch net({.mac_age = seconds{300}});
  std::vector<PortId> ports;
  for (int n = 0; n < 3; ++n) ports.push_back(net.add("t", PortSettings::for_trunk()));
  net.send(ports[0], ethernet(kGroup, station(1)));
  net.take(ports[1]);
  net.take(ports[2]);
  net.now = seconds{300};
  net.send(ports[1], ethernet(station(1), station(2)));
  EXPECT_EQ(net.take(ports[2]).size(), 0U);
  net.now += net.sw().macs().precision();
  net.send(ports[1], ethernet(station(1), station(2)));
  EXPECT_EQ(net.take(ports[2]).size(), 1U);
  for (int n = 0; n < 100; ++n) net.sw().tick(net.now);
  EXPECT_EQ(net.sw().macs().learnt(ports[0]), 0U);
}

TEST(Switch, RemovingAPortForgetsWhatWasThere) {
  MemorySwitch net;
  const PortId a = net.add("a", PortSettings::for_trunk());
  const PortId b = net.add("b", guest_of(station(2)));
  net.send(a, ethernet(station(2), station(1)));
  net.remove(a);
  EXPECT_EQ(net.sw().macs().lookup(station(1), VlanId{}, net.now), kNoPort);
  net.send(b, ethernet(station(1), station(2)));
  EXPECT_EQ(net.drops(b, Drop::NoPort), 1U);
  net.take(b);
  EXPECT_EQ(net.broken_ledger(), "");
}

TEST(Switch, APinnedAddressOfAnotherPortIsRefusedAndNothingChanges) {
  MemorySwitch net;
  const PortId a = net.add("a", guest_of(station(1)));
  const PortId b = net.add("b", guest_of(station(2)));
  try {
    net.add("c", guest_of(station(1)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InUse);
    EXPECT_NE(std::string(error.what()).find("belongs to a"), std::string::npos) << error.what();
  }
  EXPECT_EQ(net.sw().ports().present().size(), 2U);
  EXPECT_THROW(net.sw().change_settings(b, guest_of(station(1))), Error);
  EXPECT_EQ(net.sw().macs().pinned(station(2)), b);
  net.sw().change_settings(a, guest_of(station(9)));
  EXPECT_EQ(net.sw().macs().pinned(station(1)), kNoPort);
  EXPECT_EQ(net.sw().macs().pinned(station(9)), a);
}

// Writes its letter into the first payload byte of all that passes.
class Mark final : public Stage {
 public:
  explicit Mark(char letter) : letter_(letter) {}
  void process(Burst& burst, PortId egress, Nanos /*now*/) noexcept override {
    last_egress = egress;
    for (Frame& frame : burst) {
      if (frame.action == Action::Forward) frame.data[14] = static_cast<std::byte>(letter_);
    }
  }
  void tick(Nanos /*now*/) noexcept override { ++ticks; }

  PortId last_egress = kNoPort;
  int ticks = 0;

 private:
  char letter_;
};

// Does with each frame what a test says.
class Act final : public Stage {
 public:
  explicit Act(std::function<void(Burst&, Frame&)> act) : act_(std::move(act)) {}
  void process(Burst& burst, PortId /*egress*/, Nanos /*now*/) noexcept override {
    for (Frame& frame : burst) {
      if (frame.action == Action::Forward) act_(burst, frame);
    }
  }

 private:
  std::function<void(Burst&, Frame&)> act_;
};

TEST_F(SwitchPorts, Inv7_AnEditOnTheUplinkIsSeenByNobodyElse) {
  Mark mark('U');
  net_.sw().set_egress(PortRole::Uplink, {&mark});
  change(two_, [](PortSettings& settings) { settings.monitor = true; });
  net_.send(one_, ethernet(MacAddress::broadcast(), station(1), 0x0800, 46, 'g'));
  net_.send(one_, ethernet(station(99), station(1), 0x0800, 46, 'g'));
  EXPECT_EQ(mark.last_egress, uplink_);
  for (const Bytes& frame : net_.take(uplink_)) EXPECT_EQ(frame[14], std::byte{'U'});
  for (const PortId id : {host_, two_}) {
    for (const Bytes& frame : net_.take(id)) EXPECT_EQ(frame[14], std::byte{'g'});
  }
}

TEST_F(SwitchPorts, AReplyGoesBackThroughTheEgressStagesOfItsPort) {
  Act answer([](Burst&, Frame& frame) { frame.reply_from(kOwn); });
  Mark mark('U');
  net_.sw().set_ingress(PortRole::Uplink, {&answer});
  net_.sw().set_egress(PortRole::Uplink, {&mark});
  EXPECT_EQ(sent(uplink_, station(1), station(50)), "1000");
  EXPECT_EQ(mark.last_egress, uplink_);
  EXPECT_EQ(net_.sw().counters().replied.get(), 1U);
  EXPECT_EQ(net_.sw().counters().forwarded.get(), 0U);
}

TEST_F(SwitchPorts, ANarrowedFrameGoesToTheReachableOfItsPorts) {
  Act narrow([this](Burst& burst, Frame& frame) {
    PortSet set;
    for (const PortId id : {uplink_, host_, one_}) set.add(id);
    burst.narrow(frame, set);
  });
  net_.sw().set_ingress(PortRole::Guest, {&narrow});
  EXPECT_EQ(sent(one_, station(2), station(1)), "1100");
  net_.sw().set_ingress(PortRole::Uplink, {&narrow});
  EXPECT_EQ(sent(uplink_, station(99), station(50)), "0010");
}

TEST_F(SwitchPorts, ReasonsAreBookedOnTheirSide) {
  Act nonip([](Burst&, Frame& frame) { frame.drop(Drop::Nonip); });
  net_.sw().set_egress(PortRole::Uplink, {&nonip});
  net_.now = seconds{9};
  EXPECT_EQ(sent(one_, station(99), station(1)), "0000");
  EXPECT_EQ(net_.drops(one_, Drop::Nonip), 1U);
  EXPECT_EQ(net_.counters(one_).last_nonip.load(), 0x88b5);
  EXPECT_EQ(net_.counters(one_).drop_bytes[index(Drop::Nonip)].get(), 60U);
  EXPECT_EQ(net_.counters(one_).drop_last_ns[index(Drop::Nonip)].load(),
            std::chrono::nanoseconds(seconds{9}).count());
  Act mtu([](Burst&, Frame& frame) { frame.drop(Drop::Mtu); });
  net_.sw().set_egress(PortRole::Uplink, {&mtu});
  EXPECT_EQ(sent(one_, station(99), station(1)), "0000");
  EXPECT_EQ(net_.drops(uplink_, Drop::Mtu), 1U);
}

TEST_F(SwitchPorts, WhatAStageSaysLeavesAfterTheBurstAndIsCountedApart) {
  Mark mark('U');
  net_.sw().set_egress(PortRole::Uplink, {&mark});
  Act speak([this](Burst&, Frame&) {
    net_.sw().outbox().say(uplink_, ethernet(station(50), kSta));
    net_.sw().outbox().say(two_, ethernet(station(2), kOwn));
  });
  net_.sw().set_ingress(PortRole::Guest, {&speak});
  EXPECT_EQ(sent(one_, kOwn, station(1)), "1101");
  EXPECT_EQ(mark.last_egress, uplink_);
  EXPECT_EQ(net_.sw().counters().generated.get(), 2U);
}

TEST_F(SwitchPorts, WhatNoPortTakesOfItIsInNoLedger) {
  net_.port(two_).set_link(LinkState::Down);
  net_.sw().outbox().say(two_, ethernet(station(2), kOwn));
  net_.sw().outbox().say(PortId{77}, ethernet(station(2), kOwn));
  net_.sw().outbox().say(kNoPort, ethernet(station(2), kOwn));
  net_.sw().tick(net_.now);
  EXPECT_EQ(net_.sw().counters().unsaid.get(), 3U);
  EXPECT_EQ(net_.sw().counters().generated.get(), 0U);
  EXPECT_EQ(net_.drops(two_, Drop::LinkDown), 0U);
}

TEST(Switch, ALeakIsSeenEvenOfWhatTheSwitchSays) {
  MemorySwitch net;
  const PortId uplink = net.add("uplink", PortSettings::for_uplink(true, 4096));
  Act leak([](Burst&, Frame& frame) { frame.drop(Drop::Leak); });
  net.sw().set_egress(PortRole::Uplink, {&leak});
  net.sw().outbox().say(uplink, ethernet(station(50), kSta));
  net.sw().tick(net.now);
  EXPECT_EQ(net.drops(uplink, Drop::Leak), 1U);
}

TEST_F(SwitchPorts, AStageInSeveralListsTicksOnce) {
  Mark mark('x');
  net_.sw().set_ingress(PortRole::Guest, {&mark});
  net_.sw().set_ingress(PortRole::Host, {&mark});
  net_.sw().set_egress(PortRole::Uplink, {&mark});
  net_.sw().tick(net_.now);
  EXPECT_EQ(mark.ticks, 1);
}

TEST_F(SwitchPorts, ATickNoticesWhenALinkCameUp) {
  net_.port(one_).set_link(LinkState::Down);
  net_.sw().tick(seconds{1});
  net_.port(one_).set_link(LinkState::Up);
  net_.sw().tick(seconds{2});
  net_.sw().tick(seconds{3});
  EXPECT_EQ(net_.sw().ports()[one_].link_up_since, seconds{2});
}

struct Seen final : SwitchObserver {
  std::vector<std::string> events;
  void mac_learnt(MacAddress mac, PortId) noexcept override {
    events.push_back("learnt " + to_string(mac));
  }
  void mac_moved(MacAddress, PortId, PortId) noexcept override { events.push_back("moved"); }
  void mac_refused(MacAddress, PortId) noexcept override { events.push_back("refused"); }
  void mac_aged(std::size_t count) noexcept override {
    events.push_back("aged " + std::to_string(count));
  }
};

TEST(Switch, ObserversSeeWhatTheTableLearns) {
  MemorySwitch net({.mac_limit = 16});
  Seen seen;
  net.sw().set_observer(&seen);
  PortSettings few = PortSettings::for_trunk();
  few.mac_limit = 1;
  const PortId a = net.add("a", few);
  const PortId b = net.add("b", PortSettings::for_trunk());
  net.send(a, ethernet(kGroup, station(1)));
  net.send(a, ethernet(kGroup, station(2)));
  net.send(b, ethernet(kGroup, station(1)));
  for (int n = 0; n < 20; ++n) net.sw().tick(seconds{1000});
  EXPECT_EQ(seen.events,
            (std::vector<std::string>{"learnt 02:00:00:00:00:01", "refused", "moved", "aged 1"}));
}

TEST(Switch, Inv8_TrafficOverTrunksIsThatOfTheReferenceBridge) {
  constexpr std::uint32_t kPorts = 4;
  MemorySwitch net;
  std::vector<PortId> ports;
  for (std::uint32_t i = 0; i < kPorts; ++i)
    ports.push_back(net.add("t", PortSettings::for_trunk()));
  test::ReferenceBridge twin(kPorts);
  std::mt19937 engine(7);
  const auto random = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(engine()) % below;
  };
  const auto address = [&]() -> MacAddress {
    switch (random(10)) {
      case 0:
        return MacAddress::broadcast();
      case 1:
        return kGroup;
      case 2:
        return MacAddress::from_number(0x0180c2000000U + random(18));
      case 3:
        return {};
      default:
        return station(random(20));
    }
  };
  for (int n = 0; n < 8000; ++n) {
    const auto in = random(kPorts);
    const Bytes frame = ethernet(address(), address(), 0x0800, random(60));
    net.send(ports[in], frame);
    const auto out = twin.forward(static_cast<int>(in), frame);
    for (std::uint32_t i = 0; i < kPorts; ++i) {
      const auto got = net.take(ports[i]);
      ASSERT_EQ(got.size(), out.count(static_cast<int>(i))) << "frame " << n;
      for (const Bytes& bytes : got) ASSERT_EQ(bytes, frame);
    }
  }
  EXPECT_EQ(net.sw().macs().size(), twin.stations());
  EXPECT_EQ(net.broken_ledger(), "");
}

// Ports of every kind, small queues, a small pool, links that come and go, stages that reply, drop,
// narrow and speak: whatever happens, the sums hold.
TEST(Switch, Inv8_TheLedgersHoldWhateverHappens) {
  MemorySwitch net({.mac_limit = 16, .mac_age = seconds{5}}, 60);
  std::mt19937 engine(11);
  const auto random = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(engine()) % below;
  };
  std::vector<PortId> ports;
  PortSettings up = PortSettings::for_uplink(true, 16);
  up.mac = kSta;
  ports.push_back(net.add("uplink", up, 20));
  ports.push_back(net.add("host", PortSettings::for_host(kOwn), 20));
  for (std::uint32_t n = 1; n <= 4; ++n) {
    PortSettings settings = n < 4 ? guest_of(station(n)) : PortSettings::for_trunk();
    settings.isolated = n == 2;
    settings.monitor = n == 3;
    settings.storm_limit = 5;
    settings.flood_unknown = n > 2;
    ports.push_back(net.add("guest", settings, 8 + n));
  }
  Act wild([&](Burst& burst, Frame& frame) {
    switch (random(12)) {
      case 0:
        return frame.drop(static_cast<Drop>(random(kDropReasons - 1)));  // no leak
      case 1:
        return frame.reply_from(kOwn);
      case 2:
        return burst.narrow(frame, ports[random(6)]);
      case 3:
        net.sw().outbox().say(ports[random(6)], ethernet(station(random(9)), kOwn));
        return;
      default:
        return;
    }
  });
  Act gate([&](Burst&, Frame& frame) {
    if (random(10) == 0) frame.drop(random(2) == 0 ? Drop::Mtu : Drop::Nonip);
    if (random(10) == 0) net.sw().outbox().say(ports[2], ethernet(station(1), kOwn));
  });
  for (const PortRole role : {PortRole::Guest, PortRole::Host, PortRole::Uplink}) {
    net.sw().set_ingress(role, {&wild});
  }
  net.sw().set_egress(PortRole::Uplink, {&gate});

  for (int n = 0; n < 5000; ++n) {
    const PortId in = ports[random(6)];
    const MacAddress to = random(3) == 0 ? kGroup : station(random(9));
    const MacAddress from = random(40) == 0 ? kGroup : station(random(9));
    net.port(in).send_from_outside(ethernet(to, from, 0x0800, random(5000)));
    net.now += milliseconds{random(20)};
    if (random(3) == 0) net.run();
    if (random(5) == 0) net.take(ports[random(6)]);
    if (random(50) == 0) net.sw().tick(net.now);
    if (random(100) == 0) {
      net.port(ports[random(6)]).set_link(random(2) == 0 ? LinkState::Down : LinkState::Up);
    }
    ASSERT_EQ(net.broken_ledger(), "") << "step " << n;
  }
  net.run();
  for (const PortId id : ports) net.take(id);
  EXPECT_EQ(net.broken_ledger(), "");
  EXPECT_EQ(net.pool().in_use(), 0U);
}

}  // namespace
}  // namespace laneway

#include "proxy/port_policy.h"

#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "ports/memory_port.h"
#include "switch/wire/frame_builder.h"
#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/ndp.h"

namespace laneway {
namespace {

using namespace std::chrono_literals;
using wire::EtherType;
using wire::FrameBuilder;
using wire::IpProtocol;

const MacAddress kGuest = *MacAddress::parse("52:54:00:00:00:0a");
const MacAddress kOther = *MacAddress::parse("52:54:00:00:00:0b");
const MacAddress kStation = *MacAddress::parse("02:00:00:00:01:00");
const MacAddress kOwn = *MacAddress::parse("52:54:00:00:00:01");
const Ipv4Address kGuest4 = *Ipv4Address::parse("192.168.77.21");
const Ipv4Address kOther4 = *Ipv4Address::parse("192.168.77.22");
const Ipv4Address kHost4 = *Ipv4Address::parse("192.168.77.10");
const Ipv4Address kFar4 = *Ipv4Address::parse("203.0.113.1");
const Ipv6Address kGuest6 = *Ipv6Address::parse("fe80::a");
const Ipv6Address kOther6 = *Ipv6Address::parse("fe80::b");

using Room = std::array<std::byte, 256>;
using Build = std::function<std::span<std::byte>(Room&)>;

class PortPolicyTest : public testing::Test {
 protected:
  PortPolicyTest() {
    guest_ = add(PortSettings{.mac = kGuest});
    other_ = add(PortSettings{.mac = kOther});
    uplink_ = add(PortSettings::for_uplink(true, 4096));
    host_ = add(PortSettings::for_host(kOwn));
    network_.translated = true;
    network_.station = kStation;
    network_.own = kOwn;
    network_.host = {*IpPrefix::parse("192.168.77.10/24")};
    for (const PortId port : {guest_, other_}) neighbors_.add_port(port, 64);
    neighbors_.valid({kOther4, kOther, other_}, NeighborOrigin::Arp, 0s);
  }

  PortId add(const PortSettings& settings) {
    counters_.push_back(std::make_unique<PortCounters>());
    ports_.push_back(std::make_unique<MemoryPort>(pool_));
    return table_.add("p" + std::to_string(ports_.size()), *ports_.back(), settings,
                      *counters_.back());
  }

  // What becomes of one frame that came in by `port`.
  struct Verdict {
    Action action;
    Drop reason;
    MacAddress destination;
  };
  Verdict judge(PortId port, const Build& build, Nanos now = 0s) {
    Room room{};
    const auto bytes = build(room);
    EXPECT_FALSE(bytes.empty());
    Burst burst;
    Frame& frame = burst.add(frame_of(make_buffer(pool_, bytes), port));
    classify(frame);
    policy_.process(burst, kNoPort, now);
    const Verdict verdict{frame.action, frame.reason, frame.destination()};
    free_buffer(frame.buffer);
    return verdict;
  }
  void expect_drop(Drop reason, PortId port, const Build& build) {
    const Verdict verdict = judge(port, build);
    EXPECT_EQ(verdict.action, Action::Drop);
    EXPECT_EQ(name_of(verdict.reason), name_of(reason));
  }
  void expect_pass(PortId port, const Build& build) {
    const Verdict verdict = judge(port, build);
    EXPECT_EQ(verdict.action, Action::Forward) << name_of(verdict.reason);
  }

  HeapBuffers pool_;
  PortTable table_;
  NeighborTable neighbors_{1};
  Network network_;
  PortPolicy policy_{table_, neighbors_, network_};
  std::vector<std::unique_ptr<PortCounters>> counters_;
  std::vector<std::unique_ptr<MemoryPort>> ports_;
  PortId guest_{}, other_{}, uplink_{}, host_{};
};

Build udp4(wire::UdpPorts ports, MacAddress to = kOther, Ipv4Address source = kGuest4,
           Ipv4Address destination = kOther4) {
  return [=](Room& room) {
    return FrameBuilder(room)
        .ethernet({to, kGuest})
        .ipv4({.source = source, .destination = destination})
        .udp(ports)
        .be32(0)
        .finish();
  };
}

Build udp6(wire::UdpPorts ports) {
  return [=](Room& room) {
    return FrameBuilder(room)
        .ethernet({kOther, kGuest}, EtherType::Ipv6)
        .ipv6({.source = kGuest6, .destination = kOther6})
        .udp(ports)
        .be32(0)
        .finish();
  };
}

Build ether(EtherType type, MacAddress to = kOther) {
  return [=](Room& room) {
    return FrameBuilder(room).ethernet({to, kGuest}, type).zeros(46).finish();
  };
}

TEST_F(PortPolicyTest, Dhcp4_ServersMessagesAreRefused) {
  expect_drop(Drop::DhcpGuard, guest_, udp4({67, 68}));
  expect_drop(Drop::DhcpGuard, guest_, udp4({67, 67}));  // a relay's
  expect_drop(Drop::DhcpGuard, guest_, udp4({1024, 68}));
  expect_drop(Drop::DhcpGuard, guest_, udp6({547, 546}));
  expect_drop(Drop::DhcpGuard, guest_, udp6({1024, 546}));
}

TEST_F(PortPolicyTest, Dhcp4_ClientsMessagesPass) {
  expect_pass(guest_, udp4({68, 67}));
  expect_pass(guest_, udp6({546, 547}));
}

TEST_F(PortPolicyTest, Dhcp4_ServersMessagesPassWithoutTheGuard) {
  table_.change_settings(guest_, PortSettings{.mac = kGuest, .dhcp_guard = false});
  expect_pass(guest_, udp4({67, 68}));
  expect_pass(guest_, udp6({547, 546}));
}

TEST_F(PortPolicyTest, Nd9_RoutersWordsAreRefused) {
  expect_drop(Drop::RouterGuard, guest_, [](Room& room) {
    return wire::build_ra(room, {kOther, kGuest}, {.source = kGuest6});
  });
  expect_drop(Drop::RouterGuard, guest_, [](Room& room) {
    return wire::build_redirect(room, {kOther, kGuest},
                                {.source = kGuest6, .destination = kOther6, .target = kGuest6});
  });
  for (const std::uint8_t type : {std::uint8_t{5}, std::uint8_t{9}}) {
    expect_drop(Drop::RouterGuard, guest_, [=](Room& room) {
      return FrameBuilder(room)
          .ethernet({kOther, kGuest})
          .ipv4({.source = kGuest4, .destination = kOther4, .protocol = IpProtocol::Icmp})
          .icmpv4(type, 0)
          .be32(0)
          .finish();
    });
  }
}

TEST_F(PortPolicyTest, Nd9_MembershipQueriesAreRefusedReportsPass) {
  const auto igmp = [](std::uint8_t type) -> Build {
    return [=](Room& room) {
      return FrameBuilder(room)
          .ethernet({Ipv4Address::parse("224.0.0.1")->multicast_mac(), kGuest})
          .ipv4({.source = kGuest4,
                 .destination = *Ipv4Address::parse("224.0.0.1"),
                 .protocol = IpProtocol::Igmp,
                 .ttl = 1})
          .igmp(type, 0)
          .be32(0xe0000005)
          .finish();
    };
  };
  expect_drop(Drop::RouterGuard, guest_, igmp(0x11));
  expect_pass(guest_, igmp(0x16));
}

TEST_F(PortPolicyTest, Nd9_FragmentsHideNothingFromTheGuards) {
  const auto first_fragment = [](IpProtocol protocol, std::uint8_t first_byte) -> Build {
    return [=](Room& room) {
      return FrameBuilder(room)
          .ethernet({kOther, kGuest})
          .ipv4({.source = kGuest4,
                 .destination = kOther4,
                 .protocol = protocol,
                 .more_fragments = true})
          .be8(first_byte)
          .finish();
    };
  };
  expect_drop(Drop::RouterGuard, guest_, first_fragment(IpProtocol::Igmp, 0x11));
  expect_drop(Drop::RouterGuard, guest_, first_fragment(IpProtocol::Icmp, 5));
  expect_drop(Drop::IpBad, guest_, first_fragment(IpProtocol::Udp, 0));
}

TEST_F(PortPolicyTest, Nd9_AnAdvertisementBehindExtensionHeadersIsStillOne) {
  expect_drop(Drop::RouterGuard, guest_, [](Room& room) {
    constexpr std::array<std::byte, 7> kPad{std::byte{0}, std::byte{1}, std::byte{4}};
    return FrameBuilder(room)
        .ethernet({kOther, kGuest}, EtherType::Ipv6)
        .ipv6({.source = kGuest6, .destination = kOther6, .hop_limit = 255})
        .extension(IpProtocol::Destination, kPad)
        .icmpv6(134, 0)
        .zeros(12)
        .finish();
  });
}

TEST_F(PortPolicyTest, Nd9_AChainThatCannotBeReadIsRefused) {
  const Build long_chain = [](Room& room) {
    constexpr std::array<std::byte, 7> kPad{std::byte{0}, std::byte{1}, std::byte{4}};
    FrameBuilder builder(room);
    builder.ethernet({kOther, kGuest}, EtherType::Ipv6)
        .ipv6({.source = kGuest6, .destination = kOther6});
    for (int i = 0; i < 5; ++i) builder.extension(IpProtocol::Destination, kPad);
    return builder.udp({1, 2}).be32(0).finish();
  };
  expect_drop(Drop::HeaderChain, guest_, long_chain);
  table_.change_settings(guest_,
                         PortSettings{.mac = kGuest, .dhcp_guard = false, .router_guard = false});
  expect_pass(guest_, long_chain);
}

TEST_F(PortPolicyTest, Out3_TheStationsOwnProtocolsNeverLeaveAGuest) {
  for (const EtherType type :
       {EtherType::Eapol, EtherType::PreAuth, EtherType::Tdls, EtherType::Wapi}) {
    expect_drop(Drop::Eapol, guest_, ether(type));
  }
  expect_pass(guest_, ether(EtherType::Lldp));
  network_.translated = false;
  expect_pass(guest_, ether(EtherType::Eapol));
}

TEST_F(PortPolicyTest, Out6_ForTheStationMeansWhoeverHasTheIpAddress) {
  EXPECT_EQ(judge(guest_, udp4({1, 2}, kStation, kGuest4, kHost4)).destination, kOwn);
  EXPECT_EQ(judge(guest_, udp4({1, 2}, kStation, kGuest4, kOther4)).destination, kOther);
  expect_drop(Drop::NoPort, guest_, udp4({1, 2}, kStation, kGuest4, kFar4));
  expect_drop(Drop::NoPort, guest_, ether(EtherType::Lldp, kStation));
}

TEST_F(PortPolicyTest, Host5_TheHostIsNoRouter) {
  expect_pass(guest_, udp4({1, 2}, kOwn, kGuest4, kHost4));
  expect_drop(Drop::NoPort, guest_, udp4({1, 2}, kOwn, kGuest4, kFar4));
  expect_drop(Drop::NoPort, guest_, ether(EtherType::Lldp, kOwn));
}

TEST_F(PortPolicyTest, Host5_WithoutAHostPortNothingButAnswersGoesToOwn) {
  table_.remove(host_);
  expect_drop(Drop::NoPort, guest_, udp4({1, 2}, kOwn, kGuest4, kHost4));
  expect_pass(guest_, [this](Room& room) {
    return wire::build_na(room, {kOwn, kGuest},
                          {.source = kGuest6,
                           .destination = network_.own_link_local(),
                           .target = kGuest6,
                           .link_layer = kGuest,
                           .solicited = true});
  });
}

TEST_F(PortPolicyTest, Host6_TheHostSpeaksToBoundGuestsFromItsOwnAddresses) {
  expect_pass(host_, udp4({1, 2}, kOther, kHost4, kOther4));
  expect_drop(Drop::NoPort, host_, udp4({1, 2}, kOther, kFar4, kOther4));
  expect_drop(Drop::NoPort, host_, udp4({1, 2}, kOther, kHost4, kGuest4));  // not bound
  expect_drop(Drop::NoPort, host_, udp4({1, 2}, kGuest, kHost4, kOther4));  // not its owner
  expect_drop(Drop::NoPort, host_, ether(EtherType::Arp, MacAddress::broadcast()));
}

TEST_F(PortPolicyTest, UnsoundHeadersAreNotTheGuardsBusiness) {
  expect_pass(guest_, [](Room& room) {
    auto frame = FrameBuilder(room)
                     .ethernet({kOther, kGuest})
                     .ipv4({.source = kGuest4, .destination = kOther4})
                     .udp({67, 68})
                     .be32(0)
                     .finish();
    frame[14] = std::byte{0x44};  // IHL of 4
    return frame;
  });
}

}  // namespace
}  // namespace laneway

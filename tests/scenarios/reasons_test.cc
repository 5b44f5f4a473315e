// H08: each reason for which a frame can be dropped is reached by what a guest, the LAN or the
// access point does; and the frame is counted once (the laws at the end). `leak` is our own bug:
// the test of that check stands with the translation.
#include <functional>
#include <map>

#include "switch/buffer.h"
#include "tests/scenarios/world.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"

namespace laneway::test {
namespace {

class H08 : public World, public testing::WithParamInterface<Drop> {
 public:
  using World::ping;
  using World::scenario;

  // Two guests with a lease each.
  void two(const ScenarioOptions& options = {}, const PortSettings& settings = {},
           const PortLimits& limits = {}) {
    start(options);
    a = &scenario().add_guest(settings);
    b = &scenario().add_guest(settings, limits);
    EXPECT_TRUE(lease(*a));
    EXPECT_TRUE(lease(*b));
  }
  // The same without asking for leases.
  void two_silent(const ScenarioOptions& options, const PortSettings& settings = {}) {
    start(options);
    a = &scenario().add_guest(settings);
    b = &scenario().add_guest(settings);
  }
  void say(Bytes frame) {
    a->host.send_frame(std::move(frame));
    scenario().run_for(milliseconds{1});
  }
  Bytes plain(MacAddress to, MacAddress from, std::uint16_t type = 0x88b5, std::size_t bytes = 46) {
    return ethernet_frame(to, from, type, Bytes(bytes));
  }
  Bytes udp(MacAddress to, const IpAddress& destination, std::size_t bytes = 8) {
    return ip_frame(to, a->host.mac(),
                    udp_packet({.source = *a->dhcp.lease(),
                                .destination = destination,
                                .source_port = 9,
                                .destination_port = 9,
                                .payload = Bytes(bytes)}));
  }
  // A solicitation for the router from the guest's own link-local address.
  NdMessage question() { return {.type = NdType::NeighborSolicitation, .target = router}; }
  IpPacket solicitation(const NdMessage& message) {
    return nd_packet(Ipv6Address::link_local(a->host.mac()), router.solicited_node(), message);
  }
  void say_nd(const IpPacket& packet) {
    say(ip_frame(packet.destination.v6().multicast_mac(), a->host.mac(), packet));
  }

  Guest* a = nullptr;
  Guest* b = nullptr;
  const Ipv6Address router = Ipv6Address::link_local(kRouterMac);
};

// A destination-options header that says nothing, before `next`.
Writer& empty_options(Writer& out, std::uint8_t next) {
  return out.u8(next).u8(0).u32(0x01040000).u16(0);
}

// A sum left to others that is not in ICMPv6's own field.
void reach_bad_offload(H08& world) {
  world.two();
  const IpPacket packet = world.solicitation(world.question());
  const Bytes bytes =
      ip_frame(packet.destination.v6().multicast_mac(), world.a->host.mac(), packet);
  Buffer* frame = make_buffer(world.scenario().composition().sw().pool(), bytes);
  EXPECT_TRUE(set_offload(*frame, {.needs_checksum = true,
                                   .checksum_start = 54,
                                   .checksum_offset = 16,
                                   .gso = Offload::Gso::None}));
  world.a->plug.port.send_from_outside(frame);
  world.scenario().run_for(milliseconds{1});
}

void reach_header_chain(H08& world) {
  constexpr std::uint8_t kOptions = 60;
  constexpr int kHeaders = 5;
  world.two();
  Writer chain;
  for (int i = 1; i < kHeaders; ++i) empty_options(chain, kOptions);
  empty_options(chain, kIcmpv6);
  IpPacket packet = world.solicitation(world.question());
  packet.payload = chain.raw(packet.payload).take();
  packet.protocol = kOptions;
  world.say_nd(packet);
}

void reach_nd_frag(H08& world) {
  constexpr std::uint8_t kFragment = 44;
  world.two();
  IpPacket packet = world.solicitation(world.question());
  packet.payload = Writer().u8(kIcmpv6).u8(0).u16(1).u32(7).raw(packet.payload).take();
  packet.protocol = kFragment;
  world.say_nd(packet);
}

const std::map<Drop, std::function<void(H08&)>> kWays{
    {Drop::Short,
     [](H08& w) {
       w.two();
       w.a->plug.port.send_from_outside(Bytes(13));
     }},
    {Drop::TooLong,
     [](H08& w) {
       w.two({}, {}, {.max_frame_bytes = 1514});
       w.say(w.plain(w.b->host.mac(), w.a->host.mac(), 0x88b5, 1501));
     }},
    {Drop::BadOffload, reach_bad_offload},
    {Drop::SourceGroup,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, MacAddress::broadcast()));
     }},
    {Drop::SourceZero,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, {}));
     }},
    {Drop::Reserved,
     [](H08& w) {
       w.two();
       w.say(w.plain({{0x01, 0x80, 0xc2, 0, 0, 0}}, w.a->host.mac()));
     }},
    {Drop::MacClaim,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, w.b->host.mac()));
     }},
    {Drop::SpoofMac,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, guest_mac(99)));
     }},
    {Drop::MacLimit,
     [](H08& w) {
       PortSettings settings;
       settings.mac_spoofing = true;
       settings.mac_limit = 2;
       w.two_silent({}, settings);
       for (std::size_t n = 50; n < 53; ++n) w.say(w.plain(kRouterMac, guest_mac(n)));
     }},
    {Drop::Storm,
     [](H08& w) {
       PortSettings settings;
       settings.storm_limit = 10;
       w.two_silent({}, settings);
       for (int i = 0; i < 20; ++i) w.say(w.plain(MacAddress::broadcast(), w.a->host.mac()));
     }},
    {Drop::IpBad,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, w.a->host.mac(), kEtherTypeIpv4));
     }},
    {Drop::HeaderChain, reach_header_chain},
    {Drop::ArpBad,
     [](H08& w) {
       w.two();
       w.say(arp_frame(MacAddress::broadcast(), w.a->host.mac(),
                       {.sender_mac = kRouterMac, .sender = *w.a->dhcp.lease()}));
     }},
    {Drop::ArpOp,
     [](H08& w) {
       w.two();
       w.say(arp_frame(MacAddress::broadcast(), w.a->host.mac(),
                       {.op = 8, .sender_mac = w.a->host.mac(), .sender = *w.a->dhcp.lease()}));
     }},
    {Drop::NdBad,
     [](H08& w) {
       w.two();
       IpPacket packet = w.solicitation(w.question());
       packet.hop_limit = 254;
       w.say_nd(packet);
     }},
    {Drop::NdFrag, reach_nd_frag},
    {Drop::NdForeignLladdr,
     [](H08& w) {
       w.two();
       w.say_nd(w.solicitation(w.question().with(kSourceLinkLayer, kRouterMac)));
     }},
    {Drop::NdSend,
     [](H08& w) {
       constexpr std::uint8_t kCga = 11;
       w.two();
       NdMessage signed_question = w.question();
       signed_question.with(kSourceLinkLayer, w.a->host.mac());
       signed_question.options.push_back({kCga, Bytes(6)});
       w.say_nd(w.solicitation(signed_question));
     }},
    {Drop::DhcpGuard,
     [](H08& w) {
       w.two();
       w.say(ip_frame(MacAddress::broadcast(), w.a->host.mac(),
                      udp_packet({.source = *w.a->dhcp.lease(),
                                  .destination = Ipv4Address{0xffffffff},
                                  .source_port = 67,
                                  .destination_port = 68})));
     }},
    {Drop::RouterGuard,
     [](H08& w) {
       w.two();
       w.say_nd(nd_packet(Ipv6Address::link_local(w.a->host.mac()), Ipv6Address::all_nodes(),
                          {.type = NdType::RouterAdvertisement, .word = 1800}));
     }},
    {Drop::SpoofIp,
     [](H08& w) {
       w.two();
       w.a->host.announce(*w.b->dhcp.lease());
     }},
    {Drop::SpoofGw,
     [](H08& w) {
       w.two();
       w.a->host.announce(kRouterV4);
     }},
    {Drop::BindQuota,
     [](H08& w) {
       PortSettings settings;
       settings.binding_limit = 1;
       w.two_silent({}, settings);
       w.a->host.announce(lan_v4(21).address);
       w.a->host.announce(lan_v4(22).address);
     }},
    {Drop::ProxyLimit,
     [](H08& w) {
       w.two();
       for (int i = 0; i < 5; ++i) w.a->host.announce(*w.a->dhcp.lease());
     }},
    {Drop::Suppressed,
     [](H08& w) {  // a leave while another guest listens
       constexpr Ipv4Address kGroup{0xe0000105};
       w.two();
       for (Guest* guest : {w.a, w.b}) guest->host.join(kGroup);
       w.scenario().run_for(seconds{1});
       w.a->host.leave(kGroup);
       w.scenario().run_for(seconds{1});
     }},
    {Drop::Nonip,
     [](H08& w) {
       w.two();
       w.say(w.plain(kRouterMac, w.a->host.mac()));
     }},
    {Drop::Vlan,
     [](H08& w) {
       w.two();
       w.say(ethernet_frame(kRouterMac, w.a->host.mac(), 0x8100,
                            Writer().u16(5).u16(kEtherTypeIpv4).zeros(46).take()));
     }},
    {Drop::Eapol,
     [](H08& w) {
       w.two();
       w.say(w.plain(kBssid, w.a->host.mac(), 0x888e));
     }},
    {Drop::Echo,
     [](H08& w) {
       w.two();
       w.a->host.announce(*w.a->dhcp.lease());
     }},
    {Drop::EchoArp,
     [](H08& w) {
       w.two({.ap = {.reflect_as_ap = true}});
       w.a->host.announce(*w.a->dhcp.lease());
     }},
    {Drop::EchoDad,
     [](H08& w) {
       w.two({.ap = {.reflect_as_ap = true}});
       w.a->host.use_nonces(true);
       w.a->host.start_ipv6();
       w.scenario().run_for(seconds{3});
     }},
    {Drop::Duplicate,
     [](H08& w) {
       w.two({.ap = {.multicast_to_unicast = true, .both_forms = true}});
       w.scenario().router().announce(kRouterV4);
     }},
    {Drop::GtkUnicast,
     [](H08& w) {
       w.two();
       w.scenario().router().send_frame(
           ip_frame(MacAddress::broadcast(), kRouterMac,
                    udp_packet({.source = kRouterV4, .destination = *w.a->dhcp.lease()})));
     }},
    {Drop::NotOurs,
     [](H08& w) {
       w.two();
       w.scenario().uplink().port.send_from_outside(w.plain(lan_mac(7), kRouterMac));
     }},
    {Drop::ForHost,
     [](H08& w) {
       w.two();
       w.ping(w.scenario().router(), kMachineV4);
     }},
    {Drop::Isolated,
     [](H08& w) {
       PortSettings settings;
       settings.isolated = true;
       w.two({}, settings);
       w.say(w.udp(w.b->host.mac(), *w.b->dhcp.lease()));
     }},
    {Drop::SamePort,
     [](H08& w) {
       w.two();
       w.say(w.udp(w.a->host.mac(), *w.b->dhcp.lease()));
     }},
    {Drop::NoPort,
     [](H08& w) {
       w.two();
       w.say(w.udp(kStaMac, kInternetV4));
     }},
    {Drop::Mtu,
     [](H08& w) {
       w.two();
       w.say(w.udp(kRouterMac, kRouterV4, 1500));
       EXPECT_EQ(w.a->host.icmp_errors().back().mtu, 1500U);
     }},
    {Drop::NoBuffer,
     [](H08& w) {
       w.two_silent({.buffers = 10});
       const Bytes frame = w.plain(MacAddress::broadcast(), w.a->host.mac());
       for (int i = 0; i < 8; ++i) w.a->host.send_frame(frame);
     }},
    {Drop::LinkDown,
     [](H08& w) {
       w.two();
       w.b->plug.port.set_link(LinkState::Down);
       w.say(w.udp(w.b->host.mac(), *w.b->dhcp.lease()));
     }},
    {Drop::TxFull,
     [](H08& w) {
       w.two({}, {}, {.queue = 2});
       for (int i = 0; i < 3; ++i) w.a->host.send_frame(w.udp(w.b->host.mac(), kInternetV4));
     }},
};

TEST_P(H08, ReasonIsReached) {
  const auto way = kWays.find(GetParam());
  ASSERT_NE(way, kWays.end());
  way->second(*this);
  scenario().run_for(milliseconds{1});
  EXPECT_GT(scenario().drops(GetParam()), 0U);
}

std::vector<Drop> all_but_leak() {
  std::vector<Drop> reasons;
  for (std::size_t i = 0; i < index(Drop::Leak); ++i) reasons.push_back(static_cast<Drop>(i));
  return reasons;
}

INSTANTIATE_TEST_SUITE_P(Each, H08, testing::ValuesIn(all_but_leak()),
                         [](const auto& reason) { return std::string(name_of(reason.param)); });

}  // namespace
}  // namespace laneway::test

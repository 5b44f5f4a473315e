// What others send fills tables up to their limits and no further (promise P7): three floods of all
// that is remembered, from a guest and from the LAN, and the memory is that of the first.
#include <functional>
#include <random>

#include <malloc.h>

#include "daemon/compose.h"
#include "ports/memory_port.h"
#include "tests/scenarios/neighbor_world.h"
#include "tests/support/dhcp_message.h"

#ifdef __SANITIZE_ADDRESS__
#define LANEWAY_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LANEWAY_ASAN
#endif
#endif
#ifdef LANEWAY_ASAN
#include <sanitizer/allocator_interface.h>
#endif

namespace laneway::test {
namespace {

#ifdef NDEBUG
constexpr int kFrames = 20'000;  // a flood
#else
constexpr int kFrames = 2'000;
#endif
constexpr std::size_t kSlack = 16 * 1024;  // bytes: what the C library keeps for itself
constexpr std::uint32_t kMacLimit = 64;

std::size_t bytes_in_use() {
#ifdef LANEWAY_ASAN
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

Network network() {
  Network network;
  network.translated = network.wifi = true;
  network.station = kStaMac;
  network.own = kOwnMac;
  network.host = {lan_v4(10), lan_v6(10)};
  return network;
}

class Flooded {
 public:
  Flooded() {
    composition_.set_answers(Answers::Suppress);
    PortSettings guest;
    guest.mac = guest_mac(0);
    guest.mac_spoofing = true;
    guest.mac_limit = kMacLimit;
    guest.storm_limit = 0;
    guest.router_guard = guest.dhcp_guard = false;
    plug_in(guest_, guest);
    PortSettings uplink = PortSettings::for_uplink(true, 4 * kMacLimit);
    uplink.mac = kStaMac;
    uplink.storm_limit = 0;
    plug_in(uplink_, uplink);
  }
  ~Flooded() {
    for (const Plug* plug : {&guest_, &uplink_}) composition_.remove_port(plug->id);
  }

  void flood() {
    for (int n = 0; n < kFrames; ++n) {
      send(guest_, from_guest());
      send(uplink_, from_lan());
      now_ += milliseconds{1};
      if (n % 100 == 0) composition_.sw().tick(now_);
    }
  }
  void expect_limits() {
    EXPECT_LE(composition_.neighbors().size(), 2U * PortSettings{}.binding_limit);
    EXPECT_GE(composition_.neighbors().size(), PortSettings{}.binding_limit) << "it was a flood";
    EXPECT_EQ(composition_.sw().macs().learnt(guest_.id), kMacLimit);
    EXPECT_EQ(composition_.sw().macs().learnt(uplink_.id), 3 * kMacLimit) << "three quarters";
    EXPECT_LE(composition_.heard().gateways().size(), Network::kMaxGateways);
    EXPECT_EQ(pool_.in_use(), 0U);
  }

 private:
  struct Plug {
    explicit Plug(BufferPool& pool) : port(pool) {}
    MemoryPort port;
    PortCounters counters;
    PortId id = kNoPort;
  };

  void plug_in(Plug& plug, const PortSettings& settings) {
    plug.id = composition_.add_port("p", plug.port, settings, plug.counters);
  }
  void send(Plug& plug, const Bytes& frame) {
    plug.port.send_from_outside(frame);
    composition_.sw().poll(plug.id, now_);
    for (Plug* each : {&guest_, &uplink_}) {
      while (Buffer* out = each->port.take()) free_buffer(out);
    }
  }

  std::uint32_t any() { return static_cast<std::uint32_t>(random_()); }
  MacAddress any_mac(std::uint64_t vendor) {
    return MacAddress::from_number(vendor << 24U | (any() & 0xffffffU));
  }
  Ipv4Address any_v4() { return Ipv4Address{0xa9fe0000U | (any() & 0xffffU)}; }
  Ipv6Address any_v6() {
    Ipv6Address address = lan_v6(0).address.v6();
    for (std::size_t at = 12; at < 16; ++at) address.octets[at] = std::uint8_t(any());
    return address;
  }
  Bytes from_guest() {
    const MacAddress mac = any() % 4 == 0 ? any_mac(0x525400) : guest_mac(0);
    const Ipv4Address group{0xe8000000U | (any() & 0xffffffU)};
    Ipv6Address group6 = *Ipv6Address::parse("ff05::");
    group6.octets[15] = std::uint8_t(any());
    group6.octets[14] = std::uint8_t(any());
    switch (any() % 7) {
      case 0:
        return arp_probe(mac, any_v4());
      case 1:
        return arp_announcement(mac, any_v4());
      case 2:
        return dad(mac, any_v6());
      case 3:
        return unsolicited_na(mac, any_v6());
      case 4:
        return dhcp(1, mac, any());
      case 5:
        return ip_frame(group.multicast_mac(), mac, igmp_report(any_v4(), group, true));
      default:
        return ip_frame(group6.multicast_mac(), mac, mld_report(any_v6(), group6, true));
    }
  }
  Bytes from_lan() {
    const MacAddress mac = any_mac(0x020000);
    switch (any() % 4) {
      case 0:
        return arp_announcement(mac, any_v4());
      case 1:
        return solicitation(mac, any_v6(), any_v6());
      case 2:
        return router_advertisement(mac);
      default:
        return dhcp(2, mac, any());
    }
  }
  Bytes router_advertisement(MacAddress mac) {
    NdMessage message{.type = NdType::RouterAdvertisement, .word = 0x40000708};
    const Bytes prefix = Writer()
                             .u8(64)
                             .u8(0xc0)
                             .u32(3600)
                             .u32(1800)
                             .u32(0)
                             .u32(0x20010db8)
                             .u32(any())
                             .zeros(8)
                             .take();
    message.options.push_back({kPrefixInformation, prefix});
    return nd_frame(mac, Ipv6Address::link_local(mac), Ipv6Address::all_nodes(),
                    message.with(kSourceLinkLayer, mac));
  }
  Bytes dhcp(std::uint8_t op, MacAddress mac, std::uint32_t xid) {
    DhcpMessage message{.op = op,
                        .xid = xid,
                        .chaddr = op == 1 ? mac : guest_mac(0),
                        .type = op == 1 ? DhcpType::Discover : DhcpType::Ack};
    message.yiaddr = op == 1 ? Ipv4Address{} : any_v4();
    message.set(kOptionServer, any_v4());
    return ip_frame(MacAddress::broadcast(), mac,
                    udp_packet({.source = op == 1 ? Ipv4Address{} : any_v4(),
                                .destination = Ipv4Address{0xffffffffU},
                                .source_port = op == 1 ? kDhcpClientPort : kDhcpServerPort,
                                .destination_port = op == 1 ? kDhcpServerPort : kDhcpClientPort,
                                .payload = dhcp_bytes(message)}));
  }

  HeapBuffers pool_;
  std::mt19937 random_{7};
  Nanos now_ = seconds{1};
  Composition composition_{{.mac_limit = 4 * kMacLimit, .seed = 1}, network(), pool_};
  Plug guest_{pool_};
  Plug uplink_{pool_};
};

TEST(Limits, P7_FloodsFillNoMoreThanTheFirstDid) {
  Flooded flooded;
  flooded.flood();
  flooded.expect_limits();
  const std::size_t before = bytes_in_use();
  for (int again = 0; again < 2; ++again) {
    flooded.flood();
    flooded.expect_limits();
    EXPECT_LE(bytes_in_use(), before + kSlack);
  }
}

}  // namespace
}  // namespace laneway::test

// Writes the seeds of the fuzz targets: fuzz_seeds FOLDER [FOLDER-OF-CAPTURES].
#include <array>
#include <filesystem>
#include <fstream>

#include <pcap/pcap.h>

#include "switch/wire/arp.h"
#include "switch/wire/bytes.h"
#include "switch/wire/dhcp.h"
#include "switch/wire/ethernet.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/ndp.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/world.h"

namespace laneway::fuzz {
namespace {

using namespace laneway::wire;

constexpr std::size_t kCaptureFrames = 16;     // of a capture: each seed stays quick
constexpr std::size_t kLargestCapture = 8192;  // as a seed of the reader's own target
constexpr std::size_t kLongestFrame = 1600;    // longer ones would fill an input alone
const Ipv4Address kAddressA = *Ipv4Address::parse("192.168.77.101");
const Ipv4Address kRouter4 = *Ipv4Address::parse("192.168.77.1");
const Ipv6Address kAddressA6 = *Ipv6Address::parse("2001:db8:77::a");

Script& at(Script& script, Op op, std::span<const std::byte> frame) {
  return script.u8(static_cast<std::uint8_t>(op)).frame(frame);
}

Script& wait(Script& script, std::uint16_t milliseconds) {
  return script.u8(static_cast<std::uint8_t>(Op::Pass)).u16(milliseconds);
}

void arp(Script& script) {
  at(script, Op::FrameAtGuestA, build_arp_probe(kGuestA, kAddressA));
  wait(script, 1000);
  at(script, Op::FrameAtGuestA, build_arp_announcement(kGuestA, kAddressA));
  at(script, Op::FrameAtGuestA, build_arp_request(kGuestA, kAddressA, kRouter4));
  at(script, Op::FrameAtUplink, build_arp_reply(kRouterMac, kRouter4, kStation, kAddressA));
  at(script, Op::FrameAtUplink, build_arp_request(kRouterMac, kRouter4, kAddressA));
  at(script, Op::FrameAtGuestB, build_arp_request(kGuestB, kAddressA, kRouter4));
  at(script, Op::FrameAtHost,
     build_arp_request(kOwn, *Ipv4Address::parse("192.168.77.10"), kAddressA));
}

void neighbor_discovery(Script& script) {
  std::array<std::byte, kNdFrameBytes> room;
  at(script, Op::FrameAtGuestA, build_dad_ns(room, kGuestA, kAddressA6));
  wait(script, 1000);
  const Ipv6Address local = Ipv6Address::link_local(kGuestA);
  const Ipv6Address router = Ipv6Address::link_local(kRouterMac);
  const MacAddress routers = Ipv6Address::all_routers().multicast_mac();
  at(script, Op::FrameAtGuestA, build_unsolicited_na(room, kGuestA, kAddressA6, false));
  at(script, Op::FrameAtGuestA, build_rs(room, {routers, kGuestA}, local));
  const PrefixInformation prefix{.prefix = *IpPrefix::parse("2001:db8:77::/64"),
                                 .valid_lifetime_s = 3600,
                                 .preferred_lifetime_s = 1800};
  at(script, Op::FrameAtUplink,
     build_ra(room, {Ipv6Address::all_nodes().multicast_mac(), kRouterMac},
              {.source = router, .link_layer = kRouterMac, .prefix = prefix}));
  const Ipv6Address group = kAddressA6.solicited_node();
  at(script, Op::FrameAtUplink,
     build_ns(room, {group.multicast_mac(), kRouterMac}, {router, group, kAddressA6}));
  at(script, Op::FrameAtGuestA,
     build_na(room, {kRouterMac, kGuestA},
              {.source = kAddressA6,
               .destination = router,
               .target = kAddressA6,
               .link_layer = kGuestA,
               .solicited = true}));
  at(script, Op::FrameAtUplink,
     build_redirect(room, {kStation, kRouterMac},
                    {.source = router,
                     .destination = kAddressA6,
                     .target = *Ipv6Address::parse("2001:db8:77::b"),
                     .redirected = *Ipv6Address::parse("2001:db8:77::b"),
                     .link_layer = kStation}));
}

void dhcp(Script& script) {
  std::array<std::byte, kDhcpFrameBytes> room;
  const MacPair up{MacAddress::broadcast(), kGuestA};
  const MacPair down{MacAddress::broadcast(), kRouterMac};
  const Ipv4Address all{0xffffffff};
  for (const DhcpType type : {DhcpType::Discover, DhcpType::Request}) {
    at(script, Op::FrameAtGuestA,
       build_dhcp(room, up, {.source = {}, .destination = all},
                  {.type = type, .xid = 7, .chaddr = kGuestA, .requested_ip = kAddressA}));
    at(script, Op::FrameAtUplink,
       build_dhcp(room, down, {.source = kRouter4, .destination = all},
                  {.op = BootpOp::Reply,
                   .type = type == DhcpType::Discover ? DhcpType::Offer : DhcpType::Ack,
                   .xid = 7,
                   .yiaddr = kAddressA,
                   .chaddr = kGuestA,
                   .server_id = kRouter4,
                   .subnet_mask = Ipv4Address{0xffffff00},
                   .router = kRouter4,
                   .lease_time_s = 3600}));
  }
  at(script, Op::FrameAtGuestA,
     build_dhcp(room, {kRouterMac, kGuestA}, {.source = kAddressA, .destination = kRouter4},
                {.type = DhcpType::Release, .xid = 8, .ciaddr = kAddressA, .chaddr = kGuestA}));
}

void data(Script& script) {
  std::array<std::byte, 256> room;
  const Ipv6Address router = Ipv6Address::link_local(kRouterMac);
  const Ipv6Address local = Ipv6Address::link_local(kGuestA);
  at(script, Op::FrameAtGuestA,
     build_echo4(room, {kRouterMac, kGuestA}, {.source = kAddressA, .destination = kRouter4}, {}));
  at(script, Op::FrameAtUplink,
     build_echo4(room, {kStation, kRouterMac}, {.source = kRouter4, .destination = kAddressA},
                 {.is_reply = true}));
  at(script, Op::FrameAtGuestA,
     build_echo6(room, {kRouterMac, kGuestA}, {.source = local, .destination = router}, {}));
  at(script, Op::FrameAtUplink,
     build_echo6(room, {kStation, kRouterMac}, {.source = router, .destination = local},
                 {.is_reply = true}));
  at(script, Op::FrameAtGuestA,
     FrameBuilder(room)
         .ethernet({kRouterMac, kGuestA})
         .vlan({})
         .ipv4({.source = kAddressA, .destination = kRouter4})
         .udp({53, 53})
         .finish());
  const std::array<std::byte, 7> router_alert{std::byte{0}, std::byte{5}, std::byte{2}};
  at(script, Op::FrameAtGuestA,
     FrameBuilder(room)
         .ethernet({Ipv6Address::all_routers().multicast_mac(), kGuestA})
         .ipv6({.source = local, .destination = Ipv6Address::all_routers(), .hop_limit = 1})
         .extension(IpProtocol::HopByHop, router_alert)
         .icmpv6(number(Icmpv6Type::MldDone), 0)
         .be32(0)
         .address(*Ipv6Address::parse("ff05::1:3"))
         .finish());
}

// TCP, UDP and DHCP whose checksums are left to others; TCP to be cut.
void offloads(Script& script) {
  std::array<std::byte, kDhcpFrameBytes> room;
  const auto offer = [&](Op op, std::uint8_t gso, std::uint8_t header, std::uint8_t start,
                         std::uint8_t field, std::span<const std::byte> frame) {
    script.u8(static_cast<std::uint8_t>(op)).u8(1).u8(gso).u8(header).u16(64).u8(start).u8(field);
    script.frame(frame);
  };
  arp(script);
  const std::array<std::byte, 200> payload{std::byte{0}, std::byte{80}, std::byte{0},
                                           std::byte{80}};
  std::array<std::byte, 300> space;
  const auto tcp = [&](MacPair macs, Ipv4Address from, Ipv4Address to) {
    std::array<std::byte, 200> segment = payload;
    segment[12] = std::byte{0x50};
    segment[13] = std::byte{0x10};
    return FrameBuilder(space)
        .ethernet(macs)
        .ipv4({.source = from, .destination = to, .protocol = IpProtocol::Tcp})
        .bytes(segment)
        .finish();
  };
  offer(Op::OffloadAtGuestA, 1, 54, 34, 16, tcp({kRouterMac, kGuestA}, kAddressA, kRouter4));
  offer(Op::OffloadAtUplink, 1, 54, 34, 16, tcp({kStation, kRouterMac}, kRouter4, kAddressA));
  offer(Op::OffloadAtGuestA, 0, 0, 34, 6,
        build_dhcp(room, {MacAddress::broadcast(), kGuestA},
                   {.source = {}, .destination = Ipv4Address{0xffffffff}},
                   {.type = DhcpType::Discover, .xid = 7, .chaddr = kGuestA}));
}

void events(Script& script) {
  arp(script);
  for (std::uint8_t how = 0; how < 4; ++how) {
    script.u8(static_cast<std::uint8_t>(Op::Station)).u8(how);
    wait(script, 100);
  }
  script.u8(static_cast<std::uint8_t>(Op::Answers)).u8(1);
  arp(script);
  wait(script, 60'000);
  script.u8(static_cast<std::uint8_t>(Op::GuestGone)).u8(0);
}

void write(const std::filesystem::path& file, const Bytes& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  for (const std::byte octet : bytes) out.put(static_cast<char>(octet));
}

// The frame as a guest would have sent it, so that its source and ARP sender let it pass.
Bytes as_from_guest(std::span<const std::byte> frame) {
  Bytes bytes(frame.begin(), frame.end());
  constexpr std::size_t kSource = 6;
  constexpr std::size_t kArpSender = 22;
  constexpr std::size_t kArpEnd = 42;
  if (bytes.size() >= kArpEnd && load_be16(&bytes[12]) == number(EtherType::Arp)) {
    store_mac(&bytes[kArpSender], kGuestA);
  }
  if (bytes.size() >= kSource + 6) store_mac(&bytes[kSource], kGuestA);
  return bytes;
}

// The frame as the access point would have sent it to the station.
Bytes as_to_station(std::span<const std::byte> frame) {
  Bytes bytes(frame.begin(), frame.end());
  const bool is_unicast = !bytes.empty() && (bytes[0] & std::byte{1}) == std::byte{0};
  if (is_unicast && bytes.size() >= 6) store_mac(bytes.data(), kStation);
  return bytes;
}

// The frames of a capture, once sent by a guest and once heard on the uplink.
void add_capture(const std::filesystem::path& folder, const std::filesystem::path& capture) {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  std::filesystem::create_directories(folder / "capture");
  if (std::filesystem::file_size(capture) <= kLargestCapture) {
    std::filesystem::copy_file(capture, folder / "capture" / capture.filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  pcap_t* file = pcap_open_offline(capture.c_str(), why.data());
  if (file == nullptr) return;
  Script script;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  for (std::size_t n = 0; n < kCaptureFrames && pcap_next_ex(file, &header, &bytes) == 1; ++n) {
    const auto frame =
        std::as_bytes(std::span(bytes, std::min<std::size_t>(header->caplen, kLongestFrame)));
    at(script, Op::FrameAtGuestA, as_from_guest(frame));
    at(script, Op::FrameAtUplink, as_to_station(frame));
  }
  pcap_close(file);
  write(folder / "world" / capture.filename(), script.bytes());
}

// A pcap file of one frame of 14 bytes (little-endian, microseconds).
Bytes empty_capture() {
  const std::array<std::uint32_t, 10> words{0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1, 0, 0, 14, 14};
  Script file;
  for (const std::uint32_t word : words) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      file.u8(static_cast<std::uint8_t>(word >> shift & 0xffU));
    }
  }
  for (int n = 0; n < 14; ++n) file.u8(7);
  return file.bytes();
}

// Frames of QEMU's form, in pieces; then a length that nobody sends.
void write_stream(const std::filesystem::path& folder) {
  Bytes stream;
  for (const std::size_t length : {60U, 14U, 13U, 0U, 200U}) {
    for (const std::size_t octet : {0UL, 0UL, length >> 8U, length & 0xffU}) {
      stream.push_back(std::byte(octet));
    }
    stream.resize(stream.size() + length, std::byte{7});
  }
  Script whole;
  whole.u8(255);
  Script pieces;
  for (std::size_t at = 0; at < stream.size(); ++at) {
    whole.u8(std::to_integer<std::uint8_t>(stream[at]));
    if (at % 9 == 0) pieces.u8(1);
    pieces.u8(std::to_integer<std::uint8_t>(stream[at]));
  }
  write(folder / "whole", whole.bytes());
  write(folder / "pieces", pieces.bytes());
  write(folder / "broken", Script().u8(9).u16(0x7fff).u16(0xffff).bytes());
}

// A guest of each kind of rings that sends, receives and falsifies a word now and then.
void write_vhost(const std::filesystem::path& folder) {
  for (const unsigned kind : {0xe0U, 0xe1U, 0xe2U, 0xe3U, 0x64U, 0x6dU, 0x10U}) {
    Script script;
    script.u8(static_cast<std::uint8_t>(kind));
    for (std::uint8_t turn = 0; turn < 8; ++turn) {
      script.u8(3).u8(1).u8(46).u8(7).u8(1);                       // a frame, a kick
      script.u8(4).u8(0).u8(3).u16(1600).u8(1).u8(2);              // buffers, two frames, a look
      script.u8(5).u8(turn).u8(turn).u16(turn).u8(1).u16(0xffff);  // a word
      script.u8(6).u8(1).u8(0).u16(turn).u8(12).u16(64).u8(0).u8(0);
      script.u8(0).u8(turn).u8(0).u8(0).u8(0);  // a message without its payload
    }
    write(folder / std::to_string(kind), script.bytes());
  }
}

// A driver that offers chains and falsifies a word now and then, with each set of features.
void write_virtq(const std::filesystem::path& folder) {
  for (std::uint8_t features = 0; features < 4; ++features) {
    Script script;
    script.u8(static_cast<std::uint8_t>(features | 3U << 2U));
    for (std::uint8_t turn = 0; turn < 8; ++turn) {
      script.u8(0).u8(turn).u16(64U * turn).u16(turn).u8(turn % 8).u8(1);  // a descriptor
      script.u8(1).u8(turn);                                               // its head, offered
      script.u8(2).u8(3);                                                  // taken, handed back
      script.u8(4).u16(turn).u16(0xff00U + turn);                          // a word
    }
    write(folder / std::to_string(features), script.bytes());
  }
}

// A configuration behind a 1, a port behind a 0.
void write_texts(const std::filesystem::path& folder) {
  const auto text = [&](const char* name, std::uint8_t kind, std::string_view words) {
    Script script;
    script.u8(static_cast<std::uint8_t>(kind));
    for (const char letter : words) script.u8(static_cast<std::uint8_t>(letter));
    write(folder / name, script.bytes());
  };
  text("office", 1, R"([daemon]
workers = 1
[[switch]]
name = "office"
uplink = "wlan0"
translate = "auto"
host = true
uplink_settings = { storm_limit = 50 }
[[switch.port]]
name = "vm1"
port = "stream:vm1,mtu=1400"
settings = { isolated = true, mac_limit = 4 }
)");
  text("unknown", 1, "[[switch]]\nname = \"a\"\nuplnik = \"wlan0\"\n");
  text("stream", 0, "stream:/run/user/1000/vm.sock,mtu=1400,connect=on");
  text("packet", 0, "packet:veth0,promisc=off,gso=off");
  text("memory", 0, "memory:m,queue=64,fault=\"loss:0.1,delay:20ms,seed:7\"");
  text("pcap", 0, "pcap:in=a.pcap,out=-");
}

void write_all(const std::filesystem::path& folder) {
  const std::pair<const char*, void (*)(Script&)> scripts[] = {
      {"arp", arp},   {"nd", neighbor_discovery}, {"dhcp", dhcp},
      {"data", data}, {"offloads", offloads},     {"events", events}};
  for (const auto& [name, fill] : scripts) {
    Script script;
    fill(script);
    write(folder / "world" / name, script.bytes());
  }
  Script bridge;
  for (std::uint8_t n = 0; n < 64; ++n) {
    bridge.u8(n).u8(static_cast<std::uint8_t>(n | 1U)).u8(static_cast<std::uint8_t>(n * 7)).u8(n);
  }
  write(folder / "bridge" / "talk", bridge.bytes());
  write(folder / "capture" / "header", empty_capture());
  write_stream(folder / "stream");
  write_vhost(folder / "vhost");
  write_virtq(folder / "virtq");
  write_texts(folder / "config");
}

}  // namespace
}  // namespace laneway::fuzz

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  laneway::fuzz::write_all(argv[1]);
  if (argc < 3 || !std::filesystem::is_directory(argv[2])) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) {
    if (entry.path().extension() == ".pcap") laneway::fuzz::add_capture(argv[1], entry.path());
  }
  return 0;
}

// Theory of operation
//
// Programs run from top to bottom; conditional jumps reach 255 instructions, so a list of addresses
// is a row of "is it this one? then drop" and never jumps over another list but by the long BPF_JA.
// Offsets are those of an untagged frame: the kernel takes the outer tag off before filters see it.
#include "ports/packet_filter.h"

#include <algorithm>

#include <linux/if_ether.h>
#include <sys/socket.h>

#include "switch/error.h"
#include "switch/network.h"
#include "switch/wire/bytes.h"

namespace laneway {

namespace {

constexpr std::uint32_t kPass = 0xffffffff;  // bytes to keep: all
constexpr std::uint32_t kEtherType = 12;
constexpr std::uint32_t kIp = 14;
constexpr std::uint32_t kDhcpServerPort = 67;  // RFC 2131 section 4.1
constexpr std::uint32_t kDhcpClientPort = 68;
constexpr std::uint32_t kFirstNd = 133, kLastNd = 137;  // RFC 4861 section 4
static_assert(Network::kMaxHostAddresses * 9 + 64 < BPF_MAXINSNS);

sock_filter load(std::uint16_t size, std::uint32_t at) {
  return BPF_STMT(static_cast<std::uint16_t>(BPF_LD | BPF_ABS | size), at);
}
sock_filter give(std::uint32_t bytes) { return BPF_STMT(BPF_RET | BPF_K, bytes); }
sock_filter jump(std::uint16_t test, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | test), value, yes, no);
}
// The next instruction is done if the accumulator is `value`, else left out.
sock_filter if_equal(std::uint32_t value) { return jump(BPF_JEQ, value, 0, 1); }

void append(PacketFilter& program, std::initializer_list<sock_filter> instructions) {
  program.insert(program.end(), instructions);
}

// IPv4: DHCP to a client or its relay agent passes, then what is for none of `host`. Fragments have
// no ports.
PacketFilter ipv4_part(std::span<const IpAddress> host) {
  PacketFilter program{
      load(BPF_B, kIp + 9),
      jump(BPF_JEQ, 17, 0, 7),
      load(BPF_H, kIp + 6),
      jump(BPF_JSET, 0x1fff, 5, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, kIp),
      BPF_STMT(BPF_LD | BPF_IND | BPF_H, kIp + 2),
      jump(BPF_JEQ, kDhcpServerPort, 1, 0),
      if_equal(kDhcpClientPort),
      give(kPass),
      load(BPF_W, kIp + 16),
  };
  for (const IpAddress& address : host) {
    if (address.family == Family::Ipv4) append(program, {if_equal(address.v4().number), give(0)});
  }
  program.push_back(give(kPass));
  return program;
}

// IPv6: Neighbor Discovery passes, then what is for none of `host`.
PacketFilter ipv6_part(std::span<const IpAddress> host) {
  PacketFilter program{
      load(BPF_B, kIp + 6),          jump(BPF_JEQ, 58, 0, 4),      load(BPF_B, kIp + 40),
      jump(BPF_JGE, kFirstNd, 0, 2), jump(BPF_JGT, kLastNd, 1, 0), give(kPass),
  };
  for (const IpAddress& address : host) {
    if (address.family != Family::Ipv6) continue;
    const auto* octets = reinterpret_cast<const std::byte*>(address.octets.data());
    for (std::uint32_t word = 0; word < 4; ++word) {
      const auto left = static_cast<std::uint8_t>(2 * (3 - word) + 1);
      append(program, {load(BPF_W, kIp + 24 + 4 * word),
                       jump(BPF_JEQ, wire::load_be32(octets + 4 * word), 0, left)});
    }
    program.push_back(give(0));
  }
  program.push_back(give(kPass));
  return program;
}

}  // namespace

PacketFilter no_frames() { return {give(0)}; }

PacketFilter all_frames() { return {give(kPass)}; }

PacketFilter plain_uplink_frames(MacAddress adapter) {
  const std::uint64_t number = adapter.number();
  return {
      load(BPF_W, 2), jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 3),
      load(BPF_H, 0), jump(BPF_JEQ, static_cast<std::uint32_t>(number >> 32U), 0, 1),
      give(0),        give(kPass),
  };
}

PacketFilter translated_uplink_frames(std::span<const IpAddress> host) {
  host = host.first(std::min(host.size(), Network::kMaxHostAddresses));
  const PacketFilter ipv4 = ipv4_part(host);
  const PacketFilter ipv6 = ipv6_part(host);
  constexpr auto ancillary = [](int what) { return static_cast<std::uint32_t>(SKF_AD_OFF + what); };
  PacketFilter program{
      load(BPF_B, 0),
      jump(BPF_JSET, 1, 0, 1),
      give(kPass),
      load(BPF_B, ancillary(SKF_AD_VLAN_TAG_PRESENT)),
      if_equal(0),
      BPF_STMT(BPF_JMP | BPF_JA, 3),
      load(BPF_H, ancillary(SKF_AD_VLAN_TAG)),
      jump(BPF_JSET, 0x0fff, 0, 1),  // VID 0 is only a priority
      give(0),
      load(BPF_H, kEtherType),
      if_equal(ETH_P_ARP),
      give(kPass),
      if_equal(ETH_P_IPV6),
      BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(ipv4.size() + 2)),
      jump(BPF_JEQ, ETH_P_IP, 1, 0),
      give(0),
  };
  program.insert(program.end(), ipv4.begin(), ipv4.end());
  program.insert(program.end(), ipv6.begin(), ipv6.end());
  return program;
}

void set_packet_filter(int socket, const PacketFilter& filter) {
  // The kernel copies the program and leaves ours as it is.
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()),
                           .filter = const_cast<sock_filter*>(filter.data())};
  check(setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
        "packet socket: attach filter of " + std::to_string(filter.size()) + " instructions",
        ErrorCode::DeviceFailed);
}

}  // namespace laneway

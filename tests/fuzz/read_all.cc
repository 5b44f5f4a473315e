#include "tests/fuzz/read_all.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "switch/wire/arp.h"
#include "switch/wire/dhcp.h"
#include "switch/wire/dhcpv6.h"
#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/igmp.h"
#include "switch/wire/mld.h"
#include "switch/wire/ndp.h"
#include "switch/wire/udp.h"
#include "switch/wire/vlan.h"
#include "tests/fuzz/input.h"

namespace laneway::fuzz {
namespace {

using namespace laneway::wire;

volatile std::uint64_t sink;  // so that no read is optimised away

void keep(std::uint64_t value) { sink = sink + value; }

void keep(std::span<const std::byte> bytes) {
  for (const std::byte octet : bytes) keep(std::to_integer<std::uint64_t>(octet));
}

void read_arp(std::span<std::byte> l3) {
  const auto arp = ArpView::parse(l3);
  if (!arp) return;
  const ArpFields fields = arp->fields();
  keep(fields.sender_ip.number + fields.target_ip.number + fields.sender_mac.number());
  keep((arp->is_probe() ? 1U : 0U) + (arp->is_announcement() ? 2U : 0U));
  require(!(arp->is_probe() && arp->is_announcement()), "a probe is no announcement");
}

void read_dhcp(const UdpView& udp) {
  const auto dhcp = DhcpView::parse(udp);
  if (!dhcp) return;
  keep(dhcp->xid() + dhcp->chaddr().number() + dhcp->ciaddr().number + dhcp->yiaddr().number);
  keep(dhcp->siaddr().number + dhcp->giaddr().number + dhcp->hlen());
  if (const auto id = dhcp->find(DhcpOption::ClientId)) keep(*id);
  keep(dhcp->router().value_or(Ipv4Address{}).number + dhcp->lease_time_s().value_or(0));
  keep(dhcp->server_id().value_or(Ipv4Address{}).number);
  if (dhcp->message_type()) require(dhcp->has_cookie(), "options need a cookie");
  keep(dhcp->options_whole() ? 1 : 0);
}

std::optional<bool> read_udp(const UdpView& udp, bool is_valid) {
  keep(udp.payload());
  keep(std::uint64_t{udp.source_port()} + udp.destination_port());
  read_dhcp(udp);
  if (const auto type = dhcpv6_type(udp)) keep(is_server_message(*type) ? 1 : 0);
  if (!udp.is_whole()) return std::nullopt;
  return is_valid;
}

std::optional<bool> read_ipv4(std::span<std::byte> l3) {
  const auto ip = Ipv4View::parse(l3);
  if (!ip) return std::nullopt;
  require(ip->payload().size() == ip->payload_bytes(), "a packet in one segment is readable");
  keep(ip->packet());
  keep(ip->checksum_valid() ? 1 : 0);
  if (const auto icmp = Icmpv4View::parse(*ip)) {
    keep(icmp->body());
    keep((icmp->checksum_valid() ? 1U : 0U) + icmp->id() + icmp->next_hop_mtu());
  }
  if (const auto igmp = IgmpView::parse(*ip)) {
    igmp->for_each_group([](Ipv4Address group, GroupChange) { keep(group.number); });
  }
  const auto udp = UdpView::parse(*ip);
  return udp ? read_udp(*udp, udp->checksum_valid(*ip)) : std::nullopt;
}

void read_nd(const NdView& nd) {
  keep(nd.message());
  std::size_t seen = 0;
  for (const NdOption option : nd.options()) {
    keep(option.bytes());
    if (option.is_link_layer()) keep(option.link_layer().number());
    if (const auto prefix = PrefixInformation::parse(option)) keep(prefix->prefix.length);
    seen += option.bytes().size();
  }
  require(seen < nd.message().size(), "options lie behind the fixed part");
  keep(nd.is_signed() ? 1 : 0);
}

std::optional<bool> read_ipv6(std::span<std::byte> l3) {
  const auto ip = Ipv6View::parse(l3);
  if (!ip) return std::nullopt;
  keep(ip->packet());
  const NdParse nd = NdParse::of(*ip);
  require(nd.view.has_value() == (nd.kind == NdParse::Kind::Valid), "what is valid has a view");
  if (nd.view) read_nd(*nd.view);
  if (const auto udp = UdpView::parse(*ip, nd.chain)) {
    return read_udp(*udp, udp->checksum_valid(*ip));
  }
  const auto icmp = Icmpv6View::parse(*ip, nd.chain);
  if (!icmp) return std::nullopt;
  if (const auto mld = MldView::parse(*icmp)) {
    mld->for_each_group([](const Ipv6Address& group, GroupChange) { keep(group.octets[15]); });
  }
  return icmp->checksum_valid(*ip);
}

}  // namespace

std::optional<bool> read_all(std::span<const std::byte> frame) {
  const auto block = std::make_unique<std::byte[]>(frame.size());
  std::copy(frame.begin(), frame.end(), block.get());
  const std::span<std::byte> copy(block.get(), frame.size());
  const auto ethernet = EthernetView::parse(copy);
  if (!ethernet) return std::nullopt;
  keep(ethernet->destination().number() + ethernet->source().number());
  if (const auto vlan = VlanView::parse(copy)) {
    keep(static_cast<std::uint64_t>(vlan->tag().vlan) + vlan->inner_type());
  }
  // Whatever the type says: the views must be safe on any bytes.
  read_arp(ethernet->payload());
  const auto v4 = read_ipv4(ethernet->payload());
  const auto v6 = read_ipv6(ethernet->payload());
  return v4 ? v4 : v6;
}

}  // namespace laneway::fuzz

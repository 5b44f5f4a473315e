#include "proxy/port_policy.h"

#include <optional>

#include "switch/wire/ethernet.h"
#include "switch/wire/icmpv4.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/igmp.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"
#include "switch/wire/ndp.h"
#include "switch/wire/udp.h"

namespace laneway {

namespace {

using wire::EtherType;
using wire::IpProtocol;

// Frames about the station's own link: its keys, its direct links, its pauses. From a guest they
// would be taken for the station's (802.1X, 802.11 tunnelled link setup).
bool concerns_station(const Frame& frame) noexcept {
  switch (EtherType{frame.ether_type()}) {
    case EtherType::Eapol:
    case EtherType::PreAuth:
    case EtherType::Tdls:
    case EtherType::Wapi:
      return true;
    default:
      return false;
  }
}

bool is_dhcp_server(wire::UdpPorts ports) noexcept {
  return ports.destination == 68 || ports.destination == 546 || ports.source == 67 ||
         ports.source == 547;
}

// Of a packet that is UDP and no later fragment.
std::optional<Drop> judge_udp(const std::optional<wire::UdpView>& udp,
                              const PortSettings& settings) noexcept {
  if (!settings.dhcp_guard) return std::nullopt;
  if (!udp) return Drop::IpBad;  // its ports cannot be read
  return is_dhcp_server(udp->ports()) ? std::optional(Drop::DhcpGuard) : std::nullopt;
}

// By the first byte of the message, which the first fragment of any size holds.
bool is_routers_word(const wire::Ipv4View& ip) noexcept {
  constexpr std::uint8_t kRouterAdvertisement = 9;  // RFC 1256
  if (ip.payload().empty()) return false;
  const std::uint8_t type = wire::load_u8(ip.payload().data());
  if (ip.is(IpProtocol::Igmp)) return type == static_cast<std::uint8_t>(wire::IgmpType::Query);
  return ip.is(IpProtocol::Icmp) && (type == static_cast<std::uint8_t>(wire::IcmpType::Redirect) ||
                                     type == kRouterAdvertisement);
}

std::optional<Drop> judge_ipv4(const wire::Ipv4View& ip, const PortSettings& settings) noexcept {
  if (ip.fragment_offset() != 0) return std::nullopt;  // the first one was judged
  if (ip.is(IpProtocol::Udp)) return judge_udp(wire::UdpView::parse(ip), settings);
  return settings.router_guard && is_routers_word(ip) ? std::optional(Drop::RouterGuard)
                                                      : std::nullopt;
}

bool is_routers_word(const wire::Icmpv6View& icmp) noexcept {
  return icmp.is(wire::Icmpv6Type::RouterAdvertisement) || icmp.is(wire::Icmpv6Type::Redirect) ||
         icmp.is(wire::Icmpv6Type::MldQuery);
}

// Whoever cannot be read is dropped: RFC 7113 section 2.1 and RFC 7610 section 3 show how extension
// headers and fragments hide what a guard looks for.
std::optional<Drop> judge_ipv6(const wire::Ipv6View& ip, const PortSettings& settings) noexcept {
  const wire::Ipv6Chain chain = ip.walk();
  if (chain.end != wire::Ipv6Chain::End::Complete) return Drop::HeaderChain;
  if (!chain.has_upper_layer()) return std::nullopt;
  if (chain.is(IpProtocol::Udp)) return judge_udp(wire::UdpView::parse(ip, chain), settings);
  const auto icmp = wire::Icmpv6View::parse(ip, chain);
  if (icmp && settings.router_guard && is_routers_word(*icmp)) return Drop::RouterGuard;
  return std::nullopt;
}

// Guards judge sound headers only: no receiver reads another.
std::optional<Drop> judge(const Frame& frame, const PortSettings& settings) noexcept {
  if (!settings.dhcp_guard && !settings.router_guard) return std::nullopt;
  const std::size_t bytes = frame.length - frame.l3_offset;
  if (frame.kind == FrameKind::Ipv4) {
    const auto ip = wire::Ipv4View::parse(frame.l3(), bytes);
    return ip ? judge_ipv4(*ip, settings) : std::nullopt;
  }
  if (frame.kind == FrameKind::Ipv6) {
    const auto ip = wire::Ipv6View::parse(frame.l3(), bytes);
    return ip ? judge_ipv6(*ip, settings) : std::nullopt;
  }
  return std::nullopt;
}

struct Ends {
  IpAddress source;
  IpAddress destination;
};

std::optional<Ends> ends_of(const Frame& frame) noexcept {
  const std::size_t bytes = frame.length - frame.l3_offset;
  if (frame.kind == FrameKind::Ipv4) {
    const auto ip = wire::Ipv4View::parse(frame.l3(), bytes);
    if (ip) return Ends{ip->source(), ip->destination()};
  } else if (frame.kind == FrameKind::Ipv6) {
    const auto ip = wire::Ipv6View::parse(frame.l3(), bytes);
    if (ip) return Ends{ip->source(), ip->destination()};
  }
  return std::nullopt;
}

bool is_neighbor_discovery(const Frame& frame) noexcept {
  if (frame.kind != FrameKind::Ipv6) return false;
  const auto ip = wire::Ipv6View::parse(frame.l3(), frame.length - frame.l3_offset);
  return ip && wire::NdParse::of(*ip).kind != wire::NdParse::Kind::Other;
}

}  // namespace

void PortPolicy::process(Burst& burst, PortId /*egress*/, Nanos /*now*/) noexcept {
  const PortSettings& settings = ports_[burst[0].ingress].settings;
  const bool free = settings.role == PortRole::Guest && !settings.dhcp_guard &&
                    !settings.router_guard && ports_.uplink() == kNoPort && !network_.translated;
  if (free) return;  // nothing below would hold
  for (Frame& frame : burst) {
    if (frame.action != Action::Forward) continue;
    if (settings.role == PortRole::Host) {
      judge_host(frame);
    } else {
      judge_guest(frame, settings);
    }
  }
}

void PortPolicy::judge_guest(Frame& frame, const PortSettings& settings) noexcept {
  if (network_.translated && concerns_station(frame)) return frame.drop(Drop::Eapol);
  if (const auto verdict = judge(frame, settings)) return frame.drop(*verdict);
  if (ports_.uplink() == kNoPort) return;
  const MacAddress destination = frame.destination();
  if (network_.translated && destination == network_.station) return turn_back(frame);
  if (destination == network_.own && frame.kind != FrameKind::Arp) keep_to_host(frame);
}

// OUT-6: a guest learnt the station's address from somewhere and takes it for a neighbor's. Over
// the air the frame would come back at best; the IP address says who is meant.
void PortPolicy::turn_back(Frame& frame) noexcept {
  const auto ends = ends_of(frame);
  if (!ends) return frame.drop(Drop::NoPort);
  if (network_.is_host(ends->destination) && ports_.host() != kNoPort) {
    return frame.set_destination(network_.own);
  }
  const Neighbor* owner = neighbors_.find(ends->destination);
  if (owner == nullptr) return frame.drop(Drop::NoPort);
  frame.set_destination(owner->mac);
}

// HOST-5: the host is a neighbor, no router: not into its containers' networks, nor its VPN.
// Without a host port Own is only who we are when we ask: answers go on to the proxies, which end
// them.
void PortPolicy::keep_to_host(Frame& frame) noexcept {
  const auto ends = ends_of(frame);
  const bool is_for_host = ends && network_.is_host(ends->destination);
  if (is_for_host && (ports_.host() != kNoPort || is_neighbor_discovery(frame))) return;
  frame.drop(Drop::NoPort);
}

// HOST-6: what the host sends here goes from one of its own addresses to a bound guest. Without an
// uplink the host is a neighbor like any other, with addresses that its admin gave the interface.
void PortPolicy::judge_host(Frame& frame) noexcept {
  if (ports_.uplink() == kNoPort) return;
  const auto ends = ends_of(frame);
  const Neighbor* guest = ends ? neighbors_.find(ends->destination) : nullptr;
  if (guest == nullptr || guest->mac != frame.destination() || !network_.is_host(ends->source)) {
    frame.drop(Drop::NoPort);
  }
}

}  // namespace laneway

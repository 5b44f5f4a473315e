// How a test host comes to an address: by asking whether somebody has it (RFC 5227 §2.1.1, RFC 4862
// §5.4), and what it does about rivals.
#include <algorithm>

#include "tests/support/host.h"

namespace laneway::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// RFC 5227 §1.1
constexpr Nanos kProbeWait = seconds{1};
constexpr int kProbeNum = 3;
constexpr Nanos kProbeMin = seconds{1};
constexpr Nanos kProbeMax = seconds{2};
constexpr Nanos kAnnounceWait = seconds{2};
constexpr Nanos kAnnounceInterval = seconds{2};
constexpr Nanos kDefendInterval = seconds{10};
// RFC 4861 §10: RetransTimer, MAX_RTR_SOLICITATION_DELAY; DAD sends one solicitation.
constexpr Nanos kRetransTimer = seconds{1};
constexpr Nanos kSolicitDelay = seconds{1};
constexpr int kDadTransmits = 1;
constexpr std::size_t kNonceBytes = 6;  // RFC 3971 §5.3.2

}  // namespace

OwnAddress* Host::own(const IpAddress& address) {
  const auto found = addresses_.find(address);
  return found == addresses_.end() ? nullptr : &found->second;
}

AddressState Host::state_of(const IpAddress& address) const {
  const auto found = addresses_.find(address);
  return found == addresses_.end() ? AddressState::None : found->second.state;
}

bool Host::is_preferred(const IpAddress& address) const {
  return state_of(address) == AddressState::Preferred;
}

std::optional<IpAddress> Host::address(Family family) const {
  for (const auto& [address, own] : addresses_) {
    const bool usable = own.state == AddressState::Preferred && !address.is_link_local();
    if (address.family == family && usable) return address;
  }
  return std::nullopt;
}

Nanos Host::random_time(Nanos least, Nanos most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Nanos{static_cast<Nanos::rep>(random_() % span)};
}

void Host::add_address(const IpPrefix& prefix) {
  const bool v4 = prefix.address.family == Family::Ipv4;
  OwnAddress& own = addresses_[prefix.address];
  own = {.prefix = prefix,
         .state = AddressState::Tentative,
         .probes_left = v4 ? kProbeNum : kDadTransmits,
         .attempt = ++attempts_};
  if (nonces_ && !v4) {
    for (std::size_t i = 0; i < kNonceBytes; ++i) own.nonce.push_back(std::byte(random_() & 0xffU));
  }
  const Nanos wait = random_time(Nanos{0}, v4 ? kProbeWait : kSolicitDelay);
  timeline_.after(wait, [this, address = prefix.address, attempt = own.attempt] {
    probe_next(address, attempt);
  });
}

void Host::add_address_unasked(const IpPrefix& prefix) {
  addresses_[prefix.address] = {.prefix = prefix, .attempt = ++attempts_};
  addresses_[prefix.address].state = AddressState::Preferred;
}

void Host::probe_next(const IpAddress& address, std::uint64_t attempt) {
  OwnAddress* mine = own(address);
  if (mine == nullptr || mine->attempt != attempt || mine->state != AddressState::Tentative) return;
  if (mine->probes_left == 0) return settle(address);
  --mine->probes_left;
  Nanos wait = kRetransTimer;
  if (address.family == Family::Ipv4) {
    send_arp(MacAddress::broadcast(), {.sender_mac = mac_, .target = address.v4()});
    wait = mine->probes_left > 0 ? random_time(kProbeMin, kProbeMax) : kAnnounceWait;
  } else {
    const Ipv6Address group = address.v6().solicited_node();
    const IpPacket report = mld_report({}, group, true);
    emit(report.destination.v6().multicast_mac(), report);
    NdMessage probe{.type = NdType::NeighborSolicitation, .target = address.v6()};
    if (!mine->nonce.empty()) probe.options.push_back({kNonce, mine->nonce});
    emit(group.multicast_mac(), nd_packet({}, group, probe));
  }
  timeline_.after(wait, [this, address, attempt] { probe_next(address, attempt); });
}

void Host::settle(const IpAddress& address) {
  own(address)->state = AddressState::Preferred;
  if (address.family == Family::Ipv4) {
    announce(address);
    return timeline_.after(kAnnounceInterval, [this, address] {
      if (is_preferred(address)) announce(address);
    });
  }
  if (slaac_ && address.is_link_local()) {
    NdMessage solicitation{.type = NdType::RouterSolicitation};
    solicitation.with(kSourceLinkLayer, mac_);
    const Ipv6Address routers = Ipv6Address::all_routers();
    emit(routers.multicast_mac(), nd_packet(address.v6(), routers, solicitation));
  }
}

void Host::announce(const IpAddress& address) {
  if (address.family == Family::Ipv4) {
    return send_arp(MacAddress::broadcast(),
                    {.sender_mac = mac_, .sender = address.v4(), .target = address.v4()});
  }
  advertise(address.v6(), Ipv6Address::all_nodes(), Ipv6Address::all_nodes().multicast_mac(),
            false);
}

// Somebody else claims `mine`. A tentative address is given up; one in use is defended, at most
// once in ten seconds, and kept (RFC 5227 §2.4 c).
void Host::conflict(OwnAddress& mine) {
  if (mine.state == AddressState::Tentative) mine.state = AddressState::Duplicate;
  if (mine.state != AddressState::Preferred) return;
  ++counters_.conflicts;
  if (mine.defended && timeline_.now() - *mine.defended < kDefendInterval) return;
  mine.defended = timeline_.now();
  announce(mine.prefix.address);
}

void Host::start_ipv6() {
  slaac_ = true;
  constexpr std::uint8_t kPrefixBits = 64;
  add_address({Ipv6Address::link_local(mac_), kPrefixBits});
}

}  // namespace laneway::test

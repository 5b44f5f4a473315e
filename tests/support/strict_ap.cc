#include "tests/support/strict_ap.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tests/support/dhcp_message.h"
#include "tests/support/packet.h"

namespace laneway::test {

namespace {

bool is_ip_or_arp(View frame) {
  const std::uint16_t type = ether_type_of(frame);
  return type == kEtherTypeIpv4 || type == kEtherTypeIpv6 || type == kEtherTypeArp;
}

bool is_dhcp_reply(View frame) {
  const auto ip = read_ip(frame);
  const auto udp = ip ? read_udp(*ip) : std::nullopt;
  return udp && udp->source_port == kDhcpServerPort && udp->destination_port == kDhcpClientPort;
}

bool is_router_advertisement(View frame) {
  const auto ip = read_ip(frame);
  const auto nd = ip ? read_nd(*ip) : std::nullopt;
  return nd && nd->type == NdType::RouterAdvertisement;
}

// The IPv4 address that the sender of `frame` speaks as; nullopt if it names none.
std::optional<Ipv4Address> ipv4_sender(View frame) {
  if (const auto arp = read_arp(frame)) {
    return arp->sender.is_unspecified() ? std::nullopt : std::optional(arp->sender);
  }
  const auto ip = read_ip(frame);
  if (!ip || ip->source.family != Family::Ipv4 || ip->source.is_unspecified()) return std::nullopt;
  return ip->source.v4();
}

Bytes with_destination(Bytes frame, MacAddress mac) {
  std::memcpy(frame.data(), mac.octets.data(), mac.octets.size());
  return frame;
}

Bytes with_source(Bytes frame, MacAddress mac) {
  std::memcpy(frame.data() + 6, mac.octets.data(), mac.octets.size());
  return frame;
}

// The frame by which an AP shows switches where a station now is: an XID from its address (IEEE
// 802.2, as in 802.11F layer 2 updates).
Bytes station_update(MacAddress station) {
  constexpr std::uint16_t kLength = 6;
  return Writer()
      .mac(MacAddress::broadcast())
      .mac(station)
      .u16(kLength)
      .u16(0x0001)
      .u32(0xaf810102)
      .take();
}

}  // namespace

bool ApCounters::balanced() const {
  return arrived + said + copied ==
         std::accumulate(ended.begin(), ended.end(), delivered + in_flight);
}

StrictAp::StrictAp(Timeline& timeline, MacAddress bssid, const ApOptions& options)
    : timeline_(timeline), bssid_(bssid), options_(options), random_(options.seed) {}

StationId StrictAp::add_station(MacAddress mac, Deliver deliver) {
  stations_.push_back({.mac = mac, .deliver = std::move(deliver)});
  return StationId{static_cast<std::uint8_t>(stations_.size() - 1)};
}

LanPortId StrictAp::add_lan_port(Deliver deliver) {
  lan_ports_.push_back(std::move(deliver));
  return LanPortId{static_cast<std::uint8_t>(lan_ports_.size() - 1)};
}

std::optional<StationId> StrictAp::station_with(MacAddress mac) const {
  for (std::size_t i = 0; i < stations_.size(); ++i) {
    if (stations_[i].associated && stations_[i].mac == mac) {
      return StationId{static_cast<std::uint8_t>(i)};
    }
  }
  return std::nullopt;
}

std::vector<StationId> StrictAp::associated() const {
  std::vector<StationId> all;
  for (std::size_t i = 0; i < stations_.size(); ++i) {
    if (stations_[i].associated) all.push_back(StationId{static_cast<std::uint8_t>(i)});
  }
  return all;
}

void StrictAp::from_station(StationId station, Bytes frame) {
  ++counters_.arrived;
  if (!at(station).associated) return end(ApEnd::NotAssociated);
  air_.push_back({timeline_.now(), Way::Up, at(station).mac, frame});
  through(options_.up, [this, station, frame = std::move(frame)] {
    if (!admits(station, frame)) return;
    bridge({.frame = frame, .from = station});
  });
}

void StrictAp::from_lan(LanPortId port, Bytes frame) {
  ++counters_.arrived;
  lan_.push_back({timeline_.now(), Way::Down, {}, frame});
  if (!station_with(source_of(frame))) learnt_[source_of(frame)] = port;
  bridge({.frame = std::move(frame), .lan_from = port});
}

// An AP takes a foreign source for a station that never associated, and tells that one so; the
// station whose radio it was learns nothing.
bool StrictAp::admits(StationId id, const Bytes& frame) {
  Station& station = at(id);
  if (!station.associated) return end(ApEnd::NotAssociated), false;
  if (source_of(frame) != station.mac && !options_.four_address) {
    deauthentications_.push_back({timeline_.now(), source_of(frame)});
    return end(ApEnd::Refused), false;
  }
  const auto sender = ipv4_sender(frame);
  if (sender && !station.first_ip) station.first_ip = sender;
  if (options_.one_ip_per_mac && sender && *sender != *station.first_ip) {
    return end(ApEnd::SecondIp), false;
  }
  return true;
}

void StrictAp::bridge(const Transit& transit) {
  if (options_.proxy_arp) {
    learn_lease(transit.frame);
    if (transit.from) learn_neighbor(transit.frame);
    if (answered_by_proxy(transit)) return end(ApEnd::Answered);
  }
  const std::uint64_t before = handed_;
  const bool group = destination_of(transit.frame).is_group();
  const ApEnd why_none = group ? bridge_group(transit) : bridge_unicast(transit);
  if (handed_ == before) return end(why_none);
  counters_.copied += handed_ - before - 1;
}

ApEnd StrictAp::bridge_unicast(const Transit& transit) {
  const MacAddress destination = destination_of(transit.frame);
  if (const auto station = station_with(destination)) {
    if (transit.from == station && !options_.hairpin) return ApEnd::ToSender;
    if (transit.from && transit.from != station && options_.isolate) return ApEnd::Isolated;
    transmit(transit.frame, {*station});
    return ApEnd::NoReceiver;
  }
  const auto known = learnt_.find(destination);
  if (known == learnt_.end()) {
    flood_to_lan(transit);
  } else if (transit.lan_from != known->second) {
    send_to_lan(transit.frame, known->second);
  }
  return ApEnd::NoReceiver;
}

ApEnd StrictAp::bridge_group(const Transit& transit) {
  flood_to_lan(transit);
  if (transit.from && options_.isolate) return ApEnd::Isolated;
  if (options_.drop_broadcast_dhcp && is_dhcp_reply(transit.frame)) return ApEnd::DhcpDropped;
  if (!options_.no_group_down) {
    send_group_down(transit);
    return ApEnd::NoReceiver;
  }
  const bool converted = is_dhcp_reply(transit.frame) || is_router_advertisement(transit.frame);
  if (options_.convert_dhcp_ra && converted) send_as_unicast(transit);
  return ApEnd::NoGroupDown;
}

void StrictAp::send_group_down(const Transit& transit) {
  if (options_.multicast_to_unicast && is_ip_or_arp(transit.frame)) {
    send_as_unicast(transit);
    if (!options_.both_forms) return;
  }
  const bool as_ap = transit.from && options_.reflect_as_ap;
  transmit(as_ap ? with_source(transit.frame, bssid_) : transit.frame, associated());
}

void StrictAp::send_as_unicast(const Transit& transit) {
  for (const StationId id : associated()) {
    if (source_of(transit.frame) == at(id).mac) continue;  // not back to where it came from
    transmit(with_destination(transit.frame, at(id).mac), {id});
  }
}

void StrictAp::transmit(const Bytes& frame, const std::vector<StationId>& receivers) {
  if (receivers.empty()) return;
  handed_ += receivers.size();
  air_.push_back({timeline_.now(), Way::Down, bssid_, frame});
  for (const StationId id : receivers) {
    through(options_.down, [this, id, session = at(id).session, frame] {
      if (session != at(id).session) return end(ApEnd::Lost);
      receive(id, frame);
    });
  }
}

void StrictAp::receive(StationId id, const Bytes& frame) {
  Station& station = at(id);
  if (!station.associated) return end(ApEnd::NotAssociated);
  if (options_.sender_filter && destination_of(frame).is_group() &&
      source_of(frame) == station.mac) {
    return end(ApEnd::SenderFilter);
  }
  const auto arp = options_.eat_foreign_arp ? read_arp(frame) : std::nullopt;
  if (arp && arp->is_request() && station.first_ip && arp->target != *station.first_ip) {
    return end(ApEnd::ArpEaten);
  }
  ++counters_.delivered;
  station.deliver(frame);
}

void StrictAp::flood_to_lan(const Transit& transit) {
  for (std::size_t i = 0; i < lan_ports_.size(); ++i) {
    const LanPortId port{static_cast<std::uint8_t>(i)};
    if (transit.lan_from != port) send_to_lan(transit.frame, port);
  }
}

void StrictAp::send_to_lan(const Bytes& frame, LanPortId port) {
  ++handed_;
  lan_.push_back({timeline_.now(), Way::Up, {}, frame});
  ++counters_.in_flight;
  timeline_.after(Nanos{0}, [this, port, frame] {
    --counters_.in_flight;
    ++counters_.delivered;
    lan_ports_[static_cast<std::size_t>(port)](frame);
  });
}

// Even without delay a frame arrives in a turn of its own, so that nobody is called back from
// within its own sending.
void StrictAp::through(const Channel& channel, const Timeline::Action& arrive) {
  if (happens(channel.loss)) return end(ApEnd::Lost);
  int times = 1;
  if (happens(channel.duplicate)) {
    ++counters_.copied;
    times = 2;
  }
  for (; times > 0; --times) {
    Nanos delay = channel.delay;
    if (channel.jitter > Nanos{0}) {
      delay += Nanos{static_cast<Nanos::rep>(
          random_() % static_cast<std::uint64_t>(channel.jitter.count() + 1))};
    }
    if (happens(channel.reorder)) delay += kReorderDelay;
    ++counters_.in_flight;
    timeline_.after(delay, [this, arrive] {
      --counters_.in_flight;
      arrive();
    });
  }
}

bool StrictAp::happens(double ratio) {
  if (ratio <= 0) return false;  // draws nothing, so that options do not change each other's runs
  constexpr std::uint64_t kMillion = 1'000'000;
  return static_cast<double>(random_() % kMillion) < ratio * static_cast<double>(kMillion);
}

void StrictAp::associate(StationId station) { at(station).associated = true; }

void StrictAp::deauthenticate(StationId station) {
  at(station).associated = false;
  ++at(station).session;
}

void StrictAp::roam(StationId station, MacAddress bssid) {
  bssid_ = bssid;
  ++at(station).session;
  ++counters_.said;
  const std::uint64_t before = handed_;
  flood_to_lan({.frame = station_update(at(station).mac)});
  if (handed_ == before) return end(ApEnd::NoReceiver);
  counters_.copied += handed_ - before - 1;
}

void StrictAp::change_mac(StationId station, MacAddress mac) {
  Station& changed = at(station);
  ++changed.session;
  changed.mac = mac;
  changed.first_ip = changed.leased = std::nullopt;
  changed.neighbors.clear();
}

void StrictAp::clear_logs() {
  air_.clear();
  lan_.clear();
  deauthentications_.clear();
}

}  // namespace laneway::test

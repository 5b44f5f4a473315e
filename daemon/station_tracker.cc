#include "daemon/station_tracker.h"

#include <algorithm>

namespace laneway {

namespace {

// An address of the host is its network's prefix here: which address it has does not matter.
IpPrefix network_prefix(IpPrefix prefix) {
  const std::size_t bytes = prefix.address.family == Family::Ipv4 ? 4 : 16;
  for (std::size_t i = 0; i < bytes; ++i) {
    const int kept = std::clamp(static_cast<int>(prefix.length) - static_cast<int>(i) * 8, 0, 8);
    prefix.address.octets[i] =
        static_cast<std::uint8_t>(prefix.address.octets[i] & (0xff00 >> kept));
  }
  return prefix;
}

template <class List, class Of>
auto of_family(const List& list, Family family, Of&& of) {
  List found;
  std::copy_if(list.begin(), list.end(), std::back_inserter(found),
               [&](const auto& one) { return of(one).family == family; });
  std::sort(found.begin(), found.end());
  return found;
}

const IpAddress& address_of(const IpPrefix& prefix) { return prefix.address; }
const IpAddress& address_of(const Gateway& gateway) { return gateway.address; }

bool gateways_differ(const std::vector<Gateway>& a, const std::vector<Gateway>& b) {
  const Gateway& first = a.front();
  const Gateway& second = b.front();
  if (first.address != second.address) return true;
  const bool known = !first.mac.is_zero() && !second.mac.is_zero();
  return known && first.mac != second.mac;
}

enum class Likeness : std::uint8_t { Unknown, Same, Other };

Likeness compare_family(const StationView& home, const StationView& view, Family family) {
  const auto by_address = [](const auto& one) -> const IpAddress& { return address_of(one); };
  const auto home_prefixes = of_family(home.prefixes, family, by_address);
  const auto prefixes = of_family(view.prefixes, family, by_address);
  if (home_prefixes.empty() || prefixes.empty()) return Likeness::Unknown;
  if (home_prefixes != prefixes) return Likeness::Other;
  const auto home_gateways = of_family(home.gateways, family, by_address);
  const auto gateways = of_family(view.gateways, family, by_address);
  if (home_gateways.empty() || gateways.empty()) return Likeness::Unknown;
  return gateways_differ(home_gateways, gateways) ? Likeness::Other : Likeness::Same;
}

// IPv4 decides where both have it: IPv6 prefixes come and go with router advertisements.
Likeness compare(const StationView& home, const StationView& view) {
  if (home.ssid && view.ssid && *home.ssid != *view.ssid) return Likeness::Other;
  const Likeness v4 = compare_family(home, view, Family::Ipv4);
  return v4 != Likeness::Unknown ? v4 : compare_family(home, view, Family::Ipv6);
}

}  // namespace

StationView StationView::of(const Nic& nic, bool linked, const Network& network) {
  StationView view;
  view.linked = linked;
  if (nic.wifi) {
    view.ssid = nic.wifi->ssid;
    view.bssid = nic.wifi->bssid;
  }
  view.station = nic.mac;
  for (const IpPrefix& prefix : network.host) {
    if (!prefix.address.is_link_local()) view.prefixes.push_back(network_prefix(prefix));
  }
  view.gateways = network.gateways;
  return view;
}

std::vector<StationEvent> StationTracker::update(const StationView& view, Nanos now) {
  std::vector<StationEvent> events;
  const bool was_linked = last_ && last_->linked;
  const bool roamed = was_linked && view.linked && last_->bssid != view.bssid;
  if (last_ && last_->station != view.station) events.push_back(StationEvent::MacChanged);
  if (was_linked && !view.linked) events.push_back(StationEvent::Lost);
  if (view.linked && (!was_linked || roamed)) {
    events.push_back(roamed ? StationEvent::Roamed : StationEvent::Associated);
    judged_until_ = now + kJudgeWithin;
    confirmed_ = false;
  }
  if (view.linked) judge(view, now, events);
  last_ = view;
  return events;
}

void StationTracker::judge(const StationView& view, Nanos now, std::vector<StationEvent>& events) {
  if (judged_until_ && home_) {
    const Likeness likeness = compare(*home_, view);
    const bool time_is_up = now >= *judged_until_;
    if (likeness == Likeness::Other) {
      events.push_back(StationEvent::OtherNetwork);
      judged_until_.reset();
    } else if (!confirmed_ && (likeness == Likeness::Same || time_is_up)) {
      events.push_back(StationEvent::SameNetwork);
      confirmed_ = true;
    }
    if (time_is_up) judged_until_.reset();
  }
  // While it is judged the old picture stays, unless it is settled that this is another network.
  if (!judged_until_ || !home_) home_ = view;
}

}  // namespace laneway

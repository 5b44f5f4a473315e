#include "daemon/host_port.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "daemon/settings.h"

namespace laneway {

namespace {

// FNV-1a: the same name gives the same interface after every restart.
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

PortPlan plan_for(const std::string& switch_name, MacAddress own, const Settings& settings,
                  std::uint32_t mtu_bytes) {
  PortPlan plan;
  plan.declared.name = "host";
  plan.declared.spec = "tap:" + host_interface(switch_name);
  plan.declared.mac = own;
  plan.settings = PortSettings::for_host(own);
  plan.mtu_bytes = mtu_bytes;
  apply_settings(settings, plan.settings);
  return plan;
}

// The host's own address of the same family and scope, to be preferred toward guests.
std::optional<IpAddress> source_toward(const IpAddress& guest, const Network& network) {
  std::optional<IpAddress> best;
  for (const IpPrefix& own : network.host) {
    if (own.address.family != guest.family ||
        own.address.is_link_local() != guest.is_link_local()) {
      continue;
    }
    if (own.contains(guest)) return own.address;
    if (!best) best = own.address;
  }
  return best;
}

// A link-local address means another host on each link: the host reaches guests by their others.
bool is_routable(const Neighbor& binding) {
  const bool settled =
      binding.state == NeighborState::Valid || binding.state == NeighborState::Stale;
  return settled && !binding.address.is_link_local();
}

}  // namespace

std::string host_interface(const std::string& switch_name) {
  constexpr std::size_t kLongest = 12;  // IFNAMSIZ - 1 without "lw-"
  if (switch_name.size() <= kLongest) return "lw-" + switch_name;
  return fmt::format("lw-{}-{:04x}", switch_name.substr(0, 7), hash_of(switch_name) & 0xffffU);
}

HostPort::HostPort(Runtime& runtime, const std::string& switch_name, MacAddress own,
                   const Settings& settings, std::uint32_t mtu_bytes)
    : runtime_(runtime), port_(runtime, plan_for(switch_name, own, settings, mtu_bytes)) {}

HostPort::~HostPort() { apply({}); }

std::vector<IpAddress> HostPort::update(const std::vector<Neighbor>& bindings,
                                        const Network& network, const HostNetwork& host,
                                        const Nic* nic, Nanos now) {
  std::map<IpAddress, HostRoute> wanted;
  std::set<IpAddress> bound;
  for (const Neighbor& binding : bindings) {
    if (!is_routable(binding)) continue;
    bound.insert(binding.address);
    if (!may_route(binding, host, nic, now)) continue;
    wanted.emplace(binding.address, HostRoute{interface(), binding.address, binding.mac,
                                              source_toward(binding.address, network)});
  }
  trials_.keep_only(bound);
  apply(wanted);
  return trials_.due(now);
}

bool HostPort::may_route(const Neighbor& binding, const HostNetwork& host, const Nic* nic,
                         Nanos now) {
  const bool given =
      binding.origin == NeighborOrigin::Dhcp || binding.origin == NeighborOrigin::Static;
  if (given || nic == nullptr) return true;
  const auto other = host.neighbor(*nic, binding.address);
  if (other && *other != binding.mac) return false;
  return trials_.passed(binding.address, now);
}

void HostPort::apply(const std::map<IpAddress, HostRoute>& wanted) {
  const auto attempt = [](auto&& change) {
    try {
      change();
      return true;
    } catch (const Error& error) {
      spdlog::warn("{}", error.what());
      return false;
    }
  };
  for (auto route = routes_.begin(); route != routes_.end();) {
    const bool stays = wanted.contains(route->first);
    if (!stays) attempt([&] { runtime_.helper.remove_route(route->second); });
    route = stays ? std::next(route) : routes_.erase(route);
  }
  for (const auto& entry : wanted) {
    const auto known = routes_.find(entry.first);
    if (known != routes_.end() && known->second == entry.second) continue;
    // Remembered even if it fails: it is not tried again until something about it changes.
    attempt([&] { runtime_.helper.add_route(entry.second); });
    routes_.insert_or_assign(entry.first, entry.second);
  }
}

std::vector<std::string> HostPort::routes() const {
  std::vector<std::string> list;
  for (const auto& [address, route] : routes_) {
    list.push_back(to_string(address) + (address.family == Family::Ipv4 ? "/32" : "/128"));
  }
  return list;
}

}  // namespace laneway

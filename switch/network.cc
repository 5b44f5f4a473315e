#include "switch/network.h"

#include <algorithm>

namespace laneway {

namespace {

bool any_contains(const std::vector<IpPrefix>& prefixes, const IpAddress& address) noexcept {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

}  // namespace

bool Network::is_host(const IpAddress& address) const noexcept {
  if (address == IpAddress{own_link_local()}) return true;
  return std::any_of(host.begin(), host.end(),
                     [&](const IpPrefix& prefix) { return prefix.address == address; });
}

bool Network::is_gateway(const IpAddress& address) const noexcept {
  return std::any_of(gateways.begin(), gateways.end(),
                     [&](const Gateway& gateway) { return gateway.address == address; });
}

bool Network::is_closed(const IpAddress& address) const noexcept {
  if (address.is_link_local()) return false;
  return any_contains(closed, address) && !any_contains(host, address);
}

bool Network::is_on_link(const IpAddress& address) const noexcept {
  return address.is_link_local() || any_contains(host, address) || any_contains(on_link, address);
}

bool Network::is_broadcast(Ipv4Address address) const noexcept {
  if (address.is_broadcast()) return true;
  return std::any_of(host.begin(), host.end(),
                     [&](const IpPrefix& prefix) { return prefix.broadcast() == address; });
}

std::optional<Ipv4Address> Network::host_v4() const noexcept {
  const auto found = std::find_if(host.begin(), host.end(), [](const IpPrefix& prefix) {
    return prefix.address.family == Family::Ipv4;
  });
  if (found == host.end()) return std::nullopt;
  return found->address.v4();
}

}  // namespace laneway

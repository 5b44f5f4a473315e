#include "proxy/context.h"

namespace laneway {

MacAddress ProxyContext::gateway_mac(const IpAddress& address, Nanos now) const noexcept {
  for (const Gateway& gateway : network.gateways) {
    if (gateway.address == address && !gateway.mac.is_zero()) return gateway.mac;
  }
  for (const Gateway& gateway : heard.gateways()) {
    if (gateway.address == address && now < gateway.until) return gateway.mac;
  }
  return {};
}

}  // namespace laneway

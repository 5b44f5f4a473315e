#include "proxy/arp_proxy.h"

namespace laneway {

void ArpProxy::process(Burst&, PortId, Nanos) noexcept {}

}  // namespace laneway

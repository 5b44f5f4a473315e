#include "proxy/nd_proxy.h"

namespace laneway {

void NdProxy::process(Burst&, PortId, Nanos) noexcept {}

}  // namespace laneway

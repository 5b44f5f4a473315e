#include "proxy/port_policy.h"

namespace laneway {

void PortPolicy::process(Burst&, PortId, Nanos) noexcept {}

}  // namespace laneway

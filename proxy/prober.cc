#include "proxy/prober.h"

namespace laneway {

bool Prober::probe(const Neighbor&, Nanos) noexcept { return false; }
void Prober::probe_uplink(const IpAddress&) noexcept {}

}  // namespace laneway

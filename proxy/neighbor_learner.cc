#include "proxy/neighbor_learner.h"

namespace laneway {

void NeighborLearner::process(Burst&, PortId, Nanos) noexcept {}
void NeighborLearner::tick(Nanos) noexcept {}

}  // namespace laneway

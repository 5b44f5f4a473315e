// proxy/context.h: what every part of proxy/ reads and speaks through.
#pragma once

#include <cstdint>

#include "switch/heard.h"
#include "switch/neighbor_table.h"
#include "switch/network.h"
#include "switch/port_table.h"
#include "switch/stage.h"

namespace laneway {

// Who answers requests for a guest. Translate: the guest, who is asked. Suppress: we, from the
// bindings, as long as they are fresh.
enum class Answers : std::uint8_t { Translate, Suppress };

// All must outlive who holds it; the switch changes them between bursts only.
struct ProxyContext {
  const PortTable& ports;
  NeighborTable& neighbors;
  const Network& network;
  const Heard& heard;
  Outbox& outbox;
};

}  // namespace laneway

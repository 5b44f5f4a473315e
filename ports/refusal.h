// ports/refusal.h: how a port books the frames that it must refuse itself (switch/port.h).
#pragma once

#include <cstddef>

#include "switch/buffer.h"
#include "switch/counters.h"
#include "switch/port.h"

namespace laneway {

constexpr std::size_t kEthernetHeader = 14;

// A frame that came in, of `bytes`, goes no further.
inline void refuse_rx(PortCounters& counters, Drop reason, std::size_t bytes) noexcept {
  counters.rx_frames.add(1);
  counters.rx_bytes.add(bytes);
  counters.drop(reason, bytes);
}

// A frame that was to leave ends here.
inline void refuse_tx(Buffer* frame, Drop reason, PortCounters& counters,
                      TxResult& result) noexcept {
  counters.drop(reason, frame->pkt_len);
  ++result.taken;
  ++result.refused;
  result.refused_bytes += frame->pkt_len;
  free_buffer(frame);
}

inline void taken(Buffer* frame, TxResult& result) noexcept {
  ++result.taken;
  free_buffer(frame);
}

}  // namespace laneway

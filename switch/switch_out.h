// switch/switch_out.h: frames of a switch on their way out; for the sources of Switch alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/switch.h"

namespace laneway {

// Where the stages of a role stand.
constexpr std::size_t at(PortRole role) noexcept { return static_cast<std::size_t>(role); }

struct Switch::Leaving {
  std::array<Buffer*, kBurstFrames> buffers;
  std::size_t size = 0;
  std::uint64_t bytes = 0;
  std::uint32_t longest = 0;

  // Requires size < kBurstFrames.
  void add(Buffer* buffer, std::uint32_t length) noexcept {
    buffers[size++] = buffer;
    bytes += length;
    longest = std::max(longest, length);
  }
  void clear() noexcept {
    size = 0;
    bytes = 0;
    longest = 0;
  }
};

struct Switch::Out {
  Burst in;                                           // of the port being polled
  std::array<MacTable::Place, kBurstFrames> sources;  // of its frames as they came in
  std::array<MacTable::Place, kBurstFrames> destinations;
  Burst replies;  // to it
  // By each port, as they are or through its egress stages; touched only if it is used.
  std::array<Leaving, kMaxPorts> leaving;
  std::array<Burst, kMaxPorts> staged;
  PortSet waiting;          // ports with something leaving
  Counter* sent = nullptr;  // what those count as
  PortCounters unsaid;      // drops of generated frames: outside of the ledger
};

}  // namespace laneway

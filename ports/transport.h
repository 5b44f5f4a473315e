// ports/transport.h: where TCP or UDP begins and ends in a frame: what offloads rest on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/buffer.h"
#include "switch/types.h"
#include "switch/wire/checksum.h"

namespace laneway {

// Offsets in bytes from the frame's start. All headers lie in its first segment.
struct Transport {
  Family family = Family::Ipv4;
  bool tcp = false;             // else UDP
  std::uint16_t network = 0;    // behind at most two VLAN tags
  std::uint16_t transport = 0;  // behind IP options or extension headers
  std::uint16_t payload = 0;
  std::uint32_t end = 0;  // of the packet, by its IP header: padding may follow

  std::uint16_t checksum_offset() const noexcept { return tcp ? 16 : 6; }
};

// nullopt: neither TCP nor UDP, a fragment, or headers that are broken or not in the first segment.
// `frame` has 14 bytes at least.
std::optional<Transport> transport_of(const Buffer& frame) noexcept;

// The sum of the pseudo-header of a packet whose headers stand in `bytes`, for `length` bytes of
// TCP or UDP. `where` is of this packet.
wire::InternetSum pseudo_header_of(std::span<const std::byte> bytes, const Transport& where,
                                   std::uint32_t length) noexcept;

}  // namespace laneway

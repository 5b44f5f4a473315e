// ports/open_port.h: from a port spec and what was opened for it to a port.
//
// Whoever has the rights opens (open_tap, open_packet_socket, listen_on_stream) and passes the
// descriptor; this needs none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"
#include "switch/port_spec.h"

namespace laneway {

struct PortResources {
  BufferPool& pool;
  Descriptor descriptor;  // tap, packet: the opened one; sockets: the listener, none to connect
  std::uint32_t mtu = PortSpec::kDefaultMtu;  // if the spec has none of its own
  std::function<Nanos()> clock;               // CLOCK_MONOTONIC, for `fault=`
  Nanos epoch{};                              // pcap: time since 1970 at which that clock was 0
};

// The longest frame on a medium of this MTU: header and two VLAN tags before the packet.
constexpr std::size_t frame_bytes(std::uint32_t mtu) noexcept { return std::size_t{mtu} + 14 + 8; }

// Throws Error if the port cannot be made.
std::unique_ptr<Port> open_port(const PortSpec& spec, PortResources resources);

}  // namespace laneway

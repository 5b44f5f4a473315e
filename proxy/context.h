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

  const PortSettings& settings_of(const Frame& frame) const noexcept {
    return ports[frame.ingress].settings;
  }
  bool is_gateway(const IpAddress& address, Nanos now) const noexcept {
    return network.is_gateway(address) || heard.is_gateway(address, now);
  }
  // The MAC address of `address` in G; zero if it is not known, or not there.
  MacAddress gateway_mac(const IpAddress& address, Nanos now) const noexcept;
};

// Of the uplink's own link: untagged, or with a priority tag alone. What is inside a VLAN of the
// guests' is theirs: it says nothing about the uplink's addresses.
inline bool is_on_link(const Frame& frame) noexcept {
  return frame.tags == 0 || (frame.tags == 1 && frame.vlan == VlanId{});
}

// Neighbor requests and answers are ours to give: none enters the host port.
inline void keep_off_host(const ProxyContext& context, Burst& burst, Frame& frame) noexcept {
  const PortId host = context.ports.host();
  if (host == kNoPort || !frame.destination().is_group()) return;
  PortSet others = context.ports.reach(frame.ingress);
  others.remove(host);
  burst.narrow(frame, others);
}

// OUT-11: a request for `owner`, which is a guest here, stays inside. The LAN cannot have that
// address, and an access point's proxy would answer with the station's own.
inline void keep_inside(const ProxyContext& context, Burst& burst, Frame& frame) noexcept {
  PortSet guests = context.ports.guests();
  guests &= context.ports.reach(frame.ingress);
  if (guests.empty()) return frame.drop(Drop::Suppressed);
  burst.narrow(frame, guests);
}

// An entry that may be answered for: confirmed, and its owner was heard of late.
inline bool is_answerable(const Neighbor& owner, Nanos now) noexcept {
  return owner.is_valid() && now - owner.used < limits::kAnswerableAge;
}

}  // namespace laneway

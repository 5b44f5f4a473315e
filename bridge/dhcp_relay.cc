#include "bridge/dhcp_relay.h"

#include <algorithm>

namespace laneway {

DhcpRelay::Form DhcpRelay::next_form(PortId port, MacAddress client, bool can_relay,
                                     Nanos now) noexcept {
  Client& known = client_of(port, client, now);
  const std::uint32_t before = known.tries++;
  const bool first = before < kDirectTries;
  const bool turn = before % 2 == 0;
  if (!can_relay) return first || !turn ? Form::Broadcast : Form::AsSent;
  if (known.by_relay) return first || !turn ? Form::Relayed : Form::Broadcast;
  // The relay's turn is the first: it works wherever the host has an address, and a guest whose
  // tries are 2, 4 and 8 s apart has its lease within 10 s.
  if (first) return Form::Broadcast;
  return turn ? Form::Relayed : Form::AsSent;
}

void DhcpRelay::answered(PortId port, MacAddress client, bool relayed, Nanos now) noexcept {
  Client& known = client_of(port, client, now);
  known.tries = 0;
  known.by_relay = relayed;
}

// The client's entry, fresh if it was silent for too long; else the port's oldest, which it takes.
DhcpRelay::Client& DhcpRelay::client_of(PortId port, MacAddress mac, Nanos now) noexcept {
  auto& clients = ports_[index(port)];
  auto found = std::find_if(clients.begin(), clients.end(),
                            [&](const Client& client) { return client.mac == mac; });
  if (found == clients.end()) {
    found = std::min_element(clients.begin(), clients.end(),
                             [](const Client& a, const Client& b) { return a.seen < b.seen; });
  }
  if (found->mac != mac || now - found->seen > kMemory) *found = {mac, 0, false, now};
  found->seen = now;
  return *found;
}

}  // namespace laneway

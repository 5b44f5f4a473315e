// tests/bridge/rig.h: the two stages of a translated uplink with all that they work on, and no
// switch.
//
//   guests a and b, pinned; a host port with Own; the uplink with STA; H is 192.168.77.2/24.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/mac_nat.h"
#include "ports/memory_port.h"
#include "switch/dhcp_transactions.h"
#include "tests/support/lan.h"

namespace laneway::test {

using Bytes = std::vector<std::byte>;

inline MacAddress mac(std::string_view text) { return *MacAddress::parse(text); }
inline Ipv4Address v4(std::string_view text) { return *Ipv4Address::parse(text); }
inline Ipv6Address v6(std::string_view text) { return *Ipv6Address::parse(text); }

constexpr MacAddress kSta = kStaMac;
constexpr MacAddress kOwn = kOwnMac;
constexpr MacAddress kA = kGuestAMac;
constexpr MacAddress kB = kGuestBMac;
constexpr MacAddress kRouter = kRouterMac;
constexpr MacAddress kLan = kLanMac;
inline const Ipv4Address kHostIp = v4("192.168.77.2");
inline const Ipv4Address kAIp = v4("192.168.77.21");
inline const Ipv4Address kBIp = v4("192.168.77.22");
inline const Ipv4Address kLanIp = v4("192.168.77.9");
inline const Ipv4Address kRouterIp = v4("192.168.77.1");
inline const Ipv6Address kA6 = v6("2001:db8::a");
inline const Ipv6Address kB6 = v6("2001:db8::b");
inline const Ipv6Address kLan6 = v6("2001:db8::9");
inline const Ipv6Address kRouter6 = v6("fe80::f:1");

// What a stage made of a frame.
struct Outcome {
  Action action = Action::Forward;
  Drop reason = Drop::Short;
  Bytes bytes;
  std::optional<PortSet> scope;  // nullopt: where the tables say

  bool passes() const { return action == Action::Forward; }
  bool drops(Drop why) const { return action == Action::Drop && reason == why; }
  bool only_to(PortId port) const;
};

struct Noticed final : MacNatObserver {
  void conflict(const IpAddress& address, MacAddress) noexcept override { conflicted = address; }
  void migrated(PortId port, Nanos) noexcept override { moved = port; }
  void proxied_ra(const Ipv6Address& router) noexcept override { proxied = router; }
  void leased(const IpAddress& address, PortId, bool by_relay) noexcept override {
    lease = address;
    relayed = by_relay;
  }

  std::optional<IpAddress> conflicted;
  std::optional<PortId> moved;
  std::optional<Ipv6Address> proxied;
  std::optional<IpAddress> lease;
  bool relayed = false;
};

class Rig {
 public:
  Rig();
  ~Rig();

  // Through from_uplink or to_uplink.
  Outcome in(std::span<const std::byte> bytes, const Offload& offload = {});
  Outcome out(PortId from, std::span<const std::byte> bytes, const Offload& offload = {});
  // A frame cut into segments; `first`: bytes of the first one.
  Outcome in_segments(std::span<const std::byte> bytes, std::size_t first);
  // What the stages said of their own since the last call.
  struct Said {
    PortId port;
    Bytes bytes;
  };
  std::vector<Said> said();

  void bind(const IpAddress& address, PortId port);
  void probe(const IpAddress& address, PortId port, std::uint32_t nonce_hash = 0);
  const Neighbor* bound(const IpAddress& address) const { return neighbors.find(address); }

  HeapBuffers pool;
  PortTable ports;
  MacTable macs{1024, MacTable::kDefaultMaxAge, 1};
  NeighborTable neighbors{1};
  DhcpTransactions dhcp;
  Network network;
  Heard heard;
  Outbox outbox{pool};
  Noticed noticed;
  PortId uplink, host, a, b;
  Nanos now = std::chrono::seconds{1000};
  MacNat nat{{ports, macs, neighbors, dhcp, network, heard, outbox}, {}, 1, &noticed};

 private:
  PortId add(const std::string& name, const PortSettings& settings, MacKind kind);
  Outcome run(Stage& stage, Buffer* buffer, PortId ingress);

  MemoryPort port_{pool};  // no stage looks into one
  PortCounters counters_;
};

}  // namespace laneway::test

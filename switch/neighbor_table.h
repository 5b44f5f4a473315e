// switch/neighbor_table.h: which IP address is which guest's: the bindings.
//
// One entry an address (family and IP): first come, first served. An entry is made from what its guest
// says (ARP, ND, DHCP, data) and confirmed, kept or ended by that guest alone; nothing heard on the
// uplink deletes or moves it.
//
//   Tentative   probe or DAD seen            ends after 10 s, unless its owner speaks: Valid
//   Unverified  data seen                    ends after 60 s idle, unless its owner speaks: Valid
//   Valid       ARP, ND, DHCP ACK, static    20 min silent: Stale; an unused lease ends at its end
//   Stale       idle                         probed after 10 min more or at a rival claim; 3 probes,
//                                            1 s apart, unanswered: gone
//
// Invariants: (1) one owner an address; (2) a port holds at most its limit a family, of these at most
// 16 Tentative and 16 Unverified; (3) eight entries a family are reserved for each guest port, so no
// guest can spend another's; (4) nothing allocates after the constructor; (5) keyed hash.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "switch/types.h"

namespace laneway {

enum class NeighborState : std::uint8_t { Tentative, Unverified, Valid, Stale };
enum class NeighborOrigin : std::uint8_t { Dhcp, Arp, Nd, Data, Static };

struct Neighbor {
  IpAddress address;
  PortId port{};
  MacAddress mac{};
  NeighborState state = NeighborState::Tentative;
  NeighborOrigin origin = NeighborOrigin::Data;
  bool router = false;            // R of the owner's last NA
  std::uint8_t probes_left = 0;   // > 0 while being probed
  std::uint32_t nonce_hash = 0;   // of the owner's last DAD nonce (RFC 7527); 0: none
  Nanos since{};                  // when it came into its state
  Nanos used{};                   // last word or frame of its owner, to the second
  Nanos probe_at{};               // when the next probe is due, if probes_left > 0
  std::optional<Nanos> lease_until;

  // Frames from the uplink for it are forwarded in every state; by proxy it is answered for only so:
  bool is_valid() const noexcept { return state == NeighborState::Valid; }
};

class NeighborTable {
 public:
  static constexpr std::size_t kLimit = 1024;            // entries a switch; 128 ports x 8
  static constexpr std::size_t kDefaultPortLimit = 64;   // a family: privacy addresses of a day
  static constexpr std::size_t kTentativeLimit = 16;     // a port and family
  static constexpr std::size_t kUnverifiedLimit = 16;    // a port and family
  static constexpr std::size_t kReserved = 8;            // a guest port and family
  static constexpr Nanos kTentativeAge = std::chrono::seconds{10};   // RFC 5227 section 1.1: up to 7 s
  static constexpr Nanos kUnverifiedAge = std::chrono::seconds{60};
  static constexpr Nanos kValidAge = std::chrono::minutes{20};
  static constexpr Nanos kStaleAge = std::chrono::minutes{10};
  static constexpr Nanos kProbeInterval = std::chrono::seconds{1};   // RFC 4861 section 10
  static constexpr int kProbes = 3;                                   // RFC 4861 section 10
  static constexpr Nanos kRivalInterval = std::chrono::seconds{10};  // between probes for rival claims

  explicit NeighborTable(std::uint64_t seed);
  ~NeighborTable();

  // A guest port comes with its limit a family (0: nothing is bound there), or goes with all its
  // bindings. add_port: false if the reserved shares of all guest ports would not fit.
  bool add_port(PortId port, std::size_t limit) noexcept;
  void remove_port(PortId port) noexcept;

  // The binding of `address`; nullptr if there is none. Valid until the next change.
  const Neighbor* find(const IpAddress& address) const noexcept;

  // What became of a claim. Taken: bound elsewhere, nothing changed. Refused: a quota is full and
  // nothing of the port's own could be evicted. Known: was there; its state may have risen.
  enum class Bound : std::uint8_t { Known, New, Taken, Refused };
  // A probe or DAD NS of `mac` on `port`; a binding that it already has stays as it is.
  Bound tentative(const IpAddress& address, MacAddress mac, PortId port, std::uint32_t nonce_hash,
                  Nanos now) noexcept;
  // Data from `address`: New is Unverified and due for probing. Known notes the use.
  Bound unverified(const IpAddress& address, MacAddress mac, PortId port, Nanos now) noexcept;
  // Evidence (ARP, ND, DHCP ACK, static): Valid. Takes `mac` as the owner's. A lease may also take an
  // address that is only Tentative or Unverified elsewhere.
  Bound valid(const IpAddress& address, MacAddress mac, PortId port, NeighborOrigin origin, Nanos now,
              std::optional<Nanos> lease_until = std::nullopt) noexcept;
  // The owner's R flag, from an NA of its.
  void set_router(const IpAddress& address, bool router) noexcept;

  // Somebody on another port claims `address`: probes its owner, at most once in kRivalInterval; if it
  // stays silent for 3 s the binding goes.
  void rival(const IpAddress& address, Nanos now) noexcept;
  // True if an answer of the owner is due to a probe of ours: the answer ends here.
  bool is_probed(const IpAddress& address, PortId port) const noexcept;

  bool remove(const IpAddress& address) noexcept;
  std::size_t remove_all(bool keep_static) noexcept;

  // Ages the next part of the table; calls `probe` for each binding whose probe is due (at most
  // `probes` of them, the others wait), `gone` for each that ended.
  void tick(Nanos now, std::size_t probes, const std::function<void(const Neighbor&)>& probe,
            const std::function<void(const Neighbor&)>& gone);

  std::size_t size() const noexcept;
  std::size_t count(PortId port, Family family) const noexcept;
  // Ports that hold an IPv6 binding, tentative ones too, with these lower 24 bits.
  void ports_with_low_24(std::uint32_t low24, const std::function<void(PortId)>& visitor) const;
  void for_each(const std::function<void(const Neighbor&)>& visitor) const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace laneway

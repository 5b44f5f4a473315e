// switch/neighbor_table.h: which IP address is which guest's: the bindings.
//
// One entry an address (family and IP): first come, first served. An entry is made from what its
// guest says (ARP, ND, DHCP, data) and confirmed, kept or ended by that guest alone; nothing heard
// on the uplink deletes or moves it. Times and numbers: switch/limits.h.
//
//   Tentative   probe or DAD seen            on trial after 10 s, unless its owner speaks: Valid
//   Unverified  data seen: probed            ends after 60 s idle, unless its owner speaks: Valid
//   Valid       ARP, ND, DHCP ACK, static    20 min silent: Stale; an unused lease ends at its end
//   Stale       idle                         a frame: Valid; probed after 10 min more
//   On trial, where a rival's claim puts all but Tentative: 3 probes, 1 s apart, unanswered: gone.
//
// Invariants: (1) one owner an address; (2) a port holds at most its limit a family, of these at
// most 16 Tentative and 16 Unverified; a full quota evicts the port's own oldest Tentative,
// Unverified or Stale, in this order, never another port's; (3) eight entries a family are every
// guest port's own, above what ports share; (4) nothing allocates after the constructor; (5) the
// hash is keyed.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "switch/limits.h"
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
  bool router = false;           // R of the owner's last NA
  bool spoke = false;            // its owner has used it: only then does a lease outlive its end
  bool on_trial = false;         // goes if the probes stay unanswered
  std::uint8_t probes_left = 0;  // > 0 while being probed
  std::uint32_t nonce_hash = 0;  // of the owner's last DAD nonce (RFC 7527); 0: none
  Nanos since{};                 // when it came into its state
  Nanos used{};                  // last word or frame of its owner, to the second
  Nanos probe_at{};              // when the next probe, or after the last the verdict, is due
  std::optional<Nanos> lease_until;
  std::optional<Nanos> contested;  // when its owner was last shown a rival's claim
  RateLimit announcements = limits::kAnnouncements;  // left to its owner
  RateLimit rivals{limits::kRivalInterval, 1};       // trials left to rivals

  // Frames from the uplink for it are forwarded in every state; by proxy it is answered for only
  // so:
  bool is_valid() const noexcept { return state == NeighborState::Valid; }
};

// Somebody's word that an address is theirs.
struct Claim {
  IpAddress address;
  MacAddress mac;
  PortId port{};
};

// What changed, for events and routes; called on the worker, must not block or change the table.
struct NeighborObserver {
  virtual ~NeighborObserver() = default;
  virtual void changed(const Neighbor&) noexcept {}  // new, in a new state, or with a new MAC
  virtual void gone(const Neighbor&) noexcept {}
  // `owner`: who has it; nullptr if the claimant's quota was full.
  virtual void refused(const Claim&, const Neighbor* /*owner*/) noexcept {}
};

class NeighborTable {
 public:
  explicit NeighborTable(std::uint64_t seed);
  ~NeighborTable();

  void set_observer(NeighborObserver* observer) noexcept;

  // A guest port comes with its limit a family (0: nothing is bound there), or goes with all its
  // bindings. add_port: false if there are limits::kGuestPorts of them; for a port that is there
  // already it changes the limit.
  bool add_port(PortId port, std::size_t limit) noexcept;
  void remove_port(PortId port) noexcept;
  // The guest behind `port` is gone (link down, VM stopped): its bindings go, but static ones.
  void flush_port(PortId port) noexcept;

  // The binding of `address`; nullptr if there is none. Valid until the next change.
  const Neighbor* find(const IpAddress& address) const noexcept;

  // What became of a claim. Taken: bound elsewhere, nothing changed. Refused: a quota is full and
  // nothing of the port's own could be evicted. Known: was there; its state may have risen.
  enum class Bound : std::uint8_t { Known, New, Taken, Refused };
  // A probe or DAD NS; a binding that the port already has stays as it is.
  Bound tentative(const Claim& claim, std::uint32_t nonce_hash, Nanos now) noexcept;
  // Data: New, or Tentative before, is Unverified and probed. Known notes the use.
  Bound unverified(const Claim& claim, Nanos now) noexcept;
  // Evidence (ARP, ND, DHCP ACK, static): Valid, at `claim.mac` from now on. A lease may also take
  // an address that is only Tentative or Unverified elsewhere.
  Bound valid(const Claim& claim, NeighborOrigin origin, Nanos now,
              std::optional<Nanos> lease_until = std::nullopt) noexcept;
  // The owner's R flag, from an NA of its.
  void set_router(const IpAddress& address, bool router) noexcept;
  // Takes one announcement from what its owner may say; false if that is used up.
  bool may_announce(const IpAddress& address, Nanos now) noexcept;
  // The owner is shown somebody else's claim: for a second it may defend itself beyond that.
  void contested(const IpAddress& address, Nanos now) noexcept;

  // Tells the observer that `claim` was refused, as its address is bound elsewhere.
  void refuse(const Claim& claim) noexcept;
  // Somebody on another port claims `address`: tries its owner, at most once in kRivalInterval; if
  // it stays silent for 3 s the binding goes.
  void rival(const IpAddress& address, Nanos now) noexcept;

  bool remove(const IpAddress& address) noexcept;
  std::size_t remove_all(bool keep_static) noexcept;

  // Ages the next part of the table; calls `probe` for each binding whose probe is due, at most
  // `probes` of them (the others wait). False of `probe`: not now, ask again.
  void tick(Nanos now, std::size_t probes, const std::function<bool(const Neighbor&)>& probe);

  // Rises whenever observers would hear something; any thread may read it.
  std::uint64_t version() const noexcept;
  std::size_t size() const noexcept;
  std::size_t count(PortId port, Family family) const noexcept;
  // Ports that hold an IPv6 binding, tentative ones too, with these lower 24 bits.
  void ports_with_low_24(std::uint32_t low24, const std::function<void(PortId)>& visitor) const;
  void for_each(const std::function<void(const Neighbor&)>& visitor) const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

// What is kept of a nonce of duplicate-address detection (RFC 7527); never 0.
std::uint32_t nonce_hash(std::span<const std::byte> nonce) noexcept;

}  // namespace laneway

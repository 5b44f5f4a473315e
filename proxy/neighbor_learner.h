// proxy/neighbor_learner.h: learns from what guests send which address is whose, and keeps every
// guest to its own addresses (source guard, after RFC 7513 and RFC 6620).
//
// Rank: the host, then gateways and DHCP servers, then the first guest.
//
// Invariants: (1) no frame passes whose source address, or ARP or ND sender, is bound to another
// port or belongs to host or gateway, unless the port has `ip_spoofing`; (2) bindings are learnt
// from valid ARP and ND, and from data of on-link addresses, of this port alone.
//
// Threads: used by the worker that owns the switch.
#pragma once

#include <cstdint>
#include <optional>

#include "proxy/announcer.h"
#include "proxy/context.h"
#include "proxy/defender.h"
#include "proxy/prober.h"

namespace laneway {

class DhcpTransactions;
namespace wire {
class DhcpView;
class NdView;
}  // namespace wire

class NeighborLearner final : public Stage {
 public:
  // All must outlive it.
  NeighborLearner(const ProxyContext& context, DhcpTransactions& dhcp, Defender& defender,
                  Prober& prober, Announcer& announcer) noexcept
      : context_(context),
        dhcp_(dhcp),
        defender_(defender),
        prober_(prober),
        announcer_(announcer) {}

  void process(Burst& burst, PortId egress, Nanos now) noexcept override;
  // Ages bindings, has those probed that are due, and announced what is to be.
  void tick(Nanos now) noexcept override;

 private:
  void learn_arp(Frame& frame, Nanos now) noexcept;
  void learn_ipv4(Frame& frame, Nanos now) noexcept;
  void learn_ipv6(Frame& frame, Nanos now) noexcept;
  void learn_nd(Frame& frame, const wire::NdView& nd, Nanos now) noexcept;
  void learn_dhcp(Frame& frame, const wire::DhcpView& dhcp, Nanos now) noexcept;
  void give_up(const Frame& frame, const IpAddress& address) noexcept;
  void note_test(Frame& frame, const IpAddress& address, std::uint32_t nonce, Nanos now) noexcept;
  void claim(Frame& frame, const IpAddress& address, NeighborOrigin origin, Nanos now) noexcept;
  void note_data(Frame& frame, const IpAddress& address, Nanos now) noexcept;
  void defend(const Frame& frame, const IpAddress& address, Nanos now) noexcept;
  std::optional<Drop> judge(const Frame& frame, const IpAddress& address, Nanos now) const noexcept;
  bool is_closed_to(const Frame& frame, const IpAddress& address) const noexcept;
  bool is_routed_by(PortId port, const IpAddress& address) const noexcept;
  bool may_bind(const Frame& frame, const IpAddress& address, Nanos now) const noexcept;
  static Claim claim_of(const Frame& frame, const IpAddress& address) noexcept;

  ProxyContext context_;
  DhcpTransactions& dhcp_;
  Defender& defender_;
  Prober& prober_;
  Announcer& announcer_;
};

}  // namespace laneway

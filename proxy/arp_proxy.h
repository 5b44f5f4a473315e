// proxy/arp_proxy.h: answers ARP on behalf of others (RFC 1027) and keeps questions from where
// nobody can answer them.
//
// For the host it answers always; for guests and LAN hosts only with Answers::Suppress, from fresh
// entries. It never answers the owner's own port, a probe whose owner is awake, or an announcement.
//
// Threads: used by the worker that owns the switch; the setters are commands.
#pragma once

#include "proxy/answer_limits.h"
#include "proxy/context.h"
#include "proxy/lan_neighbors.h"

namespace laneway {

namespace wire {
class ArpView;
}

class ArpProxy final : public Stage {
 public:
  // `context` as there; `limits` is shared with NdProxy and must outlive it. `seed` keys a hash.
  ArpProxy(const ProxyContext& context, AnswerLimits& limits, std::uint64_t seed)
      : context_(context), limits_(limits), lan_(seed) {}

  // As ingress stage of guests, the uplink and the host port.
  void process(Burst& burst, PortId egress, Nanos now) noexcept override;

  void set_answers(Answers answers) noexcept { answers_ = answers; }
  // The station is on another network now.
  void forget_network() noexcept { lan_.clear(); }

 private:
  void from_guest(Burst& burst, Frame& frame, wire::ArpView& arp, Nanos now) noexcept;
  void from_uplink(Frame& frame, wire::ArpView& arp, Nanos now) noexcept;
  void ask_neighbor(Burst& burst, Frame& frame, wire::ArpView& arp, Nanos now) noexcept;
  void note_lan(const Frame& frame, const wire::ArpView& arp, Nanos now) noexcept;
  bool may_answer_for(const Neighbor& owner, Nanos now) const noexcept;
  // Turns the request into the reply "at `mac`", if the asker has not had too many.
  void answer(Frame& frame, wire::ArpView& arp, MacAddress mac, Nanos now) noexcept;

  ProxyContext context_;
  AnswerLimits& limits_;
  LanNeighbors lan_;
  Answers answers_ = Answers::Translate;
};

}  // namespace laneway

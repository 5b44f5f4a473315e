// proxy/nd_proxy.h: answers neighbor solicitations on behalf of others (RFC 4861 section 7.2.8, RFC
// 4389 section 4.1) and keeps them from where nobody can answer them.
//
// The rules are those of proxy/arp_proxy.h; duplicate-address detection takes the place of probes.
//
// Threads: used by the worker that owns the switch; the setters are commands.
#pragma once

#include "proxy/answer_limits.h"
#include "proxy/context.h"
#include "proxy/lan_neighbors.h"

namespace laneway {

namespace wire {
class NdView;
}

class NdProxy final : public Stage {
 public:
  // `context` as there; `limits` is shared with ArpProxy and must outlive it. `seed` keys a hash.
  NdProxy(const ProxyContext& context, AnswerLimits& limits, std::uint64_t seed)
      : context_(context), limits_(limits), lan_(seed) {}

  // As ingress stage of guests, the uplink and the host port.
  void process(Burst& burst, PortId egress, Nanos now) noexcept override;

  void set_answers(Answers answers) noexcept { answers_ = answers; }
  // The station is on another network now.
  void forget_network() noexcept { lan_.clear(); }

 private:
  void from_guest(Burst& burst, Frame& frame, const wire::NdView& nd, Nanos now) noexcept;
  void from_uplink(Frame& frame, const wire::NdView& nd, Nanos now) noexcept;
  void judge_solicitation(Burst& burst, Frame& frame, const wire::NdView& nd, Nanos now) noexcept;
  void ask_neighbor(Burst& burst, Frame& frame, const wire::NdView& nd, Nanos now) noexcept;
  bool may_advertise(const wire::NdView& nd, Nanos now) noexcept;
  void note_lan(const wire::NdView& nd, Nanos now) noexcept;
  bool may_answer_for(const Neighbor& owner, Nanos now) const noexcept;

  // Where an answer says that the target is.
  struct Answer {
    MacAddress mac;
    bool router = false;
    bool override_cache = false;
  };
  // Turns the solicitation into an advertisement, if the asker has not had too many.
  void answer(Frame& frame, const wire::NdView& nd, const Answer& answer, Nanos now) noexcept;

  ProxyContext context_;
  AnswerLimits& limits_;
  LanNeighbors lan_;
  Answers answers_ = Answers::Translate;
};

}  // namespace laneway

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
  ProxyContext context_;
  AnswerLimits& limits_;
  LanNeighbors lan_;
  Answers answers_ = Answers::Translate;
};

}  // namespace laneway

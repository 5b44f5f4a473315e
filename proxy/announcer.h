// proxy/announcer.h: speaks on the uplink for guests when the network must hear anew where they
// are: after the station roamed or changed its address, and when a guest was migrated here.
//
// Gratuitous ARP (RFC 5227 section 2.3), unsolicited NA (RFC 4861 section 7.2.6), and for access
// points that learn a station's IPv6 addresses from solicitations only, NS for the gateway.
//
// On a translated uplink the station's own address is in all of them.
//
// Invariants: (1) one pending word of a kind an address, however often it is asked for; (2) the
// rates of switch/limits.h hold over all of them.
//
// Threads: used by the worker that owns the switch; the calls are commands.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "proxy/context.h"

namespace laneway {

class Announcer {
 public:
  explicit Announcer(const ProxyContext& context);

  // The station associated or roamed within its network: an NS for the gateway from each IPv6
  // binding.
  void station_associated(Nanos now) noexcept;
  // The station has a new address: each binding is announced at once.
  void station_changed(Nanos now) noexcept;
  // The guest behind `port` came from elsewhere: its bindings are announced.
  void port_migrated(PortId port, Nanos now) noexcept;
  // While on, each binding asks the gateway for itself every 25 s: an access point that sends no
  // group frames down would forget it.
  void set_keepalive(bool on) noexcept { keepalive_ = on; }
  // The station is on another network now: nothing pending is said.
  void forget_network() noexcept { pending_.clear(); }

  // Says what is due. Every 100 ms.
  void tick(Nanos now) noexcept;

 private:
  enum class Word : std::uint8_t { Announce, AskGateway };
  struct Pending {
    IpAddress address{};
    Word word = Word::Announce;
    int times = 1;
    bool urgent = false;  // of a first round
    Nanos due{};
  };

  void add_for_all(const Pending& word, const std::function<bool(const Neighbor&)>& wanted);
  bool is_done(Pending& word, Nanos now) noexcept;
  MacAddress speaker_of(const Neighbor& owner) const noexcept;
  // False if there was no room for it: it stays pending.
  bool announce(const Neighbor& owner) noexcept;
  bool ask_gateway(const Neighbor& owner, Nanos now) noexcept;
  std::optional<Gateway> gateway_of(Family family, Nanos now) const noexcept;

  ProxyContext context_;
  std::vector<Pending> pending_;
  std::vector<IpAddress> known_;  // of add_for_all alone: nothing is allocated while running
  RateLimit rate_ = limits::kAnnounceRate;
  RateLimit first_round_ = limits::kFirstRoundRate;
  bool keepalive_ = false;
  Nanos keepalive_due_{};
};

}  // namespace laneway

#include "daemon/compose.h"

#include <utility>

#include "proxy/announcer.h"
#include "proxy/answer_limits.h"
#include "proxy/arp_proxy.h"
#include "proxy/defender.h"
#include "proxy/nd_proxy.h"
#include "proxy/neighbor_learner.h"
#include "proxy/port_policy.h"
#include "proxy/prober.h"
#include "switch/dhcp_transactions.h"
#include "switch/error.h"

namespace laneway {

namespace {

// Each table and hash has a key of its own: what collides in one need not in another.
std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t which) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;  // 2^64 divided by the golden ratio
  return (seed + which) * kOdd;
}

}  // namespace

struct Composition::Parts final : MacNatObserver {
  Parts(const SwitchConfig& config, const Network& initial, BufferPool& pool,
        CompositionObserver* observing)
      : observer(observing),
        network(initial),
        sw(config, pool),
        neighbors(derived_seed(config.seed, 1)),
        context{sw.ports(), neighbors, network, heard, sw.outbox()},
        defender(context),
        prober(context),
        announcer(context),
        port_policy(sw.ports(), neighbors, network),
        neighbor_learner(context, dhcp, defender, prober, announcer),
        arp_proxy(context, answer_limits, derived_seed(config.seed, 2)),
        nd_proxy(context, answer_limits, derived_seed(config.seed, 3)),
        mac_nat({sw.ports(), sw.macs(), neighbors, dhcp, network, heard, sw.outbox()}, {},
                derived_seed(config.seed, 4), this) {
    // The way of a frame.
    sw.set_ingress(PortRole::Guest, {&port_policy, &neighbor_learner, &arp_proxy, &nd_proxy});
    sw.set_ingress(PortRole::Host, {&port_policy, &arp_proxy, &nd_proxy});
    sw.set_ingress(PortRole::Uplink, {&mac_nat.from_uplink(), &arp_proxy, &nd_proxy});
    sw.set_egress(PortRole::Uplink, {&mac_nat.to_uplink()});

    sw.set_observer(observer);
    neighbors.set_observer(observer);
  }

  void conflict(const IpAddress& address, MacAddress claimant) noexcept override {
    if (observer != nullptr) observer->conflict(address, claimant);
  }
  void migrated(PortId port, Nanos now) noexcept override {
    announcer.port_migrated(port, now);
    if (observer != nullptr) observer->migrated(port, now);
  }
  void proxied_ra(const Ipv6Address& router) noexcept override {
    if (observer != nullptr) observer->proxied_ra(router);
  }
  void leased(const IpAddress& address, PortId port, bool relayed) noexcept override {
    if (observer != nullptr) observer->leased(address, port, relayed);
  }

  // The station's own address is a static entry of the uplink: guests cannot claim it, and its echo
  // comes as far as the translation, which counts it.
  void pin_station(MacAddress old) noexcept {
    const PortId uplink = sw.ports().uplink();
    if (uplink == kNoPort || !network.translated) return;
    if (!old.is_zero()) sw.macs().remove(old, VlanId{});
    if (!network.station.is_zero()) {
      sw.macs().pin(network.station, VlanId{}, uplink, MacKind::Static);
    }
  }

  CompositionObserver* observer;
  Network network;
  Heard heard;
  Switch sw;
  NeighborTable neighbors;
  DhcpTransactions dhcp;
  ProxyContext context;
  AnswerLimits answer_limits;
  Defender defender;
  Prober prober;
  Announcer announcer;
  PortPolicy port_policy;
  NeighborLearner neighbor_learner;
  ArpProxy arp_proxy;
  NdProxy nd_proxy;
  MacNat mac_nat;
};

Composition::Composition(const SwitchConfig& config, const Network& network, BufferPool& pool,
                         CompositionObserver* observer)
    : parts_(std::make_unique<Parts>(config, network, pool, observer)) {}

Composition::~Composition() = default;

PortId Composition::add_port(std::string name, Port& port, const PortSettings& settings,
                             PortCounters& counters) {
  if (settings.trunk && parts_->network.translated && settings.role == PortRole::Guest) {
    throw Error(ErrorCode::Unsupported,
                name +
                    ": a trunk port binds no address, so over a translated uplink nothing could "
                    "come back to it",
                "attach it with --policy guest, or make the switch with --translate off", name);
  }
  const PortId id = parts_->sw.add_port(std::move(name), port, settings, counters);
  const bool bound = settings.role != PortRole::Guest || settings.binding_limit == 0 ||
                     parts_->neighbors.add_port(id, settings.binding_limit);
  if (!bound) {
    parts_->sw.remove_port(id);
    throw Error(ErrorCode::LimitReached,
                "the switch has " + std::to_string(limits::kGuestPorts) + " guest ports, the limit",
                "detach a port, or make a second switch");
  }
  if (settings.role == PortRole::Uplink) parts_->pin_station({});
  return id;
}

void Composition::remove_port(PortId id) noexcept {
  parts_->neighbors.remove_port(id);
  parts_->dhcp.forget(id);
  parts_->mac_nat.forget_port(id);
  parts_->sw.remove_port(id);
}

void Composition::change_settings(PortId id, const PortSettings& settings) {
  parts_->sw.change_settings(id, settings);
  if (settings.role == PortRole::Guest) parts_->neighbors.add_port(id, settings.binding_limit);
}

void Composition::guest_gone(PortId id) noexcept {
  parts_->neighbors.flush_port(id);
  parts_->dhcp.forget(id);
  parts_->mac_nat.forget_port(id);
}

void Composition::set_network(const Network& network, Nanos now) {
  Parts& parts = *parts_;
  const MacAddress old = std::exchange(parts.network, network).station;
  for (const IpPrefix& address : network.host) parts.neighbors.remove(address.address);
  if (network.station == old) return;
  parts.pin_station(old);
  if (network.translated && !network.station.is_zero()) parts.announcer.station_changed(now);
}

void Composition::station_associated(Nanos now) noexcept {
  parts_->announcer.station_associated(now);
}

void Composition::forget_network() noexcept {
  constexpr bool kKeepStatic = true;
  parts_->neighbors.remove_all(kKeepStatic);
  parts_->heard.clear();
  parts_->announcer.forget_network();
  parts_->arp_proxy.forget_network();
  parts_->nd_proxy.forget_network();
  parts_->mac_nat.forget_network();
  if (parts_->sw.ports().uplink() != kNoPort) {
    parts_->sw.macs().flush(parts_->sw.ports().uplink(), false);
  }
}

void Composition::set_keepalive(bool on) noexcept { parts_->announcer.set_keepalive(on); }

void Composition::set_answers(Answers answers) noexcept {
  parts_->arp_proxy.set_answers(answers);
  parts_->nd_proxy.set_answers(answers);
}

void Composition::set_translation(const MacNatSettings& settings) {
  parts_->mac_nat.set_settings(settings);
}

void Composition::set_host_groups(std::span<const IpAddress> groups) {
  parts_->mac_nat.set_host_groups(groups);
}

Switch& Composition::sw() noexcept { return parts_->sw; }
NeighborTable& Composition::neighbors() noexcept { return parts_->neighbors; }
const Network& Composition::network() const noexcept { return parts_->network; }
const Heard& Composition::heard() const noexcept { return parts_->heard; }
Prober& Composition::prober() noexcept { return parts_->prober; }

}  // namespace laneway

#include "tests/support/scenario.h"

#include <algorithm>

#include "switch/error.h"
#include "tests/support/offload.h"

namespace laneway::test {

namespace {

constexpr std::uint8_t kMachineLast = 10;
constexpr std::uint8_t kPoolFirst = 101;
constexpr Ipv4Address kLan{0xc0a84d00};

MacAddress plus(MacAddress base, std::size_t n) {
  return MacAddress::from_number(base.number() + n);
}

}  // namespace

MacAddress guest_mac(std::size_t n) { return plus(kGuestAMac, n); }
MacAddress lan_mac(std::size_t n) { return plus(kLanMac, n); }
IpPrefix lan_v4(std::uint8_t last) { return {Ipv4Address{kLan.number + last}, 24}; }

IpPrefix lan_v6(std::uint8_t last) {
  Ipv6Address address = *Ipv6Address::parse("2001:db8:77::");
  address.octets.back() = last;
  return {address, 64};
}

Guest::Guest(Timeline& timeline, MacAddress mac, Plug& at)
    : plug(at), host(timeline, mac, [this](const Bytes& frame) { transmit(frame); }), dhcp(host) {}

void Guest::transmit(Bytes frame) {
  plug.frames.push_back({host.timeline().now(), Way::Up, {}, frame});
  const auto header = offloads ? leave_offloads(frame, *offloads) : std::nullopt;
  if (header) {
    plug.send(frame, *header);
  } else {
    plug.port.send_from_outside(frame);
  }
}

bool Plug::send(const Bytes& bytes, const VnetHeader& header) {
  Buffer* frame = make_buffer(pool, bytes);
  if (frame == nullptr) return false;
  if (accept_vnet_header(*frame, header) && port.send_from_outside(frame)) return true;
  free_buffer(frame);
  return false;
}

Scenario::Scenario(const ScenarioOptions& options)
    : options_(options),
      pool_(options.buffers),
      composition_(options.config, network_of(options), pool_, &noticed_),
      ap_(timeline_, kBssid, options.ap) {
  attach_uplink();
  attach_machine();
  attach_router();
}

// Ports go before the pool does, and what they hold with them.
Scenario::~Scenario() {
  for (const auto& plug : plugs_) {
    if (plug->id != kNoPort) composition_.remove_port(plug->id);
  }
}

Network Scenario::network_of(const ScenarioOptions& options) const {
  Network network;
  network.translated = options.translated;
  network.wifi = options.wifi;
  network.station = kStaMac;
  network.own = kOwnMac;
  network.host = {lan_v4(kMachineLast), {Ipv6Address::link_local(kStaMac), 64}};
  network.gateways = {{.address = kRouterV4, .mac = kRouterMac}};
  return network;
}

Plug& Scenario::plug_in(const std::string& name, const PortSettings& settings,
                        const PortLimits& limits) {
  plugs_.push_back(std::make_unique<Plug>(pool_, name, limits));
  Plug& plug = *plugs_.back();
  plug.id = composition_.add_port(name, plug.port, settings, plug.counters);
  return plug;
}

void Scenario::attach_uplink() {
  PortSettings settings = PortSettings::for_uplink(
      options_.wifi, static_cast<std::uint32_t>(options_.config.mac_limit));
  settings.mac = kStaMac;
  uplink_ = &plug_in("uplink", settings);
  uplink_->deliver = [this](const Bytes& frame) { ap_.from_station(station_, frame); };
  // The adapter's frames are heard by the machine and by the switch.
  station_ = ap_.add_station(kStaMac, [this](const Bytes& frame) {
    uplink_->port.send_from_outside(frame);
    machine_->receive(frame);
  });
}

void Scenario::attach_machine() {
  machine_ = std::make_unique<Host>(
      timeline_, kStaMac, [this](const Bytes& frame) { ap_.from_station(station_, frame); });
  machine_->add_address_unasked(lan_v4(kMachineLast));
  machine_->add_address_unasked({Ipv6Address::link_local(kStaMac), 64});
  machine_->set_gateway(kRouterV4);
  if (!options_.host_port) return;
  host_plug_ = &plug_in("host", PortSettings::for_host(kOwnMac));
  host_plug_->deliver = [this](const Bytes& frame) { machine_->receive_routed(frame); };
}

void Scenario::attach_router() {
  constexpr LanPortId kPlace{0};
  router_ = std::make_unique<Host>(timeline_, kRouterMac,
                                   [this](const Bytes& frame) { ap_.from_lan(kPlace, frame); });
  ap_.add_lan_port([this](const Bytes& frame) { router_->receive(frame); });
  router_->add_address_unasked(lan_v4(1));
  router_->add_address_unasked(lan_v6(1));
  router_->add_address_unasked({Ipv6Address::link_local(kRouterMac), 64});
  router_->add_remote(kInternetV4);
  router_->add_remote(kInternetV6);
  dhcp_ = std::make_unique<DhcpServer>(*router_,
                                       DhcpServerOptions{.first = lan_v4(kPoolFirst).address.v4()});
}

void Scenario::start_ra() {
  ra_ = std::make_unique<Router>(*router_, Router::Options{.prefix = {lan_v6(0).address, 64}});
}

Guest& Scenario::add_guest(PortSettings settings, const PortLimits& limits) {
  const std::size_t n = guests_.size();
  if (settings.mac.is_zero()) settings.mac = guest_mac(n);
  Plug& plug = plug_in("vm" + std::to_string(n + 1), settings, limits);
  guests_.push_back(std::make_unique<Guest>(timeline_, settings.mac, plug));
  Guest& guest = *guests_.back();
  plug.deliver = [this, &guest](const Bytes& frame) {
    guest.plug.frames.push_back({now(), Way::Down, {}, frame});
    guest.host.receive(frame);
  };
  foreign_.insert(settings.mac);
  return guest;
}

void Scenario::remove_guest(Guest& guest) {
  composition_.remove_port(guest.plug.id);
  guest.plug.id = kNoPort;
  lead_machine_to_guests();
}

Host& Scenario::add_lan_host(std::uint8_t last) {
  hosts_.push_back(nullptr);
  const LanPortId place{static_cast<std::uint8_t>(ap_.lan_ports())};
  auto& host = hosts_.back() =
      std::make_unique<Host>(timeline_, lan_mac(hosts_.size()),
                             [this, place](const Bytes& frame) { ap_.from_lan(place, frame); });
  ap_.add_lan_port([at = host.get()](const Bytes& frame) { at->receive(frame); });
  host->add_address_unasked(lan_v4(last));
  host->add_address_unasked({Ipv6Address::link_local(host->mac()), 64});
  host->set_gateway(kRouterV4);
  return *host;
}

Host& Scenario::add_station(std::uint8_t last) {
  hosts_.push_back(nullptr);
  const MacAddress mac = lan_mac(hosts_.size());
  // The place is known only once it is taken, and nothing is sent before.
  auto place = std::make_shared<StationId>();
  auto& host = hosts_.back() = std::make_unique<Host>(
      timeline_, mac, [this, place](const Bytes& frame) { ap_.from_station(*place, frame); });
  *place = ap_.add_station(mac, [at = host.get()](const Bytes& frame) { at->receive(frame); });
  host->add_address_unasked(lan_v4(last));
  host->add_address_unasked({Ipv6Address::link_local(mac), 64});
  host->set_gateway(kRouterV4);
  return *host;
}

// What the daemon does of HOST-2: the machine reaches each guest past the adapter.
void Scenario::lead_machine_to_guests() {
  const std::uint64_t version = composition_.neighbors().version();
  if (host_plug_ == nullptr || version == led_version_) return;
  led_version_ = version;
  std::set<IpAddress> bound;
  composition_.neighbors().for_each([&](const Neighbor& neighbor) {
    const bool led =
        neighbor.state == NeighborState::Valid || neighbor.state == NeighborState::Stale;
    if (!led || neighbor.address.is_link_local()) return;
    bound.insert(neighbor.address);
    machine_->add_route(neighbor.address, kOwnMac, neighbor.mac,
                        [this](const Bytes& frame) { host_plug_->port.send_from_outside(frame); });
  });
  for (const IpAddress& address : led_) {
    if (!bound.contains(address)) machine_->remove_route(address);
  }
  led_ = std::move(bound);
}

bool Scenario::poll_all() {
  bool moved = false;
  for (std::size_t i = 0; i < plugs_.size(); ++i) {
    Plug& plug = *plugs_[i];
    if (plug.id == kNoPort) continue;
    moved |= composition_.sw().poll(plug.id, now()) > 0;
  }
  lead_machine_to_guests();
  for (std::size_t i = 0; i < plugs_.size(); ++i) {
    while (Buffer* frame = plugs_[i]->port.take()) {
      moved = true;
      for (const Bytes& bytes : on_wire(frame)) plugs_[i]->deliver(bytes);
    }
  }
  return moved;
}

void Scenario::settle() {
  for (int round = 0; round < kMaxRounds; ++round) {
    timeline_.advance(now());
    if (!poll_all() && timeline_.next().value_or(now() + Nanos{1}) > now()) return;
  }
  throw Error(ErrorCode::Internal, "run the scenario: it never comes to rest");
}

// To the next thing that happens, at most to `end`.
void Scenario::step(Nanos end) {
  timeline_.advance(std::min({end, next_tick_, timeline_.next().value_or(end)}));
  settle();
  if (now() < next_tick_) return;
  composition_.sw().tick(now());
  next_tick_ += Switch::kTickInterval;
  settle();
}

void Scenario::run_for(Nanos time) {
  const Nanos end = now() + time;
  settle();
  while (now() < end) step(end);
}

bool Scenario::run_until(const std::function<bool()>& done, Nanos limit) {
  const Nanos end = now() + limit;
  settle();
  while (!done() && now() < end) step(end);
  return done();
}

void Scenario::set_network(const std::function<void(Network&)>& change) {
  Network network = composition_.network();
  change(network);
  composition_.set_network(network, now());
}

void Scenario::change_station(MacAddress mac) {
  ap_.change_mac(station_, mac);
  machine_->set_mac(mac);
  PortSettings settings = composition_.sw().ports()[uplink_->id].settings;
  settings.mac = mac;
  composition_.change_settings(uplink_->id, settings);
  set_network([&](Network& network) { network.station = mac; });
}

std::uint64_t Scenario::drops(Drop reason) const {
  std::uint64_t sum = 0;
  for (const auto& plug : plugs_) sum += drops(*plug, reason);
  return sum;
}

}  // namespace laneway::test

// tests/support/scenario.h: a whole switch in its world: guests on ports in memory, an uplink
// behind an access point, a router and hosts on the LAN, the machine itself at its host port.
//
// The switch is the product's own composition on heap buffers; time is virtual, seeds are fixed,
// the order of everything is the same each time. LAN: 192.168.77.0/24 and 2001:db8:77::/64.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/compose.h"
#include "ports/memory_port.h"
#include "ports/vnet_header.h"
#include "tests/support/dhcp_client.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/host.h"
#include "tests/support/lan.h"
#include "tests/support/router.h"
#include "tests/support/strict_ap.h"
#include "tests/support/timeline.h"

namespace laneway::test {

// More of a kind; n from 0.
MacAddress guest_mac(std::size_t n);  // kGuestAMac and on
MacAddress lan_mac(std::size_t n);    // kLanMac and on
IpPrefix lan_v4(std::uint8_t last);   // 192.168.77.LAST/24
IpPrefix lan_v6(std::uint8_t last);   // 2001:db8:77::LAST/64
inline const IpAddress kRouterV4 = lan_v4(1).address;
inline const IpAddress kMachineV4 = lan_v4(10).address;
inline const IpAddress kInternetV4 = *IpAddress::parse("198.51.100.7");  // behind the router
inline const IpAddress kInternetV6 = *IpAddress::parse("2001:db8:ffff::7");

struct ScenarioOptions {
  bool translated = true;
  bool wifi = true;  // of the uplink's settings; `ap` is there in any case
  bool host_port = true;
  ApOptions ap{};
  SwitchConfig config{.seed = 1};
  std::size_t buffers = 65536;
};

struct PortLimits {
  std::size_t queue = MemoryPort::kDefaultQueue;  // frames
  std::size_t max_frame_bytes = kMaxFrameBytes;
};

// A port of the switch and who is behind it. What leaves by it is heard as on a wire: checksums
// summed, segments cut.
struct Plug {
  Plug(BufferPool& from, std::string called, const PortLimits& limits)
      : pool(from), port(from, limits.queue, limits.max_frame_bytes), name(std::move(called)) {}
  // A frame with a virtio-net header comes in. False, as at a real port, if that contradicts the
  // frame, or there is no room.
  bool send(const Bytes& frame, const VnetHeader& header);

  BufferPool& pool;
  MemoryPort port;
  PortCounters counters;
  std::string name;
  PortId id = kNoPort;
  std::function<void(const Bytes&)> deliver;  // what leaves by the port
  FrameLog frames;                            // at a guest: all it sent (Up) and heard (Down)
};

struct Guest {
  Guest(Timeline& timeline, MacAddress mac, Plug& at);
  void transmit(Bytes frame);

  Plug& plug;
  // Its card leaves checksums to others, and frames to be cut into segments of so many bytes.
  std::optional<std::size_t> offloads;
  Host host;
  DhcpClient dhcp;
};

// What the switch noticed, in order.
struct Noticed final : CompositionObserver {
  std::vector<std::pair<IpAddress, MacAddress>> conflicts;
  std::vector<IpAddress> ended;  // bindings
  std::vector<Ipv6Address> proxied_ras;
  bool relayed = false;  // some lease came only by the relay

  void conflict(const IpAddress& address, MacAddress mac) noexcept override {
    conflicts.emplace_back(address, mac);
  }
  void gone(const Neighbor& neighbor) noexcept override { ended.push_back(neighbor.address); }
  void proxied_ra(const Ipv6Address& router) noexcept override { proxied_ras.push_back(router); }
  void leased(const IpAddress&, PortId, bool by_relay) noexcept override { relayed |= by_relay; }
};

class Scenario {
 public:
  static constexpr int kMaxRounds = 100'000;  // in one instant: more is a loop

  explicit Scenario(const ScenarioOptions& options = {});
  ~Scenario();

  // A guest on a port of its own, its link up and without addresses; `settings.mac` is set if zero.
  Guest& add_guest(PortSettings settings = {}, const PortLimits& limits = {});
  // Detaches it; the object stays, what it says goes nowhere.
  void remove_guest(Guest& guest);
  Host& add_lan_host(std::uint8_t last);  // has lan_v4(last) and a link-local address
  Host& add_station(std::uint8_t last);   // another station of the access point, likewise

  Host& router() { return *router_; }    // 192.168.77.1, the Internet behind it
  DhcpServer& dhcp() { return *dhcp_; }  // on the router; its pool starts at 192.168.77.101
  void start_ra();                       // the router advertises 2001:db8:77::/64 from now on
  Router& ra() { return *ra_; }
  Host& machine() { return *machine_; }  // 192.168.77.10, on the adapter and at the host port
  StrictAp& ap() { return ap_; }
  StationId station() const { return station_; }
  Plug& uplink() { return *uplink_; }
  Plug& host_port() { return *host_plug_; }

  // Lets time pass. Throws Error (Internal) if something never comes to rest.
  void run_for(Nanos time);
  // The same until `done`, at most `limit`; whether it was.
  bool run_until(const std::function<bool()>& done, Nanos limit);
  Nanos now() const { return timeline_.now(); }
  Timeline& timeline() { return timeline_; }

  // The adapter gets another address, and the switch is told at once.
  void change_station(MacAddress mac);
  void set_network(const std::function<void(Network&)>& change);

  Composition& composition() { return composition_; }
  const Neighbor* binding(const IpAddress& address) {
    return composition_.neighbors().find(address);
  }
  std::uint64_t drops(Drop reason) const;  // over all ports
  std::uint64_t drops(const Plug& plug, Drop reason) const {
    return plug.counters.drop_frames[index(reason)].get();
  }
  const Noticed& noticed() const { return noticed_; }

  // What does not hold of the ledgers, and on a translated uplink of the oracle of the air (A01):
  // every frame up has the station's source, none a guest's address in ARP or ND. See
  // scenario_laws.cc. Empty if all is well.
  std::vector<std::string> broken_laws();
  std::vector<std::string> foreign_on_air() const;

 private:
  Plug& plug_in(const std::string& name, const PortSettings& settings,
                const PortLimits& limits = {});
  Network network_of(const ScenarioOptions& options) const;
  void attach_uplink();
  void attach_machine();
  void attach_router();
  void lead_machine_to_guests();
  bool poll_all();
  void settle();
  void step(Nanos end);

  ScenarioOptions options_;
  Timeline timeline_;
  HeapBuffers pool_;
  Noticed noticed_;
  Composition composition_;
  StrictAp ap_;
  std::vector<std::unique_ptr<Plug>> plugs_;
  std::vector<std::unique_ptr<Guest>> guests_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::unique_ptr<Host> router_;
  std::unique_ptr<Host> machine_;
  std::unique_ptr<DhcpServer> dhcp_;
  std::unique_ptr<Router> ra_;
  StationId station_{};
  Plug* uplink_ = nullptr;
  Plug* host_plug_ = nullptr;
  std::set<MacAddress> foreign_;   // addresses that must not be on the air
  std::set<IpAddress> led_;        // guests' addresses that the machine has a route for
  std::uint64_t led_version_ = 0;  // of the bindings
  Nanos next_tick_ = Switch::kTickInterval;
};

}  // namespace laneway::test

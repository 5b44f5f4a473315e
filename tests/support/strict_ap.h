// tests/support/strict_ap.h: an access point in memory that is as strict as real ones: a station
// may send from its own address only, and hears only what is for that address or for all.
//
// Stands between stations, any number of LAN ports and the clock. Keys, retries, rates, power
// saving and scanning are not modelled. What it does was measured with hostapd and mac80211_hwsim;
// a case in which they differ from it corrects it.
//
// Invariants: every frame has one end: arrived + said + copied = delivered + Σ ended + in_flight.
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "switch/types.h"
#include "tests/support/ap_options.h"
#include "tests/support/frame_log.h"
#include "tests/support/nd_message.h"
#include "tests/support/timeline.h"

namespace laneway::test {

class StrictAp {
 public:
  static constexpr Nanos kReorderDelay = std::chrono::milliseconds{5};
  using Deliver = std::function<void(const Bytes&)>;
  struct Deauthentication {
    Nanos time{};
    MacAddress address{};  // the foreign source that it is sent to
  };

  // `timeline` must outlive the AP.
  StrictAp(Timeline& timeline, MacAddress bssid, const ApOptions& options);

  // Adds an associated station, or a host's place on the LAN; `deliver` is called from the
  // timeline.
  StationId add_station(MacAddress mac, Deliver deliver);
  LanPortId add_lan_port(Deliver deliver);
  std::size_t lan_ports() const { return lan_ports_.size(); }

  void from_station(StationId station, Bytes frame);
  void from_lan(LanPortId port, Bytes frame);

  void associate(StationId station);
  void deauthenticate(StationId station);
  // To another access point of the same network: frames on the air to it are lost, and the LAN is
  // told.
  void roam(StationId station, MacAddress bssid);
  // The station comes back with another address; what the AP knew of the old one is gone.
  void change_mac(StationId station, MacAddress mac);

  MacAddress mac_of(StationId station) const { return at(station).mac; }
  ApOptions& options() { return options_; }
  const ApCounters& counters() const { return counters_; }
  const FrameLog& air() const { return air_; }  // each transmission once
  const FrameLog& lan() const { return lan_; }
  const std::vector<Deauthentication>& deauthentications() const { return deauthentications_; }
  void clear_logs();

 private:
  struct Station {
    MacAddress mac;
    Deliver deliver;
    bool associated = true;
    std::uint64_t session = 0;              // frames for an older one are lost
    std::optional<Ipv4Address> first_ip{};  // heard from it
    std::optional<Ipv4Address> leased{};    // proxy_arp: of the last ACK for its address
    std::set<Ipv6Address> neighbors{};      // proxy_arp: of its NS
  };
  // A frame inside the AP; `from` is empty if it came from the LAN or is the AP's own.
  struct Transit {
    Bytes frame;
    std::optional<StationId> from{};
    std::optional<LanPortId> lan_from{};
  };

  Station& at(StationId id) { return stations_[static_cast<std::size_t>(id)]; }
  const Station& at(StationId id) const { return stations_[static_cast<std::size_t>(id)]; }
  std::optional<StationId> station_with(MacAddress mac) const;
  void end(ApEnd why) { ++counters_.ended[static_cast<std::size_t>(why)]; }

  bool admits(StationId id, const Bytes& frame);
  void bridge(const Transit& transit);
  // These hand the frame on, and say why if they could hand it to nobody.
  ApEnd bridge_unicast(const Transit& transit);
  ApEnd bridge_group(const Transit& transit);
  void send_group_down(const Transit& transit);
  void send_as_unicast(const Transit& transit);
  void transmit(const Bytes& frame, const std::vector<StationId>& receivers);
  void receive(StationId id, const Bytes& frame);
  void send_to_lan(const Bytes& frame, LanPortId port);
  void flood_to_lan(const Transit& transit);
  void through(const Channel& channel, const Timeline::Action& arrive);
  bool happens(double ratio);
  std::vector<StationId> associated() const;

  // strict_ap_proxy.cc
  void learn_lease(const Bytes& frame);
  void learn_neighbor(const Bytes& frame);
  bool answered_by_proxy(const Transit& transit);
  bool answer_arp(const Transit& transit);
  bool answer_solicitation(const Transit& transit);
  void say(const Bytes& frame, const Transit& question);

  Timeline& timeline_;
  MacAddress bssid_;
  ApOptions options_;
  std::mt19937_64 random_;
  std::vector<Station> stations_;
  std::vector<Deliver> lan_ports_;
  std::map<MacAddress, LanPortId> learnt_;
  ApCounters counters_;
  std::uint64_t handed_ = 0;  // to stations and LAN ports
  FrameLog air_;
  FrameLog lan_;
  std::vector<Deauthentication> deauthentications_;
};

}  // namespace laneway::test

// tests/support/host.h: a small IP host: ARP with conflict detection (RFC 826, 5227), Neighbor
// Discovery with DAD, SLAAC and redirects (RFC 4861, 4862, 7527), ping, UDP, multicast membership.
//
// Stands on a guest port, on the LAN, or for the machine that the switch runs on. Shares no code
// with bridge/ and proxy/, so that the two can disagree.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "tests/support/host_records.h"
#include "tests/support/nd_message.h"
#include "tests/support/packet.h"
#include "tests/support/resolver.h"
#include "tests/support/timeline.h"

namespace laneway::test {

class Host {
 public:
  using Send = std::function<void(Bytes)>;
  using UdpHandler = std::function<void(const UdpDatagram&, const IpPacket&)>;
  using IpHandler = std::function<void(const IpPacket&)>;
  using NdHandler = std::function<void(const IpPacket&, const NdMessage&)>;

  // `send` puts a frame on the medium. `timeline` must outlive the host.
  Host(Timeline& timeline, MacAddress mac, Send send, std::uint64_t seed = 1);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  void receive(const Bytes& frame);
  // An IP packet that came by the way of add_route(), whatever address its frame has.
  void receive_routed(const Bytes& frame);
  // Sends a frame as it is.
  void send_frame(Bytes frame);
  MacAddress mac() const { return mac_; }
  void set_mac(MacAddress mac) { mac_ = mac; }
  Timeline& timeline() { return timeline_; }

  // Takes an address after nobody objected (RFC 5227 §2.1.1: up to 7 s; RFC 4862 §5.4: 1 s), or at
  // once.
  void add_address(const IpPrefix& prefix);
  void add_address_unasked(const IpPrefix& prefix);
  void remove_address(const IpAddress& address) { addresses_.erase(address); }
  AddressState state_of(const IpAddress& address) const;
  std::optional<IpAddress> address(Family family) const;  // its first preferred one, no link-local
  // Link-local address, router solicitation, and an address for each prefix that a router offers.
  void start_ipv6();
  void announce(const IpAddress& address);

  void set_gateway(const IpAddress& gateway) { gateways_[gateway.family] = gateway; }
  std::optional<IpAddress> gateway(Family family) const;
  // Answers for `address` as if it forwarded to it: the Internet behind a router.
  void add_remote(const IpAddress& address) { remotes_.insert(address); }
  // What leads past the adapter: frames from `source` to `mac` through `send` for one address.
  void add_route(const IpAddress& address, MacAddress source, MacAddress mac, Send send);
  void remove_route(const IpAddress& address) { routes_.erase(address); }

  PingId ping(const IpAddress& target, int count = 1, Nanos interval = std::chrono::seconds{1},
              std::size_t payload_bytes = 56);
  const PingResult& result(PingId id) const { return pings_.at(id); }

  // The address that it speaks from to `destination`; nullopt without one.
  std::optional<IpAddress> source_for(const IpAddress& destination) const;
  // Routes, resolves, sends; the source is chosen if it is unspecified. False without a source.
  bool send_ip(IpPacket packet);
  void send_udp(UdpDatagram datagram, bool with_checksum = true);
  void on_udp(std::uint16_t port, UdpHandler handler) { udp_[port] = std::move(handler); }
  void on_ip(std::uint8_t protocol, IpHandler handler) { ip_[protocol] = std::move(handler); }
  void on_nd(NdType type, NdHandler handler) { nd_[type] = std::move(handler); }
  void join(const IpAddress& group);
  void leave(const IpAddress& group);

  Resolver& neighbors() { return resolver_; }
  const HostCounters& counters() const { return counters_; }
  const std::vector<IcmpError>& icmp_errors() const { return icmp_errors_; }
  const FrameLog& received() const { return received_; }  // all that its adapter heard
  void clear_received() { received_.clear(); }
  std::optional<IpAddress> redirect_of(const IpAddress& destination) const;
  void set_router(bool router) { router_ = router; }  // R of its advertisements
  void use_nonces(bool nonces) { nonces_ = nonces; }  // RFC 7527

 private:
  struct Route {
    MacAddress source;
    MacAddress mac;
    Send send;
  };

  // host.cc
  void ip_input(const IpPacket& packet);
  bool is_for_me(const IpAddress& destination) const;
  void icmp_input(const IpPacket& packet);
  void answer_echo(const IpPacket& packet, std::uint8_t reply);
  void note_echo_reply(const IpPacket& packet);
  void note_icmp_error(const IpPacket& packet);
  void send_echo(PingId id, const IpAddress& target, std::uint16_t sequence, std::size_t bytes);
  std::optional<IpAddress> next_hop(const IpAddress& destination) const;
  void emit(MacAddress to, const IpPacket& packet);
  // host_addresses.cc
  void probe_next(const IpAddress& address, std::uint64_t attempt);
  void settle(const IpAddress& address);
  void conflict(OwnAddress& mine);
  OwnAddress* own(const IpAddress& address);
  bool is_preferred(const IpAddress& address) const;
  Nanos random_time(Nanos least, Nanos most);
  // host_arp.cc, host_nd.cc
  void arp_input(const ArpMessage& arp);
  void send_arp(MacAddress to, const ArpMessage& message);
  void ask(const IpAddress& target, std::optional<MacAddress> known);
  void nd_input(const IpPacket& packet, const NdMessage& nd);
  void solicitation_input(const IpPacket& packet, const NdMessage& nd);
  void advertisement_input(const NdMessage& nd);
  void router_input(const IpPacket& packet, const NdMessage& nd);
  void redirect_input(const IpPacket& packet, const NdMessage& nd);
  void advertise(const Ipv6Address& target, const Ipv6Address& to, MacAddress mac, bool solicited);

  Timeline& timeline_;
  MacAddress mac_;
  Send send_;
  std::mt19937_64 random_;
  Resolver resolver_;
  std::map<IpAddress, OwnAddress> addresses_;
  std::map<Family, IpAddress> gateways_;
  std::map<IpAddress, IpAddress> redirects_;
  std::set<IpAddress> remotes_;
  std::map<IpAddress, Route> routes_;
  std::set<IpAddress> groups_;
  std::map<PingId, PingResult> pings_;
  std::set<std::pair<PingId, std::uint16_t>> answered_;
  std::map<std::uint16_t, UdpHandler> udp_;
  std::map<std::uint8_t, IpHandler> ip_;
  std::map<NdType, NdHandler> nd_;
  std::vector<IcmpError> icmp_errors_;
  HostCounters counters_;
  FrameLog received_;
  std::uint64_t attempts_ = 0;
  std::uint16_t packets_ = 0;
  bool slaac_ = false;
  bool router_ = false;
  bool nonces_ = false;
};

}  // namespace laneway::test

// tests/proxy/proxy_fixture.h: the stages of proxy/ on two guests, a host port and an uplink, one
// frame at a time, without a switch around them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ports/memory_port.h"
#include "proxy/arp_proxy.h"
#include "proxy/nd_proxy.h"
#include "proxy/neighbor_learner.h"
#include "proxy/port_policy.h"
#include "switch/dhcp_transactions.h"
#include "switch/wire/arp.h"
#include "switch/wire/frame_builder.h"
#include "switch/wire/ndp.h"
#include "tests/support/lan.h"

namespace laneway::test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Bytes = std::vector<std::byte>;

constexpr MacAddress kMacA = kGuestAMac;
constexpr MacAddress kMacB = kGuestBMac;
constexpr MacAddress kOwn = kOwnMac;
constexpr MacAddress kStation = kStaMac;
constexpr MacAddress kGatewayMac = kRouterMac;

inline Ipv4Address v4(const char* text) { return *Ipv4Address::parse(text); }
inline Ipv6Address v6(const char* text) { return *Ipv6Address::parse(text); }
inline const Ipv4Address kA4 = v4("192.168.77.21");
inline const Ipv4Address kB4 = v4("192.168.77.22");
inline const Ipv4Address kHost4 = v4("192.168.77.10");
inline const Ipv4Address kGateway4 = v4("192.168.77.1");
inline const Ipv4Address kLan4 = v4("192.168.77.50");
inline const Ipv6Address kA6 = v6("2001:db8:77::21");
inline const Ipv6Address kB6 = v6("2001:db8:77::22");
inline const Ipv6Address kHost6 = v6("2001:db8:77::10");
inline const Ipv6Address kHostLink6 = v6("fe80::10");
inline const Ipv6Address kGateway6 = v6("fe80::1");
inline const Ipv6Address kLan6 = v6("2001:db8:77::50");

// Of std::array or a span.
template <class Frame>
Bytes bytes_of(const Frame& frame) {
  return {frame.begin(), frame.end()};
}

inline PortSettings guest_at(MacAddress mac) {
  PortSettings settings;
  settings.mac = mac;
  return settings;
}

// What became of one frame.
struct Outcome {
  Action action = Action::Forward;
  Drop reason = Drop::Short;
  std::optional<PortSet> scope;
  Bytes bytes;

  bool passed() const { return action == Action::Forward; }
  bool replied() const { return action == Action::Reply; }
  std::string verdict() const {
    if (action == Action::Drop) return std::string(name_of(reason));
    return passed() ? "forward" : "reply";
  }
  wire::ArpFields arp() { return wire::ArpView::parse(std::span(bytes).subspan(14))->fields(); }
  std::optional<wire::NdView> nd() {
    const auto ip = wire::Ipv6View::parse(std::span(bytes).subspan(14));
    return ip ? wire::NdParse::of(*ip).view : std::nullopt;
  }
};

class ProxyFixture : public testing::Test {
 protected:
  ProxyFixture() {
    a = add(guest_at(kMacA));
    b = add(guest_at(kMacB));
    uplink = add(PortSettings::for_uplink(true, 4096));
    host = add(PortSettings::for_host(kOwn));
    for (const PortId port : {a, b}) neighbors.add_port(port, limits::kPortBindings);
    network.translated = true;
    network.station = kStation;
    network.own = kOwn;
    network.host = {*IpPrefix::parse("192.168.77.10/24"), *IpPrefix::parse("2001:db8:77::10/64"),
                    *IpPrefix::parse("fe80::10/64")};
    network.closed = {*IpPrefix::parse("172.17.0.0/16")};
    network.gateways = {{.address = kGateway4, .mac = kGatewayMac},
                        {.address = kGateway6, .mac = kGatewayMac}};
  }
  ~ProxyFixture() override {
    outbox.clear();
    EXPECT_EQ(pool.in_use(), 0U);
  }

  PortId add(PortSettings settings) {
    counters_.push_back(std::make_unique<PortCounters>());
    ports_.push_back(std::make_unique<MemoryPort>(pool));
    return ports.add("p" + std::to_string(ports_.size()), *ports_.back(), std::move(settings),
                     *counters_.back());
  }

  // One frame through the stages of its port's role; bridge/ has no part in it.
  Outcome send(PortId port, const Bytes& bytes) {
    Burst burst;
    Frame& frame = burst.add(frame_of(make_buffer(pool, bytes), port));
    classify(frame);
    const PortRole role = ports[port].settings.role;
    if (role != PortRole::Uplink) policy.process(burst, kNoPort, now);
    if (role == PortRole::Guest) learner.process(burst, kNoPort, now);
    arp_proxy.process(burst, kNoPort, now);
    nd_proxy.process(burst, kNoPort, now);
    Outcome outcome{frame.action, frame.reason, std::nullopt, Bytes(frame.length)};
    if (frame.scope != 0) outcome.scope = burst.scope_of(frame);
    read_buffer(*frame.buffer, outcome.bytes);
    free_buffer(frame.buffer);
    return outcome;
  }
  template <class Frame>
  Outcome send(PortId port, const Frame& frame) {
    return send(port, bytes_of(frame));
  }

  // What the stages said of their own to `port` since the last call.
  std::vector<Outcome> said(PortId port) {
    std::vector<Outcome> frames;
    for (const Outbox::Said& said : outbox.said()) {
      if (said.port != port) continue;
      frames.push_back({});
      frames.back().bytes.resize(said.buffer->pkt_len);
      read_buffer(*said.buffer, frames.back().bytes);
    }
    outbox.clear();
    return frames;
  }
  void tick(Nanos at) {
    now = at;
    learner.tick(now);
  }

  const Neighbor* binding(const IpAddress& address) { return neighbors.find(address); }
  void bind(PortId port, const IpAddress& address) {
    const bool is_ipv4 = address.family == Family::Ipv4;
    neighbors.valid({address, port == a ? kMacA : kMacB, port},
                    is_ipv4 ? NeighborOrigin::Arp : NeighborOrigin::Nd, now);
  }

  // Frames of ND in a room of the fixture's; valid until the next.
  std::span<std::byte> ns(MacAddress mac, const Ipv6Address& from, const Ipv6Address& target) {
    const Ipv6Address group = target.solicited_node();
    return wire::build_ns(room_, {group.multicast_mac(), mac}, {from, group, target});
  }
  std::span<std::byte> dad(MacAddress mac, const Ipv6Address& target) {
    return wire::build_dad_ns(room_, mac, target);
  }
  std::span<std::byte> unsolicited_na(MacAddress mac, const Ipv6Address& address) {
    return wire::build_unsolicited_na(room_, mac, address, false);
  }
  std::span<std::byte> udp(MacAddress from, const IpAddress& source, const IpAddress& destination,
                           MacAddress to = kGatewayMac) {
    wire::FrameBuilder frame(room_);
    frame.ethernet({to, from});
    if (source.family == Family::Ipv4) {
      frame.ipv4({.source = source.v4(), .destination = destination.v4()});
    } else {
      frame.ipv6({.source = source.v6(), .destination = destination.v6()});
    }
    return frame.udp({1000, 2000}).be32(1).finish();
  }

  Nanos now = seconds{100};
  HeapBuffers pool;
  PortTable ports;
  NeighborTable neighbors{1};
  Network network;
  Heard heard;
  Outbox outbox{pool};
  DhcpTransactions dhcp;
  ProxyContext context{ports, neighbors, network, heard, outbox};
  AnswerLimits answer_limits;
  Defender defender{context};
  Prober prober{context};
  Announcer announcer{context};
  PortPolicy policy{ports, neighbors, network};
  NeighborLearner learner{context, dhcp, defender, prober, announcer};
  ArpProxy arp_proxy{context, answer_limits, 2};
  NdProxy nd_proxy{context, answer_limits, 3};
  PortId a{}, b{}, uplink{}, host{};

 private:
  std::vector<std::unique_ptr<PortCounters>> counters_;
  std::vector<std::unique_ptr<MemoryPort>> ports_;
  std::array<std::byte, 1024> room_{};
};

}  // namespace laneway::test

#include "cli/replay_ports.h"

#include <array>
#include <span>
#include <thread>

#include "cli/client.h"
#include "ports/open_port.h"
#include "ports/packet_port.h"
#include "ports/peer_source.h"
#include "ports/tap_port.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "switch/port_spec.h"

namespace laneway::cli {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kConnectLimit{5000};
constexpr milliseconds kSettleLimit{1000};  // without a frame more
constexpr milliseconds kStep{10};
constexpr mode_t kSocketMode = 0660;

Descriptor open_descriptor(const PortSpec& spec, bool hears) {
  switch (spec.kind) {
    case PortKind::Packet:
      // All frames of the interface, so that two replays, back to back, hear each other.
      return open_packet_socket({.interface = spec.where,
                                 .promiscuous = spec.promiscuous == PortSpec::Promiscuous::On,
                                 .filter = hears ? all_frames() : no_frames()});
    case PortKind::Tap:
      return open_tap({.name = spec.where, .mac = {}, .mtu = {}, .gso = spec.gso});
    case PortKind::Stream:
      return spec.connect ? Descriptor() : listen_on_stream(spec.where, kSocketMode);
    default:
      return Descriptor();
  }
}

// A peer is waited for: what leaves before would be lost.
void wait_for_link(Port& port, const std::string& name) {
  std::array<Buffer*, kBurstFrames> received;
  PortCounters counters;
  for (milliseconds waited{0}; port.link() != LinkState::Up; waited += kStep) {
    if (waited >= kConnectLimit) {
      throw Error(ErrorCode::Timeout, "replay: " + name + ": no peer within " +
                                          std::to_string(kConnectLimit.count() / 1000) + " s");
    }
    const std::size_t count = port.rx_burst(received, counters);
    for (Buffer* frame : std::span(received).first(count)) free_buffer(frame);
    if (port.link() != LinkState::Up) std::this_thread::sleep_for(kStep);
  }
}

LivePort open_named(const std::string& name, const PortSpec& spec, BufferPool& pool, bool hears) {
  PortResources resources{
      .pool = pool,
      .descriptor = open_descriptor(spec, hears),
      .mtu = PortSpec::kMaxMtu,  // what the medium cannot carry, it says itself
      .clock = [] { return std::chrono::steady_clock::now().time_since_epoch(); },
      .epoch = {}};
  LivePort live{name, open_port(spec, std::move(resources))};
  wait_for_link(*live.port, name);
  return live;
}

}  // namespace

LivePort open_live_port(const std::string& spec, BufferPool& pool, bool hears) {
  const PortSpec parsed = parse_port_spec(spec);
  if (parsed.kind == PortKind::Memory) {
    throw Error(ErrorCode::Unsupported, spec + ": there is nobody behind it",
                "replay --offline sends through memory: ports");
  }
  return open_named(parsed.where.empty() ? std::string(name_of(parsed.kind)) : parsed.where, parsed,
                    pool, hears);
}

LivePort ReplayGuests::add(const std::string& where, BufferPool& pool) {
  const Target target = port_target_of(where, session_.client);
  Object body;
  body.set("name", target.port).set("spec", "stream:" + target.port);
  body.set("policy", "trunk").set("temporary", true);
  ports_.push_back(std::make_unique<TemporaryPort>(Target{target.name, ""}, body, session_));
  const TemporaryPort& port = *ports_.back();
  PortSpec spec = parse_port_spec(port.answer()["port"]["spec"].text());
  spec.connect = true;
  return open_named(target.port, spec, pool, true);
}

void ReplayGuests::fill(ReplayReport& report) {
  for (std::size_t at = 0; at < ports_.size(); ++at) {
    ReplayReport::Port& port = report.ports[at];
    const std::string path = ports_[at]->target().path();
    Value seen = Value::parse(session_.client.get(path))["port"];
    for (milliseconds waited{0}; waited < kSettleLimit; waited += kStep) {
      if (seen["rx_frames"].count() >= port.tx_frames) break;
      std::this_thread::sleep_for(kStep);
      const std::uint64_t before = seen["rx_frames"].count();
      seen = Value::parse(session_.client.get(path))["port"];
      if (seen["rx_frames"].count() != before) waited = milliseconds{0};
    }
    port.name = ports_[at]->target().text();
    port.rx_frames = seen["rx_frames"].count();
    port.drops = {};
    for (const auto& [reason, frames] : seen["drops"].members()) {
      if (const auto drop = drop_named(reason)) port.drops[index(*drop)] = frames.count();
    }
  }
}

}  // namespace laneway::cli

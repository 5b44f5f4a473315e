// bench/joined_ports.cc: joins ports by a switch, nothing else, until SIGTERM or SIGINT.
//
//   usage: joined_ports SPEC SPEC…      (packet: and tap: need CAP_NET_RAW and CAP_NET_ADMIN)
#include <csignal>
#include <cstdio>
#include <list>
#include <string>

#include "ports/eal.h"
#include "ports/open_port.h"
#include "ports/packet_port.h"
#include "ports/peer_source.h"
#include "ports/tap_port.h"
#include "switch/error.h"
#include "switch/switch.h"
#include "switch/worker.h"

namespace laneway {
namespace {

Descriptor open_descriptor(const PortSpec& spec) {
  const std::uint32_t mtu = spec.mtu.value_or(PortSpec::kDefaultMtu);
  switch (spec.kind) {
    case PortKind::Packet:
      return open_packet_socket({.interface = spec.where, .promiscuous = true});
    case PortKind::Tap:
      return open_tap({.name = spec.where, .mtu = mtu, .gso = spec.gso});
    case PortKind::Stream:
    case PortKind::VhostUser:
      return spec.connect ? Descriptor() : listen_on_stream(spec.where, 0600);
    default:
      return Descriptor();
  }
}

struct Joined {
  std::unique_ptr<Port> port;
  PortCounters counters;
};

void print(const PortSpec& spec, const PortCounters& counters) {
  std::printf("%s: rx %lu frames %lu bytes, tx %lu frames %lu bytes", spec.text.c_str(),
              counters.rx_frames.get(), counters.rx_bytes.get(), counters.tx_frames.get(),
              counters.tx_bytes.get());
  std::printf(", missed %lu", counters.rx_missed.get());
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    const std::uint64_t frames = counters.drop_frames[reason].get();
    if (frames == 0) continue;
    std::printf(", %s %lu", std::string(name_of(static_cast<Drop>(reason))).c_str(), frames);
  }
  std::printf("\n");
}

int join(int count, char** texts) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const Eal eal(EalConfig{});
  MempoolBuffers pool("bench", 8192);
  Switch sw(SwitchConfig{}, pool);
  std::list<Joined> ports;
  std::list<PortSpec> specs;
  Worker worker{WorkerConfig{.thread_init = Eal::register_thread}};
  for (int at = 0; at < count; ++at) {
    const PortSpec& spec = specs.emplace_back(parse_port_spec(texts[at]));
    Joined& joined = ports.emplace_back();
    joined.port = open_port(spec, {.pool = pool, .descriptor = open_descriptor(spec), .clock = [&] {
                                     return worker.now();
                                   }});
    sw.add_port(spec.text, *joined.port, PortSettings::for_trunk(), joined.counters);
  }
  worker.run([&] { worker.add(sw); });
  int signal = 0;
  sigwait(&ends, &signal);
  worker.run([&] { worker.remove(sw); });
  auto joined = ports.begin();
  for (const PortSpec& spec : specs) {
    sw.remove_port(PortId{static_cast<std::uint8_t>(std::distance(ports.begin(), joined))});
    print(spec, joined++->counters);
  }
  return 0;
}

}  // namespace
}  // namespace laneway

int main(int argc, char** argv) {
  try {
    return laneway::join(argc - 1, argv + 1);
  } catch (const laneway::Error& error) {
    std::fprintf(stderr, "joined_ports: %s\n", error.what());
    return laneway::kind_of(error.code()).exit;
  }
}

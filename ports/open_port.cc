#include "ports/open_port.h"

#include <net/if.h>

#include "ports/dpdk_port.h"
#include "ports/fault_port.h"
#include "ports/memory_port.h"
#include "ports/packet_port.h"
#include "ports/pcap_port.h"
#include "ports/stream_port.h"
#include "ports/tap_port.h"
#include "ports/vhost_user_port.h"
#include "ports/xdp_program.h"
#include "switch/error.h"

namespace laneway {

namespace {

// As EAL takes them. The device of an interface has the interface's name in its own.
std::string device_arguments(const PortSpec& spec) {
  if (spec.kind == PortKind::Dpdk) return spec.where;
  if (if_nametoindex(spec.where.c_str()) == 0) {
    throw Error(ErrorCode::NoNic,
                "xdp:" + spec.where + ": no network interface '" + spec.where + "'",
                "ip link lists them", spec.where);
  }
  return "net_af_xdp_" + spec.where + ",iface=" + spec.where +
         ",start_queue=" + std::to_string(spec.first_queue) +
         ",queue_count=" + std::to_string(spec.queues) + (spec.copy ? ",force_copy=1" : "") +
         ",xdp_prog=" + xdp_program_file();
}

std::unique_ptr<Port> open_inner(const PortSpec& spec, PortResources& resources) {
  BufferPool& pool = resources.pool;
  const std::size_t longest = frame_bytes(spec.mtu.value_or(resources.mtu));
  switch (spec.kind) {
    case PortKind::Memory:
      // No medium sets a limit here, so only a limit that was asked for holds.
      return std::make_unique<MemoryPort>(pool, spec.queue, spec.mtu ? longest : kMaxFrameBytes);
    case PortKind::Pcap:
      return std::make_unique<PcapPort>(pool, spec.in, spec.out, resources.epoch);
    case PortKind::Packet:
      return std::make_unique<PacketPort>(std::move(resources.descriptor), pool, longest, spec.gso);
    case PortKind::Tap:
      return std::make_unique<TapPort>(std::move(resources.descriptor), pool, longest, spec.gso);
    case PortKind::Stream:
      return std::make_unique<StreamPort>(spec.where, std::move(resources.descriptor), pool,
                                          longest);
    case PortKind::VhostUser:
      return std::make_unique<VhostUserPort>(spec.where, std::move(resources.descriptor), pool,
                                             spec.mtu.value_or(resources.mtu), longest,
                                             spec.queues);
    case PortKind::Dpdk:
    case PortKind::Xdp:
      return std::make_unique<DpdkPort>(
          EthDeviceConfig{.what = std::string(name_of(spec.kind)) + ":" + spec.where,
                          .arguments = device_arguments(spec),
                          .queues = static_cast<std::uint16_t>(spec.queues),
                          .mtu = spec.mtu.value_or(resources.mtu)},
          pool);
  }
  throw Error(ErrorCode::Internal, "port of no kind");
}

}  // namespace

std::unique_ptr<Port> open_port(const PortSpec& spec, PortResources resources) {
  auto port = open_inner(spec, resources);
  if (!spec.fault) return port;
  return std::make_unique<FaultPort>(std::move(port), *spec.fault, resources.pool,
                                     std::move(resources.clock));
}

}  // namespace laneway

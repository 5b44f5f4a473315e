#include "daemon/managed_port.h"

#include <ctime>

#include <cap-ng.h>
#include <net/if.h>

#include "daemon/settings.h"
#include "ports/open_port.h"
#include "ports/peer_source.h"
#include "switch/error.h"

namespace laneway {

Nanos monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds{now.tv_sec} + Nanos{now.tv_nsec};
}

ManagedPort::ManagedPort(Runtime& runtime, PortPlan plan)
    : declared(std::move(plan.declared)),
      settings(std::move(plan.settings)),
      spec(parse_port_spec(declared.spec, runtime.run_directory)),
      runtime_(runtime),
      default_mtu_(plan.mtu_bytes),
      promiscuous_(plan.promiscuous) {
  port = open_port(spec, {.pool = runtime.pool,
                          .descriptor = open_descriptor(),
                          .mtu = default_mtu_,
                          .clock = monotonic_now});
}

ManagedPort::~ManagedPort() {
  if (!is_packet() || role() != PortRole::Guest) return;
  try {
    runtime_.helper.detach_filter(spec.where);
    if (link_hidden_) runtime_.helper.set_up(spec.where, true);
  } catch (const Error&) {
    // The helper is gone, and has undone it.
  }
}

// Their drivers open what they stand on in this process; no descriptor can be passed to them.
void ManagedPort::check_privileges() const {
  if (spec.kind != PortKind::Xdp || capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) != 0) return;
  throw Error(ErrorCode::NeedsCapability,
              declared.spec + " needs CAP_NET_ADMIN and CAP_BPF, which lanewayd has given up",
              "keep_privileges = true under [daemon] in /etc/laneway/laneway.toml, then restart it",
              declared.spec);
}

Descriptor ManagedPort::open_descriptor() {
  check_privileges();
  switch (spec.kind) {
    case PortKind::Packet:
      return open_packet();
    case PortKind::Tap:
      return runtime_.helper.open_tap({.name = spec.where,
                                       .mac = settings.mac,
                                       .mtu = mtu_bytes(),
                                       .gso = spec.gso,
                                       .up = false},
                                      role() == PortRole::Host);
    case PortKind::Stream:
    case PortKind::VhostUser:
      return spec.connect ? Descriptor() : listen_on_stream(spec.where, runtime_.socket_mode);
    case PortKind::Memory:
    case PortKind::Pcap:
    case PortKind::Dpdk:
      return {};
    case PortKind::Xdp:
      interface_index_ = static_cast<int>(if_nametoindex(spec.where.c_str()));
      return {};
  }
  return {};
}

Descriptor ManagedPort::open_packet() {
  Descriptor socket = runtime_.helper.open_packet(spec.where, promiscuous_);
  interface_index_ = static_cast<int>(if_nametoindex(spec.where.c_str()));
  filtered_ = Descriptor(check(dup(socket.get()), "duplicate a packet socket"));
  if (role() == PortRole::Guest) {
    runtime_.helper.attach_guest_filter(spec.where);
    set_filter(all_frames());
  }
  return socket;
}

void ManagedPort::set_filter(const PacketFilter& filter) {
  set_packet_filter(filtered_.get(), filter);
}

bool ManagedPort::follow(const HostNetwork& host, bool linked) {
  const Nic* nic = host.find(spec.where);
  const bool replaced = nic != nullptr && nic->index != interface_index_;
  auto socket = std::make_shared<Descriptor>();
  if (replaced) *socket = open_packet();
  runtime_.worker.run([&] {
    if (replaced) port->reopen(std::move(*socket));
    port->set_carrier(nic != nullptr && linked);
  });
  return replaced;
}

// PKT-5: behind a packet port the guest has the other end of an interface of ours, whose carrier
// goes with our end.
void ManagedPort::show_link(bool up) {
  if (is_packet()) {
    runtime_.helper.set_up(spec.where, up);
  } else {
    runtime_.worker.run([&] { port->show_link(up); });
  }
  link_hidden_ = !up;
}

void ManagedPort::revive_tap() {
  Descriptor tap = open_descriptor();
  runtime_.worker.run([&] { port->reopen(std::move(tap)); });
}

void ManagedPort::measure(Nanos now) {
  const double elapsed = std::chrono::duration<double>(now - measured_at_).count();
  const auto rate = [&](std::uint64_t bytes, std::uint64_t& before) {
    const double bits = static_cast<double>(bytes - before) * 8;
    before = bytes;
    return elapsed > 0 ? static_cast<std::uint64_t>(bits / elapsed) : 0;
  };
  rx_bps = rate(counters.rx_bytes.get(), measured_rx_);
  tx_bps = rate(counters.tx_bytes.get(), measured_tx_);
  measured_at_ = now;
}

ManagedPort::Dropped ManagedPort::dropped(Drop reason) const {
  const Dropped& before = forgotten_[index(reason)];
  return {counters.drop_frames[index(reason)].get() - before.frames,
          counters.drop_bytes[index(reason)].get() - before.bytes};
}

void ManagedPort::reset_drops() {
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    forgotten_[i] = {counters.drop_frames[i].get(), counters.drop_bytes[i].get()};
  }
}

// With a socket's whole path.
std::string ManagedPort::spec_text() const {
  if (spec.kind != PortKind::Stream && spec.kind != PortKind::VhostUser) return declared.spec;
  const std::size_t keys = std::min(declared.spec.find(','), declared.spec.size());
  return std::string(laneway::name_of(spec.kind)) + ":" + spec.where + declared.spec.substr(keys);
}

PortSettings guest_settings(const PortDeclaration& declared, const PortSpec& spec) {
  PortSettings settings;
  if (declared.policy == Policy::Trunk) {
    settings = PortSettings::for_trunk();
  } else if (declared.mac) {
    settings.mac = *declared.mac;
  } else {
    settings.pin_first_source = true;
  }
  settings.link_shown = spec.kind != PortKind::Stream;
  apply_settings(declared.settings, settings);
  return settings;
}

}  // namespace laneway

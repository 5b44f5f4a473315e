#include "tests/fuzz/world.h"

#include "switch/limits.h"
#include "tests/fuzz/air_oracle.h"
#include "tests/support/ledger.h"
#include "tests/support/offload.h"

namespace laneway::fuzz {
namespace {

constexpr std::array kLocals{kGuestA, kGuestB, kOwn};
constexpr std::size_t kHeaderBytes = 14;
constexpr int kMaxRounds = 64;  // in one instant: more is a loop

Network first_network() {
  Network network;
  network.translated = true;
  network.wifi = true;
  network.station = kStation;
  network.own = kOwn;
  network.host = {*IpPrefix::parse("192.168.77.10/24"), {Ipv6Address::link_local(kStation), 64}};
  network.closed = {*IpPrefix::parse("172.17.0.0/16")};
  network.gateways = {{.address = *IpAddress::parse("192.168.77.1"), .mac = kRouterMac}};
  return network;
}

PortSettings guest_settings(MacAddress mac) {
  PortSettings settings;
  settings.mac = mac;
  return settings;
}

PortSettings uplink_settings() {
  PortSettings settings = PortSettings::for_uplink(true, 64);
  settings.mac = kStation;
  return settings;
}

}  // namespace

World::World()
    : pool_(4096),
      network_(first_network()),
      composition_({.mac_limit = 64, .seed = 1}, network_, pool_) {
  plug_in("a", guest_settings(kGuestA));
  plug_in("b", guest_settings(kGuestB));
  plug_in("uplink", uplink_settings());
  plug_in("host", PortSettings::for_host(kOwn));
}

World::~World() {
  for (const auto& plug : plugs_) composition_.remove_port(plug->id);
}

// Called in the order of `At`.
void World::plug_in(const char* name, const PortSettings& settings) {
  plugs_.push_back(std::make_unique<Plug>(pool_));
  Plug& plug = *plugs_.back();
  plug.id = composition_.add_port(name, plug.port, settings, plug.counters);
}

void World::step(Input& input) {
  const SwitchCounters& counters = composition_.sw().counters();
  const std::uint64_t generated = counters.generated.get();
  const std::uint64_t replied = counters.replied.get();
  sent_.clear();
  received_.clear();
  const auto op = Op{static_cast<std::uint8_t>(input.u8() % kOps)};
  switch (op) {
    case Op::FrameAtGuestA:
    case Op::FrameAtGuestB:
    case Op::FrameAtUplink:
    case Op::FrameAtHost:
      receive(At{static_cast<std::uint8_t>(op)}, input.frame());
      break;
    case Op::Pass:
      pass(std::chrono::milliseconds{input.u16()});
      break;
    case Op::Station:
      change_station(input.u8());
      break;
    case Op::Answers:
      composition_.set_answers((input.u8() & 1U) != 0 ? Answers::Suppress : Answers::Translate);
      break;
    case Op::GuestGone:
      composition_.guest_gone(plugs_[input.u8() & 1U]->id);
      break;
    case Op::OffloadAtGuestA:
      receive_offload(At::GuestA, input);
      break;
    case Op::OffloadAtUplink:
      receive_offload(At::Uplink, input);
      break;
  }
  settle();
  generated_ = counters.generated.get() - generated;
  replied_ = counters.replied.get() - replied;
  check();
}

void World::receive(At at, Bytes frame) {
  received_ = std::move(frame);
  received_at_ = at;
  send_from_outside(at, make_buffer(pool_, received_));
}

// A header that contradicts its frame ends at the port.
void World::receive_offload(At at, Input& input) {
  VnetHeader header;
  header.flags = input.u8();
  header.gso_type = input.u8();
  header.header_bytes = input.u8();
  header.segment_bytes = input.u16();
  header.checksum_start = input.u8();
  header.checksum_offset = input.u8();
  const Bytes bytes = input.frame();
  if (bytes.size() < kHeaderBytes) return;
  Buffer* frame = make_buffer(pool_, bytes);
  if (accept_vnet_header(*frame, header)) return send_from_outside(at, frame);
  free_buffer(frame);
}

void World::send_from_outside(At at, Buffer* frame) {
  ++frames_;
  require(plugs_[static_cast<std::size_t>(at)]->port.send_from_outside(frame), "there is room");
}

void World::pass(Nanos time) {
  now_ += time;
  composition_.sw().tick(now_);
}

void World::change_station(std::uint8_t how) {
  if (how % 4 == 2) return composition_.station_associated(now_);
  if (how % 4 == 3) return composition_.forget_network();
  network_.station = how % 4 == 0 ? kStation : kMovedStation;
  network_.host.back().address = Ipv6Address::link_local(network_.station);
  composition_.set_network(network_, now_);
}

void World::settle() {
  for (int round = 0; round < kMaxRounds; ++round) {
    bool is_quiet = true;
    for (const auto& plug : plugs_) {
      if (composition_.sw().poll(plug->id, now_) > 0) is_quiet = false;
    }
    for (std::size_t at = 0; at < plugs_.size(); ++at) {
      while (Buffer* frame = plugs_[at]->port.take()) {
        for (Bytes& bytes : test::on_wire(frame)) {
          sent_.push_back({At{static_cast<std::uint8_t>(at)}, std::move(bytes)});
        }
      }
    }
    if (is_quiet) return;
  }
  require(false, "the switch comes to rest");
}

void World::check() {
  std::vector<const PortCounters*> counters;
  for (const auto& plug : plugs_) counters.push_back(&plug->counters);
  const std::string broken = test::broken_ledger(composition_.sw(), counters);
  require(broken.empty(), broken);
  require(pool_.in_use() == 0, "every buffer is back");
  require(composition_.neighbors().size() <= limits::kBindings, "bindings are within their limit");
  for (const Sent& frame : sent_) {
    if (frame.at != At::Uplink) continue;
    const std::string foreign = foreign_on_air(frame.bytes, network_.station, kLocals);
    require(foreign.empty(), "law 2: on the air is " + foreign);
  }
}

}  // namespace laneway::fuzz

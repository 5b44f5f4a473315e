#include "tests/bridge/rig.h"

#include <gtest/gtest.h>

namespace laneway::test {

bool Outcome::only_to(PortId port) const {
  PortSet one;
  one.add(port);
  return passes() && scope == one;
}

Rig::Rig() {
  network.translated = network.wifi = true;
  network.station = kSta;
  network.own = kOwn;
  network.host = {*IpPrefix::parse("192.168.77.2/24"), *IpPrefix::parse("2001:db8::2/64")};
  PortSettings guest;
  PortSettings up = PortSettings::for_uplink(true, 1024);
  up.mac = kSta;
  uplink = add("uplink", up, MacKind::Static);
  host = add("host", PortSettings::for_host(kOwn), MacKind::Pinned);
  guest.mac = kA;
  a = add("a", guest, MacKind::Pinned);
  guest.mac = kB;
  b = add("b", guest, MacKind::Pinned);
}

Rig::~Rig() {
  outbox.clear();
  EXPECT_EQ(pool.in_use(), 0U);
}

PortId Rig::add(const std::string& name, const PortSettings& settings, MacKind kind) {
  const PortId id = ports.add(name, port_, settings, counters_);
  macs.pin(settings.mac, VlanId{}, id, kind);
  if (settings.role == PortRole::Guest) neighbors.add_port(id, settings.binding_limit);
  return id;
}

Outcome Rig::in(std::span<const std::byte> bytes, const Offload& offload) {
  Buffer* buffer = make_buffer(pool, bytes);
  EXPECT_TRUE(set_offload(*buffer, offload));
  return run(nat.from_uplink(), buffer, uplink);
}

Outcome Rig::out(PortId from, std::span<const std::byte> bytes, const Offload& offload) {
  Buffer* buffer = make_buffer(pool, bytes);
  EXPECT_TRUE(set_offload(*buffer, offload));
  return run(nat.to_uplink(), buffer, from);
}

Outcome Rig::in_segments(std::span<const std::byte> bytes, std::size_t first) {
  Buffer* head = make_buffer(pool, bytes.first(first));
  Buffer* tail = make_buffer(pool, bytes.subspan(first));
  head->next = tail;
  head->nb_segs = 2;
  head->pkt_len = static_cast<std::uint32_t>(bytes.size());
  return run(nat.from_uplink(), head, uplink);
}

Outcome Rig::run(Stage& stage, Buffer* buffer, PortId ingress) {
  Burst burst;
  Frame& frame = burst.add(frame_of(buffer, ingress));
  classify(frame);
  stage.process(burst, uplink, now);
  Outcome outcome{frame.action, frame.reason, Bytes(frame.length), std::nullopt};
  read_buffer(*frame.buffer, outcome.bytes);
  if (frame.scope != 0) outcome.scope = burst.scope_of(frame);
  free_buffer(frame.buffer);
  return outcome;
}

std::vector<Rig::Said> Rig::said() {
  std::vector<Said> all;
  for (const Outbox::Said& one : outbox.said()) {
    Bytes bytes(one.buffer->pkt_len);
    read_buffer(*one.buffer, bytes);
    all.push_back({one.port, std::move(bytes)});
  }
  outbox.clear();
  return all;
}

void Rig::bind(const IpAddress& address, PortId port) {
  ASSERT_EQ(neighbors.valid({address, ports[port].settings.mac, port}, NeighborOrigin::Arp, now),
            NeighborTable::Bound::New);
}

void Rig::probe(const IpAddress& address, PortId port, std::uint32_t nonce_hash) {
  ASSERT_EQ(neighbors.tentative({address, ports[port].settings.mac, port}, nonce_hash, now),
            NeighborTable::Bound::New);
}

}  // namespace laneway::test

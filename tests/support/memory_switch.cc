#include "tests/support/memory_switch.h"

#include <algorithm>
#include <utility>

#include "tests/support/ledger.h"

namespace laneway::test {

Bytes ethernet(MacAddress destination, MacAddress source, std::uint16_t type, std::size_t payload,
               std::uint8_t fill) {
  Bytes frame(14 + payload, std::byte{fill});
  const auto to_byte = [](std::uint8_t octet) { return std::byte{octet}; };
  std::transform(destination.octets.begin(), destination.octets.end(), frame.begin(), to_byte);
  std::transform(source.octets.begin(), source.octets.end(), frame.begin() + 6, to_byte);
  frame[12] = static_cast<std::byte>(type >> 8U);
  frame[13] = static_cast<std::byte>(type & 0xffU);
  return frame;
}

MacAddress station(std::uint32_t n) {
  return MacAddress::from_number(0x020000000000U | (n & 0xffffffU));
}

MemorySwitch::MemorySwitch(const SwitchConfig& config, std::size_t buffers)
    : pool_(buffers), switch_(config, pool_) {}

MemorySwitch::~MemorySwitch() {
  while (!ports_.empty()) remove(ports_.begin()->first);
}

PortId MemorySwitch::add(const std::string& name, const PortSettings& settings, std::size_t queue) {
  auto attached = std::make_unique<Attached>(pool_, queue);
  const PortId id = switch_.add_port(name, attached->port, settings, attached->counters);
  ports_.emplace(id, std::move(attached));
  return id;
}

void MemorySwitch::remove(PortId id) {
  switch_.remove_port(id);
  while (Buffer* frame = port(id).take()) free_buffer(frame);
  gone_.push_back(std::move(ports_.at(id)));
  ports_.erase(id);
}

void MemorySwitch::send(PortId id, const Bytes& frame) {
  port(id).send_from_outside(frame);
  run();
}

void MemorySwitch::run() {
  std::size_t waiting = 1;
  while (waiting != 0) {
    waiting = 0;
    for (const auto& [id, attached] : ports_) {
      switch_.poll(id, now);
      waiting += attached->port.waiting_inside();
    }
  }
}

std::vector<Bytes> MemorySwitch::take(PortId id) {
  std::vector<Bytes> frames;
  while (auto frame = port(id).take_bytes()) frames.push_back(std::move(*frame));
  return frames;
}

std::uint64_t MemorySwitch::drops(PortId id, Drop reason) const {
  return counters(id).drop_frames[index(reason)].get();
}

std::string MemorySwitch::broken_ledger() const {
  std::vector<const PortCounters*> ports;
  std::size_t held = 0;
  const auto add = [&](const Attached& one) {
    ports.push_back(&one.counters);
    held += one.port.waiting_inside() + one.port.waiting_outside();
  };
  for (const auto& [id, attached] : ports_) add(*attached);
  for (const auto& attached : gone_) add(*attached);
  if (held == 0 && pool_.in_use() != 0) {
    return std::to_string(pool_.in_use()) + " mbufs were never given back";
  }
  return test::broken_ledger(switch_, ports);
}

}  // namespace laneway::test

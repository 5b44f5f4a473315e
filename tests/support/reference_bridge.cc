#include "tests/support/reference_bridge.h"

namespace laneway::test {

namespace {

std::uint64_t address_at(std::span<const std::byte> frame, std::size_t offset) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 6; ++i)
    number = number * 256 + std::to_integer<std::uint64_t>(frame[offset + i]);
  return number;
}

bool is_group(std::uint64_t address) { return (address / 0x010000000000U) % 2 == 1; }
bool is_reserved(std::uint64_t address) { return address / 16 == 0x0180c200000U; }

}  // namespace

std::set<int> ReferenceBridge::refuse(Drop why) {
  why_ = why;
  return {};
}

std::set<int> ReferenceBridge::forward(int ingress, std::span<const std::byte> frame) {
  if (frame.size() < 14) return refuse(Drop::Short);
  const std::uint64_t destination = address_at(frame, 0);
  const std::uint64_t source = address_at(frame, 6);
  if (is_group(source)) return refuse(Drop::SourceGroup);
  if (source == 0) return refuse(Drop::SourceZero);
  if (is_reserved(destination)) return refuse(Drop::Reserved);
  where_[source] = ingress;
  const auto known = where_.find(destination);
  if (!is_group(destination) && known != where_.end()) {
    if (known->second == ingress) return refuse(Drop::SamePort);
    return {known->second};
  }
  std::set<int> others;
  for (int port = 0; port < ports_; ++port) {
    if (port != ingress) others.insert(port);
  }
  return others.empty() ? refuse(Drop::NoPort) : others;
}

}  // namespace laneway::test

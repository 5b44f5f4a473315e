#include "switch/wire/ipv4.h"

#include <algorithm>

namespace laneway::wire {

std::optional<Ipv4View> Ipv4View::parse(std::span<std::byte> l3, std::size_t l3_bytes) noexcept {
  if (l3.size() < kMinSize) return std::nullopt;
  const std::uint8_t version_ihl = load_u8(&l3[kVersionIhl]);
  const std::size_t header_bytes = std::size_t{version_ihl & 0x0fU} * 4;
  const std::size_t total = load_be16(&l3[kTotalLength]);
  const bool is_sound = (version_ihl >> 4U) == 4 && header_bytes >= kMinSize &&
                        header_bytes <= l3.size() && header_bytes <= total && total <= l3_bytes;
  if (!is_sound) return std::nullopt;
  return Ipv4View(l3.data(), header_bytes, std::min(total, l3.size()));
}

bool Ipv4View::checksum_valid() const noexcept {
  return InternetSum{}.add({at_, header_bytes_}).checksum() == 0;
}

std::span<std::byte> Ipv4View::payload() const noexcept {
  return {at_ + header_bytes_, readable_ - header_bytes_};
}

InternetSum Ipv4View::pseudo_header(std::size_t length) const noexcept {
  return wire::pseudo_header(source(), destination(), protocol(),
                             static_cast<std::uint32_t>(length));
}

void Ipv4View::set_ttl(std::uint8_t ttl) noexcept {
  const std::uint16_t before = load_be16(at_ + kTtl);  // the word holds the protocol too
  store_u8(at_ + kTtl, ttl);
  store_be16(at_ + kChecksum, update_checksum(checksum(), before, load_be16(at_ + kTtl)));
}

void Ipv4View::set_source(Ipv4Address address) noexcept { set_address(kSource, address); }

void Ipv4View::set_destination(Ipv4Address address) noexcept { set_address(kDestination, address); }

void Ipv4View::set_address(std::size_t offset, Ipv4Address address) noexcept {
  std::byte bytes[4];
  store_ipv4(bytes, address);
  store_be16(at_ + kChecksum, update_checksum(checksum(), {at_ + offset, 4}, bytes));
  store_ipv4(at_ + offset, address);
}

void write_ipv4(std::span<std::byte> out, const Ipv4Fields& fields,
                std::size_t payload_bytes) noexcept {
  std::byte* at = out.data();
  const std::size_t flags = (fields.dont_fragment ? 0x4000U : 0U) |
                            (fields.more_fragments ? 0x2000U : 0U) | (fields.fragment_offset / 8U);
  store_be16(at + Ipv4View::kVersionIhl, 0x4500);
  store_be16(at + Ipv4View::kTotalLength,
             static_cast<std::uint16_t>(Ipv4View::kMinSize + payload_bytes));
  store_be16(at + Ipv4View::kId, fields.id);
  store_be16(at + Ipv4View::kFragment, static_cast<std::uint16_t>(flags));
  store_u8(at + Ipv4View::kTtl, fields.ttl);
  store_u8(at + Ipv4View::kProtocol, number(fields.protocol));
  store_be16(at + Ipv4View::kChecksum, 0);
  store_ipv4(at + Ipv4View::kSource, fields.source);
  store_ipv4(at + Ipv4View::kDestination, fields.destination);
  store_be16(at + Ipv4View::kChecksum, InternetSum{}.add(out.first(Ipv4View::kMinSize)).checksum());
}

}  // namespace laneway::wire

// switch/wire/udp.h: the UDP header (RFC 768).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"

namespace laneway::wire {

struct UdpPorts {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;

  bool operator==(const UdpPorts&) const = default;
};

// A header whose length is at least 8 and, unless more fragments follow, inside the packet.
class UdpView {
 public:
  static constexpr std::size_t kSourcePort = 0;
  static constexpr std::size_t kDestinationPort = 2;
  static constexpr std::size_t kLength = 4;
  static constexpr std::size_t kChecksum = 6;
  static constexpr std::size_t kSize = 8;

  // nullopt: not UDP, not the first fragment, or not sound.
  static std::optional<UdpView> parse(const Ipv4View& ip) noexcept;
  static std::optional<UdpView> parse(const Ipv6View& ip, const Ipv6Chain& chain) noexcept;

  std::uint16_t source_port() const noexcept { return load_be16(&bytes_[kSourcePort]); }
  std::uint16_t destination_port() const noexcept { return load_be16(&bytes_[kDestinationPort]); }
  UdpPorts ports() const noexcept { return {source_port(), destination_port()}; }
  std::uint16_t length() const noexcept { return load_be16(&bytes_[kLength]); }
  std::uint16_t checksum() const noexcept { return load_be16(&bytes_[kChecksum]); }
  void set_checksum(std::uint16_t field) noexcept { store_be16(&bytes_[kChecksum], field); }

  // All of its bytes are readable here: no fragment, no further segment.
  bool is_whole() const noexcept { return bytes_.size() == length(); }
  // Behind the header: as much as is readable, without padding.
  std::span<std::byte> payload() const noexcept { return bytes_.subspan(kSize); }
  // Right, or over IPv4 absent. False if not whole.
  bool checksum_valid(const Ipv4View& ip) const noexcept;
  bool checksum_valid(const Ipv6View& ip) const noexcept;

 private:
  explicit UdpView(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  static std::optional<UdpView> parse(std::span<std::byte> readable, std::size_t packet_bytes,
                                      bool more_follow) noexcept;
  std::span<std::byte> bytes_;  // header and readable payload
};

}  // namespace laneway::wire

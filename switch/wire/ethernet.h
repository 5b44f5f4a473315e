// switch/wire/ethernet.h: the Ethernet header (IEEE 802.3-2018 section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"

namespace laneway::wire {

enum class EtherType : std::uint16_t {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  Rarp = 0x8035,  // RFC 903
  Vlan = 0x8100,  // 802.1Q customer tag
  Ipv6 = 0x86dd,
  MacControl = 0x8808,  // PAUSE
  Eapol = 0x888e,       // 802.1X
  QinQ = 0x88a8,        // 802.1ad service tag
  Wapi = 0x88b4,
  PreAuth = 0x88c7,  // 802.11 pre-authentication
  Lldp = 0x88cc,
  Tdls = 0x890d,  // 802.11 direct links
};
constexpr std::uint16_t number(EtherType type) noexcept { return static_cast<std::uint16_t>(type); }

constexpr std::size_t kEthernetBytes = 14;         // destination, source, type
constexpr std::size_t kMinFrameBytes = 60;         // on a cable, without FCS; shorter is padded
constexpr std::uint16_t kFirstEtherType = 0x0600;  // below it the field is an LLC length

class EthernetView {
 public:
  static constexpr std::size_t kDestination = 0;
  static constexpr std::size_t kSource = 6;
  static constexpr std::size_t kType = 12;
  static_assert(kType + 2 == kEthernetBytes);

  // nullopt if `frame` is shorter than the header.
  static std::optional<EthernetView> parse(std::span<std::byte> frame) noexcept;

  MacAddress destination() const noexcept { return load_mac(&frame_[kDestination]); }
  MacAddress source() const noexcept { return load_mac(&frame_[kSource]); }
  std::uint16_t type() const noexcept { return load_be16(&frame_[kType]); }  // or LLC length
  bool is(EtherType type_wanted) const noexcept { return type() == number(type_wanted); }
  std::span<std::byte> payload() const noexcept { return frame_.subspan(kEthernetBytes); }

  void set_destination(MacAddress mac) noexcept { store_mac(&frame_[kDestination], mac); }
  void set_source(MacAddress mac) noexcept { store_mac(&frame_[kSource], mac); }
  void set_type(EtherType type) noexcept { store_be16(&frame_[kType], number(type)); }

 private:
  explicit EthernetView(std::span<std::byte> frame) noexcept : frame_(frame) {}
  std::span<std::byte> frame_;
};

// Writes the 14 bytes of a header. Requires that many in `out`.
void write_ethernet(std::span<std::byte> out, MacAddress destination, MacAddress source,
                    EtherType type) noexcept;

}  // namespace laneway::wire

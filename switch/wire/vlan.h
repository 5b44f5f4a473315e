// switch/wire/vlan.h: the VLAN tag (IEEE 802.1Q-2018 section 9.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/ethernet.h"

namespace laneway::wire {

constexpr std::size_t kVlanTagBytes = 4;

struct VlanTag {
  EtherType protocol = EtherType::Vlan;  // Vlan or QinQ
  VlanId vlan{};                         // 12 bits; 0: a priority tag
  std::uint8_t priority = 0;             // PCP, 0 to 7
  bool drop_eligible = false;            // DEI

  bool operator==(const VlanTag&) const = default;
};

// The outer tag of a frame.
class VlanView {
 public:
  static constexpr std::size_t kTpid = 12;
  static constexpr std::size_t kTci = 14;
  static constexpr std::size_t kInnerType = 16;
  static_assert(kTpid == EthernetView::kType && kInnerType == kTpid + kVlanTagBytes);

  // nullopt unless the type at 12 is a tag's and the type behind the tag is there too (18 bytes).
  static std::optional<VlanView> parse(std::span<std::byte> frame) noexcept;

  VlanTag tag() const noexcept;
  std::uint16_t inner_type() const noexcept { return load_be16(&frame_[kInnerType]); }
  void set_tag(const VlanTag& tag) noexcept;

 private:
  explicit VlanView(std::span<std::byte> frame) noexcept : frame_(frame) {}
  std::span<std::byte> frame_;
};

// Writes TPID and TCI to the first four bytes of `out`. Requires 4 bytes there.
void write_vlan_tag(std::span<std::byte> out, const VlanTag& tag) noexcept;

}  // namespace laneway::wire

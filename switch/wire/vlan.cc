#include "switch/wire/vlan.h"

#include "switch/wire/bytes.h"

namespace laneway::wire {
namespace {

constexpr std::uint16_t kVlanMask = 0x0fff;
constexpr std::uint16_t kDropEligible = 0x1000;
constexpr unsigned kPriorityShift = 13;

bool is_tag(std::uint16_t type) noexcept {
  return type == number(EtherType::Vlan) || type == number(EtherType::QinQ);
}

}  // namespace

std::optional<VlanView> VlanView::parse(std::span<std::byte> frame) noexcept {
  if (frame.size() < kInnerType + 2 || !is_tag(load_be16(&frame[kTpid]))) return std::nullopt;
  return VlanView(frame);
}

VlanTag VlanView::tag() const noexcept {
  const std::uint16_t tci = load_be16(&frame_[kTci]);
  return {.protocol = EtherType{load_be16(&frame_[kTpid])},
          .vlan = VlanId{static_cast<std::uint16_t>(tci & kVlanMask)},
          .priority = static_cast<std::uint8_t>(tci >> kPriorityShift),
          .drop_eligible = (tci & kDropEligible) != 0};
}

void VlanView::set_tag(const VlanTag& tag) noexcept { write_vlan_tag(frame_.subspan(kTpid), tag); }

void write_vlan_tag(std::span<std::byte> out, const VlanTag& tag) noexcept {
  const unsigned tci = (static_cast<unsigned>(tag.vlan) & kVlanMask) |
                       (tag.drop_eligible ? kDropEligible : 0U) |
                       ((tag.priority & 7U) << kPriorityShift);
  store_be16(out.data(), number(tag.protocol));
  store_be16(out.data() + 2, static_cast<std::uint16_t>(tci));
}

}  // namespace laneway::wire

// switch/wire/igmp.h: IGMP versions 1 to 3 (RFC 1112, 2236, 3376).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/membership.h"

namespace laneway::wire {

enum class IgmpType : std::uint8_t {
  Query = 0x11,
  V1Report = 0x12,
  V2Report = 0x16,
  V2Leave = 0x17,
  V3Report = 0x22,
};

// A query, report or leave whose group records all lie inside.
class IgmpView {
 public:
  static constexpr std::size_t kType = 0;
  static constexpr std::size_t kGroup = 4;        // but in a version 3 report
  static constexpr std::size_t kRecordCount = 6;  // version 3 report
  static constexpr std::size_t kSize = 8;
  // A record: type, auxiliary words, sources, group, then the sources and auxiliary data.
  static constexpr std::size_t kRecordSources = 2;
  static constexpr std::size_t kRecordGroup = 4;
  static constexpr std::size_t kRecordSize = 8;

  // nullopt: not IGMP, a fragment, another type, or cut short.
  static std::optional<IgmpView> parse(const Ipv4View& ip) noexcept;

  std::uint8_t type() const noexcept { return load_u8(&bytes_[kType]); }
  bool is(IgmpType wanted) const noexcept { return type() == static_cast<std::uint8_t>(wanted); }
  MembershipKind kind() const noexcept;

  // Calls `visit(Ipv4Address, GroupChange)` for each group of a report or leave.
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    if (kind() == MembershipKind::Query) return;
    if (!is(IgmpType::V3Report)) {
      visit(load_ipv4(&bytes_[kGroup]),
            is(IgmpType::V2Leave) ? GroupChange::Leaves : GroupChange::Joins);
      return;
    }
    std::span<const std::byte> rest = bytes_.subspan(kSize);
    for (unsigned left = load_be16(&bytes_[kRecordCount]); left > 0; --left) {
      visit(load_ipv4(&rest[kRecordGroup]),
            group_change(load_u8(&rest[0]), load_be16(&rest[kRecordSources])));
      rest = rest.subspan(record_bytes(rest));
    }
  }

 private:
  explicit IgmpView(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  // Requires kRecordSize bytes.
  static std::size_t record_bytes(std::span<const std::byte> record) noexcept;
  bool records_are_whole() const noexcept;
  std::span<std::byte> bytes_;
};

}  // namespace laneway::wire

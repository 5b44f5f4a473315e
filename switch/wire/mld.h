// switch/wire/mld.h: Multicast Listener Discovery versions 1 and 2 (RFC 2710, 3810).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/icmpv6.h"
#include "switch/wire/membership.h"

namespace laneway::wire {

// A query, report or done whose address records all lie inside.
class MldView {
 public:
  static constexpr std::size_t kRecordCount = 6;  // version 2 report
  static constexpr std::size_t kGroup = 8;        // but in a version 2 report
  static constexpr std::size_t kRecords = 8;      // version 2 report
  static constexpr std::size_t kSize = 24;        // query, version 1 report, done
  // A record: type, auxiliary words, sources, group, then the sources and auxiliary data.
  static constexpr std::size_t kRecordSources = 2;
  static constexpr std::size_t kRecordGroup = 4;
  static constexpr std::size_t kRecordSize = 20;

  // nullopt: another type, or not all there.
  static std::optional<MldView> parse(const Icmpv6View& icmp) noexcept;

  std::uint8_t type() const noexcept { return load_u8(&bytes_[0]); }
  bool is(Icmpv6Type wanted) const noexcept { return type() == number(wanted); }
  MembershipKind kind() const noexcept;

  // Calls `visit(Ipv6Address, GroupChange)` for each group of a report or done.
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    if (kind() == MembershipKind::Query) return;
    if (!is(Icmpv6Type::Mldv2Report)) {
      visit(load_ipv6(&bytes_[kGroup]),
            is(Icmpv6Type::MldDone) ? GroupChange::Leaves : GroupChange::Joins);
      return;
    }
    std::span<const std::byte> rest = bytes_.subspan(kRecords);
    for (unsigned left = load_be16(&bytes_[kRecordCount]); left > 0; --left) {
      visit(load_ipv6(&rest[kRecordGroup]),
            group_change(load_u8(&rest[0]), load_be16(&rest[kRecordSources])));
      rest = rest.subspan(record_bytes(rest));
    }
  }

 private:
  explicit MldView(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  // Requires kRecordSize bytes.
  static std::size_t record_bytes(std::span<const std::byte> record) noexcept;
  bool records_are_whole() const noexcept;
  std::span<std::byte> bytes_;
};

}  // namespace laneway::wire

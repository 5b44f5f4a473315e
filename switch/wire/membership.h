// switch/wire/membership.h: what IGMP and MLD messages say of groups, the versions' forms made one.
#pragma once

#include <cstdint>

namespace laneway::wire {

enum class MembershipKind : std::uint8_t { Query, Report, Leave };

// What a report's record, or an older version's whole message, means for one group. Leaves: the
// last source is gone (Leave, Done, TO_IN {}). Other: neither, as a record that only blocks
// sources.
enum class GroupChange : std::uint8_t { Joins, Leaves, Other };

// Of a record in a version 3 (IGMP) or 2 (MLD) report (RFC 3376 section 4.2.12, RFC 3810
// section 5.2.12).
GroupChange group_change(std::uint8_t record_type, std::uint16_t sources) noexcept;

}  // namespace laneway::wire

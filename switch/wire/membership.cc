#include "switch/wire/membership.h"

namespace laneway::wire {
namespace {

enum RecordType : std::uint8_t {
  kIsInclude = 1,
  kIsExclude = 2,
  kToInclude = 3,
  kToExclude = 4,
  kAllowNewSources = 5,
};

}  // namespace

GroupChange group_change(std::uint8_t record_type, std::uint16_t sources) noexcept {
  switch (record_type) {
    case kIsExclude:
    case kToExclude:
      return GroupChange::Joins;
    case kToInclude:
      return sources == 0 ? GroupChange::Leaves : GroupChange::Joins;
    case kIsInclude:
    case kAllowNewSources:
      return sources == 0 ? GroupChange::Other : GroupChange::Joins;
    default:
      return GroupChange::Other;
  }
}

}  // namespace laneway::wire

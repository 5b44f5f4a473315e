#include "switch/wire/mld.h"

namespace laneway::wire {

std::optional<MldView> MldView::parse(const Icmpv6View& icmp) noexcept {
  const std::span<std::byte> bytes = icmp.message();
  if (bytes.size() != icmp.message_bytes()) return std::nullopt;
  const MldView view(bytes);
  switch (Icmpv6Type{icmp.type()}) {
    case Icmpv6Type::MldQuery:
    case Icmpv6Type::MldReport:
    case Icmpv6Type::MldDone:
      if (bytes.size() >= kSize) return view;
      break;
    case Icmpv6Type::Mldv2Report:
      if (bytes.size() >= kRecords && view.records_are_whole()) return view;
      break;
    default:
      break;
  }
  return std::nullopt;
}

MembershipKind MldView::kind() const noexcept {
  if (is(Icmpv6Type::MldQuery)) return MembershipKind::Query;
  return is(Icmpv6Type::MldDone) ? MembershipKind::Leave : MembershipKind::Report;
}

std::size_t MldView::record_bytes(std::span<const std::byte> record) noexcept {
  return kRecordSize + std::size_t{load_be16(&record[kRecordSources])} * 16 +
         std::size_t{load_u8(&record[1])} * 4;
}

bool MldView::records_are_whole() const noexcept {
  std::span<const std::byte> rest = bytes_.subspan(kRecords);
  for (unsigned left = load_be16(&bytes_[kRecordCount]); left > 0; --left) {
    if (rest.size() < kRecordSize || rest.size() < record_bytes(rest)) return false;
    rest = rest.subspan(record_bytes(rest));
  }
  return true;
}

}  // namespace laneway::wire

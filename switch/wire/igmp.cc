#include "switch/wire/igmp.h"

namespace laneway::wire {

std::optional<IgmpView> IgmpView::parse(const Ipv4View& ip) noexcept {
  const std::span<std::byte> bytes = ip.payload();
  if (!ip.is(IpProtocol::Igmp) || ip.is_fragment() || bytes.size() < kSize) return std::nullopt;
  const IgmpView view(bytes);
  switch (IgmpType{view.type()}) {
    case IgmpType::Query:
    case IgmpType::V1Report:
    case IgmpType::V2Report:
    case IgmpType::V2Leave:
      return view;
    case IgmpType::V3Report:
      if (view.records_are_whole()) return view;
  }
  return std::nullopt;
}

MembershipKind IgmpView::kind() const noexcept {
  if (is(IgmpType::Query)) return MembershipKind::Query;
  return is(IgmpType::V2Leave) ? MembershipKind::Leave : MembershipKind::Report;
}

std::size_t IgmpView::record_bytes(std::span<const std::byte> record) noexcept {
  return kRecordSize + std::size_t{load_be16(&record[kRecordSources])} * 4 +
         std::size_t{load_u8(&record[1])} * 4;
}

bool IgmpView::records_are_whole() const noexcept {
  std::span<const std::byte> rest = bytes_.subspan(kSize);
  for (unsigned left = load_be16(&bytes_[kRecordCount]); left > 0; --left) {
    if (rest.size() < kRecordSize || rest.size() < record_bytes(rest)) return false;
    rest = rest.subspan(record_bytes(rest));
  }
  return true;
}

}  // namespace laneway::wire

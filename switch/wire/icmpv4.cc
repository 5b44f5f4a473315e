#include "switch/wire/icmpv4.h"

#include <algorithm>
#include <array>

namespace laneway::wire {

std::optional<Icmpv4View> Icmpv4View::parse(const Ipv4View& ip) noexcept {
  const bool has_header = ip.is(IpProtocol::Icmp) && ip.fragment_offset() == 0;
  if (!has_header || ip.payload().size() < kSize) return std::nullopt;
  return Icmpv4View(ip.payload());
}

bool Icmpv4View::is_error() const noexcept {
  return is(IcmpType::DestinationUnreachable) || is(IcmpType::SourceQuench) ||
         is(IcmpType::Redirect) || is(IcmpType::TimeExceeded) || is(IcmpType::ParameterProblem);
}

bool Icmpv4View::checksum_valid() const noexcept {
  return InternetSum{}.add(bytes_).checksum() == 0;
}

std::span<std::byte> build_echo4(std::span<std::byte> out, const MacPair& macs,
                                 const Ipv4Fields& ip, const EchoFields& echo) noexcept {
  const IcmpType type = echo.is_reply ? IcmpType::EchoReply : IcmpType::Echo;
  return FrameBuilder(out)
      .ethernet(macs)
      .ipv4(ip)
      .icmpv4(static_cast<std::uint8_t>(type), 0)
      .be16(echo.id)
      .be16(echo.sequence)
      .bytes(echo.data)
      .finish();
}

std::span<std::byte> build_fragmentation_needed(std::span<std::byte> out, const MacPair& macs,
                                                Ipv4Address router, const Ipv4View& packet,
                                                std::uint16_t mtu) noexcept {
  const auto quote = packet.packet();
  return FrameBuilder(out)
      .ethernet(macs)
      .ipv4({.source = router, .destination = packet.source()})
      .icmpv4(static_cast<std::uint8_t>(IcmpType::DestinationUnreachable), kFragmentationNeeded)
      .be16(0)
      .be16(mtu)
      .bytes(quote.first(std::min(quote.size(), kIcmpv4QuoteBytes)))
      .finish();
}

}  // namespace laneway::wire

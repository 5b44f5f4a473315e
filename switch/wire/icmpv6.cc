#include "switch/wire/icmpv6.h"

#include <algorithm>

namespace laneway::wire {

std::optional<Icmpv6View> Icmpv6View::parse(const Ipv6View& ip, const Ipv6Chain& chain) noexcept {
  if (!chain.has_upper_layer() || !chain.is(IpProtocol::Icmpv6)) return std::nullopt;
  return Icmpv6View(ip.upper_layer(chain), ip.upper_layer_bytes(chain));
}

bool Icmpv6View::checksum_valid(const Ipv6View& ip) const noexcept {
  return bytes_.size() == message_bytes_ &&
         ip.pseudo_header(IpProtocol::Icmpv6, message_bytes_).add(bytes_).checksum() == 0;
}

std::span<std::byte> build_echo6(std::span<std::byte> out, const MacPair& macs,
                                 const Ipv6Fields& ip, const EchoFields& echo) noexcept {
  return FrameBuilder(out)
      .ethernet(macs)
      .ipv6(ip)
      .icmpv6(number(echo.is_reply ? Icmpv6Type::EchoReply : Icmpv6Type::EchoRequest), 0)
      .be16(echo.id)
      .be16(echo.sequence)
      .bytes(echo.data)
      .finish();
}

std::span<std::byte> build_packet_too_big(std::span<std::byte> out, const MacPair& macs,
                                          const Ipv6Address& router, const Ipv6View& packet,
                                          std::uint32_t mtu) noexcept {
  const auto quote = packet.packet();
  return FrameBuilder(out)
      .ethernet(macs)
      .ipv6({.source = router, .destination = packet.source()})
      .icmpv6(number(Icmpv6Type::PacketTooBig), 0)
      .be32(mtu)
      .bytes(quote.first(std::min(quote.size(), kIcmpv6QuoteBytes)))
      .finish();
}

}  // namespace laneway::wire

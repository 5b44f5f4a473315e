#include "switch/wire/udp.h"

#include <algorithm>

namespace laneway::wire {

std::optional<UdpView> UdpView::parse(std::span<std::byte> readable, std::size_t packet_bytes,
                                      bool more_follow) noexcept {
  if (readable.size() < kSize) return std::nullopt;
  const std::size_t length = load_be16(&readable[kLength]);
  if (length < kSize || (length > packet_bytes && !more_follow)) return std::nullopt;
  return UdpView(readable.first(std::min(length, readable.size())));
}

std::optional<UdpView> UdpView::parse(const Ipv4View& ip) noexcept {
  if (!ip.is(IpProtocol::Udp) || ip.fragment_offset() != 0) return std::nullopt;
  return parse(ip.payload(), ip.payload_bytes(), ip.more_fragments());
}

std::optional<UdpView> UdpView::parse(const Ipv6View& ip, const Ipv6Chain& chain) noexcept {
  if (!chain.has_upper_layer() || !chain.is(IpProtocol::Udp)) return std::nullopt;
  return parse(ip.upper_layer(chain), ip.upper_layer_bytes(chain),
               chain.fragment == Ipv6Chain::Fragment::First);
}

bool UdpView::checksum_valid(const Ipv4View& ip) const noexcept {
  if (checksum() == 0) return true;
  return is_whole() && ip.pseudo_header(length()).add(bytes_).checksum() == 0;
}

bool UdpView::checksum_valid(const Ipv6View& ip) const noexcept {
  return is_whole() && checksum() != 0 &&
         ip.pseudo_header(IpProtocol::Udp, length()).add(bytes_).checksum() == 0;
}

}  // namespace laneway::wire

#include "switch/wire/ndp.h"

namespace laneway::wire {
namespace {

constexpr std::uint8_t kNdHopLimit = 255;  // a router has not passed it on (RFC 4861 section 11.2)

std::size_t fixed_bytes(Icmpv6Type type) noexcept {
  switch (type) {
    case Icmpv6Type::RouterSolicitation:
      return 8;
    case Icmpv6Type::RouterAdvertisement:
      return 16;
    case Icmpv6Type::Redirect:
      return 40;
    default:
      return 24;  // NS and NA
  }
}

bool has_option(const NdView& nd, NdOptionType type) noexcept { return nd.find(type).has_value(); }

// RFC 4861 section 7.1.1.
bool is_valid_solicitation(const NdView& nd) noexcept {
  if (nd.target().is_multicast()) return false;
  return !nd.source().is_unspecified() || (nd.ip().destination().is_solicited_node() &&
                                           !has_option(nd, NdOptionType::SourceLinkLayer));
}

// RFC 4861 section 7.1.2.
bool is_valid_advertisement(const NdView& nd) noexcept {
  return !nd.target().is_multicast() &&
         !(nd.is_solicited() && nd.ip().destination().is_multicast());
}

// RFC 4861 section 8.1.
bool is_valid_redirect(const NdView& nd) noexcept {
  return nd.source().is_link_local() && !nd.redirected().is_multicast() &&
         (nd.target().is_link_local() || nd.target() == nd.redirected());
}

bool is_valid(const NdView& nd) noexcept {
  switch (nd.type()) {
    case Icmpv6Type::RouterSolicitation:  // RFC 4861 section 6.1.1
      return !nd.source().is_unspecified() || !has_option(nd, NdOptionType::SourceLinkLayer);
    case Icmpv6Type::RouterAdvertisement:  // RFC 4861 section 6.1.2
      return nd.source().is_link_local();
    case Icmpv6Type::NeighborSolicitation:
      return is_valid_solicitation(nd);
    case Icmpv6Type::NeighborAdvertisement:
      return is_valid_advertisement(nd);
    default:
      return is_valid_redirect(nd);
  }
}

bool is_whole(const Icmpv6View& icmp, std::size_t fixed) noexcept {
  const auto message = icmp.message();
  return message.size() == icmp.message_bytes() && message.size() >= fixed &&
         NdOptions::is_whole(message.subspan(fixed));
}

}  // namespace

bool NdView::checksum_valid() const noexcept {
  return ip_.pseudo_header(IpProtocol::Icmpv6, message_.size()).add(message_).checksum() == 0;
}

std::optional<NdOption> NdView::find(NdOptionType kind) const noexcept {
  for (const NdOption option : options()) {
    if (option.is(kind)) return option;
  }
  return std::nullopt;
}

std::optional<MacAddress> NdView::link_layer(NdOptionType kind) const noexcept {
  const auto option = find(kind);
  if (!option) return std::nullopt;
  return option->link_layer();
}

void NdView::set_link_layer(const NdOption& option, MacAddress mac, ChecksumEdit edit) noexcept {
  std::byte* field = &option.bytes()[NdOption::kLinkLayer];
  if (edit == ChecksumEdit::Update) {
    const auto fresh = std::as_bytes(std::span(mac.octets));
    store_be16(&message_[kChecksum],
               update_checksum(checksum(), {field, mac.octets.size()}, fresh));
  }
  store_mac(field, mac);
}

NdParse NdParse::of(const Ipv6View& ip) noexcept {
  NdParse result{.chain = ip.walk(), .view = std::nullopt};
  if (result.chain.end != Ipv6Chain::End::Complete) {
    result.kind = Kind::HeaderChain;
    return result;
  }
  const auto icmp = Icmpv6View::parse(ip, result.chain);
  if (!icmp || !icmp->is_neighbor_discovery()) return result;
  if (result.chain.fragment != Ipv6Chain::Fragment::None) {
    result.kind = Kind::Fragmented;
    return result;
  }
  result.kind = Kind::Malformed;
  const std::size_t fixed = fixed_bytes(Icmpv6Type{icmp->type()});
  if (ip.hop_limit() != kNdHopLimit || icmp->code() != 0 || !is_whole(*icmp, fixed)) return result;
  const NdView view(ip, icmp->message(), fixed);
  if (!is_valid(view)) return result;
  result.kind = Kind::Valid;
  result.view = view;
  return result;
}

}  // namespace laneway::wire

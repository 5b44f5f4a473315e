// The builders of ndp.h.
#include <array>

#include "switch/wire/ndp.h"

namespace laneway::wire {
namespace {

FrameBuilder message(std::span<std::byte> out, const MacPair& macs, const Ipv6Address& source,
                     const Ipv6Address& destination, Icmpv6Type type) noexcept {
  FrameBuilder builder(out);
  builder.ethernet(macs)
      .ipv6({.source = source, .destination = destination, .hop_limit = 255})
      .icmpv6(number(type), 0);
  return builder;
}

FrameBuilder& option(FrameBuilder& builder, NdOptionType type, std::uint8_t units) noexcept {
  return builder.be8(static_cast<std::uint8_t>(type)).be8(units);
}

void link_layer(FrameBuilder& builder, NdOptionType type, MacAddress mac) noexcept {
  option(builder, type, 1).mac(mac);
}

void prefix_information(FrameBuilder& builder, const PrefixInformation& prefix) noexcept {
  const unsigned flags = (prefix.on_link ? 0x80U : 0U) | (prefix.autonomous ? 0x40U : 0U);
  option(builder, NdOptionType::PrefixInformation, 4)
      .be8(prefix.prefix.length)
      .be8(static_cast<std::uint8_t>(flags))
      .be32(prefix.valid_lifetime_s)
      .be32(prefix.preferred_lifetime_s)
      .be32(0)
      .address(prefix.prefix.address.v6());
}

}  // namespace

std::span<std::byte> build_ns(std::span<std::byte> out, const MacPair& macs,
                              const NsFields& fields) noexcept {
  FrameBuilder builder =
      message(out, macs, fields.source, fields.destination, Icmpv6Type::NeighborSolicitation);
  builder.be32(0).address(fields.target);
  if (!fields.source.is_unspecified()) {
    link_layer(builder, NdOptionType::SourceLinkLayer, macs.source);
  }
  if (!fields.nonce.empty()) option(builder, NdOptionType::Nonce, 1).bytes(fields.nonce);
  return builder.finish();
}

std::span<std::byte> build_dad_ns(std::span<std::byte> out, MacAddress mac,
                                  const Ipv6Address& target,
                                  std::span<const std::byte> nonce) noexcept {
  const Ipv6Address group = target.solicited_node();
  return build_ns(out, {.destination = group.multicast_mac(), .source = mac},
                  {.source = {}, .destination = group, .target = target, .nonce = nonce});
}

std::span<std::byte> build_na(std::span<std::byte> out, const MacPair& macs,
                              const NaFields& fields) noexcept {
  const unsigned flags = (fields.router ? 0x80U : 0U) | (fields.solicited ? 0x40U : 0U) |
                         (fields.override_cache ? 0x20U : 0U);
  FrameBuilder builder =
      message(out, macs, fields.source, fields.destination, Icmpv6Type::NeighborAdvertisement);
  builder.be32(flags << 24U).address(fields.target);
  link_layer(builder, NdOptionType::TargetLinkLayer, fields.link_layer);
  return builder.finish();
}

std::span<std::byte> build_unsolicited_na(std::span<std::byte> out, MacAddress mac,
                                          const Ipv6Address& address, bool router) noexcept {
  const Ipv6Address all = Ipv6Address::all_nodes();
  return build_na(out, {.destination = all.multicast_mac(), .source = mac},
                  {.source = address,
                   .destination = all,
                   .target = address,
                   .link_layer = mac,
                   .router = router,
                   .solicited = false,
                   .override_cache = true});
}

std::span<std::byte> build_ra(std::span<std::byte> out, const MacPair& macs,
                              const RaFields& fields) noexcept {
  constexpr std::uint8_t kCurrentHopLimit = 64;
  FrameBuilder builder =
      message(out, macs, fields.source, fields.destination, Icmpv6Type::RouterAdvertisement);
  builder.be8(kCurrentHopLimit).be8(fields.flags).be16(fields.lifetime_s).be32(0).be32(0);
  if (fields.link_layer) {
    link_layer(builder, NdOptionType::SourceLinkLayer, *fields.link_layer);
  }
  if (fields.prefix) prefix_information(builder, *fields.prefix);
  return builder.finish();
}

std::span<std::byte> build_rs(std::span<std::byte> out, const MacPair& macs,
                              const Ipv6Address& source) noexcept {
  FrameBuilder builder =
      message(out, macs, source, Ipv6Address::all_routers(), Icmpv6Type::RouterSolicitation);
  builder.be32(0);
  if (!source.is_unspecified()) link_layer(builder, NdOptionType::SourceLinkLayer, macs.source);
  return builder.finish();
}

std::span<std::byte> build_redirect(std::span<std::byte> out, const MacPair& macs,
                                    const RedirectFields& fields) noexcept {
  FrameBuilder builder =
      message(out, macs, fields.source, fields.destination, Icmpv6Type::Redirect);
  builder.be32(0).address(fields.target).address(fields.redirected);
  if (fields.link_layer) {
    link_layer(builder, NdOptionType::TargetLinkLayer, *fields.link_layer);
  }
  return builder.finish();
}

}  // namespace laneway::wire

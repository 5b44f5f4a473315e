#include "tests/support/router.h"

namespace laneway::test {

Router::Router(Host& host, const Options& options) : host_(host), options_(options) {
  host_.set_router(true);
  host_.on_nd(NdType::RouterSolicitation,
              [this](const IpPacket&, const NdMessage&) { advertise(); });
  host_.timeline().after(Nanos{0}, [this] { advertise(); });
  host_.timeline().every(kInterval, [this] {
    advertise();
    return true;
  });
}

IpPacket Router::advertisement() const {
  constexpr std::uint32_t kHopLimit = 64;
  constexpr std::uint32_t kLifetime = 3600;
  NdMessage message{.type = NdType::RouterAdvertisement,
                    .word = (kHopLimit << 24U) | options_.lifetime_seconds};
  message.with(kSourceLinkLayer, host_.mac());
  Writer prefix;
  prefix.u8(options_.prefix.length).u8(options_.autonomous ? 0xc0 : 0x80);
  prefix.u32(kLifetime).u32(kLifetime).u32(0).ip(options_.prefix.address);
  message.options.push_back({kPrefixInformation, prefix.take()});
  return nd_packet(self(), Ipv6Address::all_nodes(), message);
}

void Router::advertise() {
  host_.send_frame(
      ip_frame(Ipv6Address::all_nodes().multicast_mac(), host_.mac(), advertisement()));
}

void Router::redirect(const Ipv6Address& destination, const Ipv6Address& better, MacAddress mac,
                      const Ipv6Address& whom) {
  NdMessage message{.type = NdType::Redirect, .target = better, .destination = destination};
  message.with(kTargetLinkLayer, mac);
  const auto to = host_.neighbors().find(whom);
  if (to) host_.send_frame(ip_frame(*to, host_.mac(), nd_packet(self(), whom, message)));
}

}  // namespace laneway::test

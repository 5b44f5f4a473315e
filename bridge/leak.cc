#include "bridge/leak.h"

#include "switch/wire/arp.h"
#include "switch/wire/ipv6.h"
#include "switch/wire/ndp.h"

namespace laneway {

bool leaks(const Translation& translation, const Frame& frame, Nanos now) noexcept {
  if (frame.source() != translation.parts.network.station) return true;
  if (frame.kind == FrameKind::Arp) {
    const auto arp = wire::ArpView::parse(frame.l3());
    return arp && (translation.is_local(arp->sender_mac(), now) ||
                   translation.is_local(arp->target_mac(), now));
  }
  if (frame.kind != FrameKind::Ipv6) return false;
  const auto ip = wire::Ipv6View::parse(frame.l3(), frame.length - frame.l3_offset);
  const auto nd = ip ? wire::NdParse::of(*ip).view : std::nullopt;
  if (!nd) return false;
  for (const wire::NdOption option : nd->options()) {
    if (option.is_link_layer() && translation.is_local(option.link_layer(), now)) return true;
  }
  return false;
}

}  // namespace laneway

#include "switch/wire/ethernet.h"

namespace laneway::wire {

std::optional<EthernetView> EthernetView::parse(std::span<std::byte> frame) noexcept {
  if (frame.size() < kEthernetBytes) return std::nullopt;
  return EthernetView(frame);
}

void write_ethernet(std::span<std::byte> out, MacAddress destination, MacAddress source,
                    EtherType type) noexcept {
  store_mac(&out[EthernetView::kDestination], destination);
  store_mac(&out[EthernetView::kSource], source);
  store_be16(&out[EthernetView::kType], number(type));
}

}  // namespace laneway::wire

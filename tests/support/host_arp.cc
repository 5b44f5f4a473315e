// ARP of a test host (RFC 826, 5227).
#include "tests/support/host.h"

namespace laneway::test {

void Host::send_arp(MacAddress to, const ArpMessage& message) {
  send_frame(arp_frame(to, mac_, message));
}

void Host::arp_input(const ArpMessage& arp) {
  if (arp.sender_mac == mac_) {
    ++counters_.self_heard;
    return;
  }
  OwnAddress* claimed = own(arp.sender);
  OwnAddress* wanted = own(arp.target);
  // Two that probe for one address at once are a conflict as well (RFC 5227 §2.1.1).
  if (claimed != nullptr) conflict(*claimed);
  if (arp.is_probe() && wanted != nullptr && wanted->state == AddressState::Tentative) {
    conflict(*wanted);
  }
  const bool for_me = wanted != nullptr && wanted->state == AddressState::Preferred;
  if (!arp.sender.is_unspecified()) resolver_.heard(arp.sender, arp.sender_mac, for_me);
  if (!arp.is_request() || !for_me) return;
  send_arp(arp.sender_mac, {.op = 2,
                            .sender_mac = mac_,
                            .sender = arp.target,
                            .target_mac = arp.sender_mac,
                            .target = arp.sender});
}

void Host::ask(const IpAddress& target, std::optional<MacAddress> known) {
  const auto source = source_for(target);
  if (!source) return;
  if (target.family == Family::Ipv4) {
    return send_arp(known.value_or(MacAddress::broadcast()),
                    {.sender_mac = mac_, .sender = source->v4(), .target = target.v4()});
  }
  NdMessage question{.type = NdType::NeighborSolicitation, .target = target.v6()};
  question.with(kSourceLinkLayer, mac_);
  const Ipv6Address to = known ? target.v6() : target.v6().solicited_node();
  emit(known.value_or(to.multicast_mac()), nd_packet(source->v6(), to, question));
}

}  // namespace laneway::test

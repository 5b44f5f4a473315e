#include "bridge/rewrite.h"

#include "switch/wire/bytes.h"

namespace laneway {
namespace {

using wire::ChecksumEdit;

// Edits words of a UDP datagram and of the addresses around it.
class DatagramEdit {
 public:
  DatagramEdit(const wire::Ipv4View& ip, const wire::UdpView& udp, ChecksumEdit edit) noexcept
      : ip_(ip), udp_(udp), edit_(edit) {}

  void set_source(Ipv4Address address) noexcept {
    replace_address(ip_.source(), address);
    ip_.set_source(address);
  }
  void set_destination(Ipv4Address address) noexcept {
    replace_address(ip_.destination(), address);
    ip_.set_destination(address);
  }
  // `offset`: even, from the UDP header's start.
  void set_word(std::size_t offset, std::uint16_t word) noexcept {
    std::byte* at = ip_.payload().data() + offset;
    const std::uint16_t before = wire::load_be16(at);
    wire::store_be16(at, word);
    if (edit_ == ChecksumEdit::Update) {
      udp_.set_checksum(wire::update_udp_checksum(udp_.checksum(), before, word));
    }
  }
  std::uint16_t word(std::size_t offset) const noexcept {
    return wire::load_be16(ip_.payload().data() + offset);
  }

 private:
  void replace_address(Ipv4Address before, Ipv4Address after) noexcept {
    replace_pseudo(static_cast<std::uint16_t>(before.number >> 16U),
                   static_cast<std::uint16_t>(after.number >> 16U));
    replace_pseudo(static_cast<std::uint16_t>(before.number & 0xffffU),
                   static_cast<std::uint16_t>(after.number & 0xffffU));
  }
  // A word of the pseudo-header, which a checksum that is left to others has summed already: its
  // field holds the sum, not the complement.
  void replace_pseudo(std::uint16_t before, std::uint16_t after) noexcept {
    const std::uint16_t field = udp_.checksum();
    if (edit_ == ChecksumEdit::Update) {
      return udp_.set_checksum(wire::update_udp_checksum(field, before, after));
    }
    const auto complement = static_cast<std::uint16_t>(~field);
    udp_.set_checksum(
        static_cast<std::uint16_t>(~wire::update_checksum(complement, before, after)));
  }

  wire::Ipv4View ip_;
  wire::UdpView udp_;
  ChecksumEdit edit_;
};

constexpr std::size_t in_udp(std::size_t dhcp_field) { return wire::UdpView::kSize + dhcp_field; }

}  // namespace

bool untagged(Frame& frame) noexcept {
  while (frame.tags > 0 && frame.vlan == VlanId{}) pop_tag(frame);
  if (frame.tags == 0) return true;
  frame.drop(Drop::Vlan);
  return false;
}

std::optional<wire::ArpView> translatable_arp(Frame& frame) noexcept {
  const auto arp = wire::ArpView::parse(frame.l3());
  if (!arp || arp->sender_mac().is_group() || arp->sender_mac().is_zero()) {
    frame.drop(Drop::ArpBad);
    return std::nullopt;
  }
  if (arp->is(wire::ArpOp::Request) || arp->is(wire::ArpOp::Reply)) return arp;
  frame.drop(Drop::ArpOp);
  return std::nullopt;
}

std::optional<ChecksumEdit> checksum_edit(const Offload& offload, std::size_t edited,
                                          std::size_t field) noexcept {
  if (offload.gso != Offload::Gso::None) return std::nullopt;
  if (!offload.needs_checksum) return ChecksumEdit::Update;
  const std::size_t start = offload.checksum_start;
  if (start + offload.checksum_offset != field || start > edited) return std::nullopt;
  return ChecksumEdit::Leave;
}

std::optional<DhcpPacket> DhcpPacket::parse(const wire::Ipv4View& ip,
                                            wire::UdpPorts ports) noexcept {
  const auto udp = wire::UdpView::parse(ip);
  if (!udp || udp->ports() != ports) return std::nullopt;
  const auto dhcp = wire::DhcpView::parse(*udp);
  if (!dhcp) return std::nullopt;
  return DhcpPacket{ip, *udp, *dhcp};
}

std::optional<ChecksumEdit> DhcpPacket::edit(const Frame& frame) const noexcept {
  const auto datagram = static_cast<std::size_t>(ip.payload().data() - frame.data);
  return checksum_edit(offload_of(*frame.buffer), datagram + wire::UdpView::kSize,
                       datagram + wire::UdpView::kChecksum);
}

bool DhcpPacket::is_true(const Frame& frame) const noexcept {
  const Offload offload = offload_of(*frame.buffer);
  return udp.is_whole() &&
         (offload.checksum_valid || offload.needs_checksum || udp.checksum_valid(ip));
}

void set_broadcast_flag(DhcpPacket packet, ChecksumEdit edit) noexcept {
  packet.dhcp.set_broadcast(packet.udp, edit);
}

void relay_outward(DhcpPacket packet, ChecksumEdit edit, Ipv4Address agent) noexcept {
  DatagramEdit datagram(packet.ip, packet.udp, edit);
  datagram.set_source(agent);
  datagram.set_word(wire::UdpView::kSourcePort, wire::kDhcpServerPort);
  // The hop count is the word's low half (RFC 1542 section 4.1.1); a client sends 0.
  constexpr std::size_t kHlenHops = in_udp(wire::DhcpView::kHlen);
  datagram.set_word(kHlenHops,
                    static_cast<std::uint16_t>((datagram.word(kHlenHops) & 0xff00U) | 1U));
  constexpr std::size_t kGiaddr = in_udp(wire::DhcpView::kGiaddr);
  datagram.set_word(kGiaddr, static_cast<std::uint16_t>(agent.number >> 16U));
  datagram.set_word(kGiaddr + 2, static_cast<std::uint16_t>(agent.number & 0xffffU));
}

void relay_inward(DhcpPacket packet, ChecksumEdit edit) noexcept {
  DatagramEdit datagram(packet.ip, packet.udp, edit);
  datagram.set_destination(Ipv4Address{0xffffffffU});
  datagram.set_word(wire::UdpView::kDestinationPort, wire::kDhcpClientPort);
}

}  // namespace laneway

#include "tests/support/tcp.h"

#include <algorithm>

#include "switch/wire/bytes.h"

namespace laneway::test {

namespace {

constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kPush = 8;
constexpr std::uint8_t kAck = 16;
constexpr std::size_t kHeader = 20;
constexpr std::size_t kChecksumAt = 16;
constexpr std::uint32_t kFirst = 0xffffff00;  // so that sequence numbers wrap early
constexpr std::size_t kWindow = 8;            // segments
constexpr int kMaxResends = 60;
constexpr Nanos kResendAfter = std::chrono::seconds{1};  // RFC 6298 section 2

}  // namespace

Tcp::Tcp(Host& host, std::size_t segment_bytes) : host_(host), segment_bytes_(segment_bytes) {
  host_.on_ip(kTcp, [this](const IpPacket& packet) { input(packet); });
}

void Tcp::connect(const IpAddress& peer) {
  peer_ = peer;
  active_ = true;
  self_ = host_.source_for(peer).value_or(IpAddress{});
  emit(kSyn, kFirst);
  arm();
}

void Tcp::send(Bytes bytes) {
  outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
  pump();
}

std::optional<Tcp::Segment> Tcp::read(const IpPacket& packet) {
  const Bytes& bytes = packet.payload;
  if (bytes.size() < kHeader || packet.is_fragment()) return std::nullopt;
  if (transport_checksum(packet, kTcp, bytes) != 0) return std::nullopt;
  return Segment{.sequence = wire::load_be32(bytes.data() + 4),
                 .acknowledgement = wire::load_be32(bytes.data() + 8),
                 .flags = wire::load_u8(bytes.data() + 13),
                 .payload = Bytes(bytes.begin() + kHeader, bytes.end())};
}

void Tcp::input(const IpPacket& packet) {
  const auto segment = read(packet);
  if (!segment) return;
  if ((segment->flags & kSyn) != 0) {
    peer_ = packet.source;
    self_ = packet.destination;
    expected_ = segment->sequence + 1;
    emit(active_ ? kAck : kSyn | kAck, kFirst + (active_ ? 1 : 0));
  }
  if ((segment->flags & kAck) != 0) take_acknowledgement(segment->acknowledgement);
  if (!segment->payload.empty()) take_payload(*segment);
  if (connected_) pump();
}

void Tcp::take_acknowledgement(std::uint32_t number) {
  const std::size_t upto = number - kFirst - 1;
  if (upto > outgoing_.size()) return;
  connected_ = true;
  acknowledged_ = std::max(acknowledged_, upto);
  sent_ = std::max(sent_, acknowledged_);
}

void Tcp::take_payload(const Segment& segment) {
  if (segment.sequence == expected_) {
    received_.insert(received_.end(), segment.payload.begin(), segment.payload.end());
    expected_ += static_cast<std::uint32_t>(segment.payload.size());
  }
  emit(kAck, kFirst + 1 + static_cast<std::uint32_t>(sent_));
}

void Tcp::pump() {
  while (connected_ && sent_ < outgoing_.size() &&
         sent_ < acknowledged_ + kWindow * segment_bytes_) {
    const std::size_t bytes = std::min(segment_bytes_, outgoing_.size() - sent_);
    const auto sequence = kFirst + 1 + static_cast<std::uint32_t>(sent_);
    sent_ += bytes;
    emit(kPush | kAck, sequence, View(outgoing_).subspan(sent_ - bytes, bytes));
    arm();
  }
}

void Tcp::arm() {
  if (armed_) return;
  armed_ = true;
  host_.timeline().after(kResendAfter, [this] {
    armed_ = false;
    resend();
  });
}

void Tcp::resend() {
  const bool waits = (active_ && !connected_) || acknowledged_ < sent_;
  if (!waits || ++resends_ > kMaxResends) return;
  for (const IcmpError& error : host_.icmp_errors()) {
    const std::size_t headers = kHeader + (peer_.family == Family::Ipv4 ? 20U : 40U);
    if (error.mtu > headers) segment_bytes_ = std::min(segment_bytes_, error.mtu - headers);
  }
  if (!connected_) emit(kSyn, kFirst);
  sent_ = acknowledged_;
  pump();
  arm();
}

void Tcp::emit(std::uint8_t flags, std::uint32_t sequence, View payload) {
  IpPacket packet{
      .source = peer_.family == Family::Ipv4 ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}},
      .destination = peer_,
      .protocol = kTcp};
  packet.source = host_.source_for(peer_).value_or(packet.source);
  Writer tcp;
  tcp.u16(kPort).u16(kPort).u32(sequence).u32((flags & kAck) != 0 ? expected_ : 0);
  tcp.u8(kHeader / 4 << 4U).u8(flags).u16(0xffff).u16(0).u16(0).raw(payload);
  tcp.put_u16(kChecksumAt, transport_checksum(packet, kTcp, tcp.bytes()));
  packet.payload = tcp.take();
  host_.send_ip(std::move(packet));
}

}  // namespace laneway::test

#include "tests/support/offload.h"

#include "ports/segments.h"
#include "tests/support/packet.h"

namespace laneway::test {

namespace {

constexpr std::size_t kTcpChecksumAt = 16;
constexpr std::size_t kUdpChecksumAt = 6;
constexpr std::size_t kTcpHeader = 20;

// The pseudo-header's sum, which the one that completes the checksum starts from.
std::uint16_t pseudo_sum(const IpPacket& packet) {
  Writer pseudo;
  pseudo.ip(packet.source).ip(packet.destination);
  pseudo.u32(static_cast<std::uint32_t>(packet.payload.size())).u32(packet.protocol);
  return static_cast<std::uint16_t>(internet_sum(pseudo.bytes()));
}

}  // namespace

std::optional<VnetHeader> leave_offloads(Bytes& frame, std::size_t segment_bytes) {
  const auto packet = read_ip(frame);
  const bool is_tcp = packet && packet->protocol == kTcp;
  if (!packet || packet->is_fragment() || (!is_tcp && packet->protocol != kUdp)) {
    return std::nullopt;
  }
  const std::size_t start = frame.size() - packet->payload.size();
  const std::size_t field = is_tcp ? kTcpChecksumAt : kUdpChecksumAt;
  const std::uint16_t sum = pseudo_sum(*packet);
  frame[start + field] = std::byte(sum >> 8U);
  frame[start + field + 1] = std::byte(sum & 0xffU);
  VnetHeader header{.flags = VnetHeader::kNeedsChecksum,
                    .checksum_start = static_cast<std::uint16_t>(start),
                    .checksum_offset = static_cast<std::uint16_t>(field)};
  if (is_tcp && packet->payload.size() > kTcpHeader + segment_bytes) {
    const bool is_v4 = packet->source.family == Family::Ipv4;
    header.gso_type = is_v4 ? VnetHeader::kGsoTcp4 : VnetHeader::kGsoTcp6;
    header.header_bytes = static_cast<std::uint16_t>(start + kTcpHeader);
    header.segment_bytes = static_cast<std::uint16_t>(segment_bytes);
  }
  return header;
}

std::vector<Bytes> on_wire(Buffer* frame) {
  std::vector<Bytes> all;
  const Segments segments(*frame);
  for (std::size_t at = 0; at < segments.count(); ++at) {
    Bytes& bytes = all.emplace_back(segments.longest());
    bytes.resize(segments.write(at, bytes));
  }
  free_buffer(frame);
  return all;
}

}  // namespace laneway::test

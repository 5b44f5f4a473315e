#include "ports/vnet_header.h"

#include <optional>

#include <rte_mbuf.h>

#include "ports/segments.h"
#include "ports/transport.h"
#include "switch/wire/bytes.h"

namespace laneway {

namespace {

constexpr std::uint16_t kEthernetHeader = 14;
constexpr std::size_t kTcpFlags = 13;
constexpr std::uint8_t kCwr = 0x80;  // RFC 3168 section 6.1.2

std::byte* bytes_of(const Buffer& frame) noexcept { return rte_pktmbuf_mtod(&frame, std::byte*); }

// Sums from `start` to the frame's end into the field, which must lie in the first segment.
void sum_now(Buffer& frame, const VnetHeader& header) noexcept {
  wire::InternetSum sum;
  std::size_t skip = header.checksum_start;
  for (const Buffer* segment = &frame; segment != nullptr; segment = segment->next) {
    const std::size_t skipped = std::min<std::size_t>(skip, segment->data_len);
    sum.add({bytes_of(*segment) + skipped, segment->data_len - skipped});
    skip -= skipped;
  }
  // 0 would say "no checksum" in UDP (RFC 768); the same value for all others.
  wire::store_be16(bytes_of(frame) + header.checksum_start + header.checksum_offset,
                   wire::udp_field(sum.checksum()));
}

bool matches(const VnetHeader& header, const Transport& where) noexcept {
  return header.checksum_start == where.transport &&
         header.checksum_offset == where.checksum_offset();
}

bool accept_checksum(Buffer& frame, const VnetHeader& header) noexcept {
  const std::size_t field = std::size_t{header.checksum_start} + header.checksum_offset;
  if (header.checksum_start < kEthernetHeader || field + 2 > frame.data_len) return false;
  const auto where = transport_of(frame);
  if (where && matches(header, *where)) {
    const Offload offload{.needs_checksum = true,
                          .checksum_start = header.checksum_start,
                          .checksum_offset = header.checksum_offset};
    if (set_offload(frame, offload)) return true;
  }
  sum_now(frame, header);
  return true;
}

std::optional<Offload::Gso> gso_of(const VnetHeader& header) noexcept {
  switch (header.gso_type) {
    case VnetHeader::kGsoTcp4:
    case VnetHeader::kGsoTcp4 | VnetHeader::kGsoEcn:
      return Offload::Gso::Tcp4;
    case VnetHeader::kGsoTcp6:
    case VnetHeader::kGsoTcp6 | VnetHeader::kGsoEcn:
      return Offload::Gso::Tcp6;
    case VnetHeader::kGsoUdp:
      return Offload::Gso::Udp;
    default:
      return std::nullopt;
  }
}

bool fits(Offload::Gso gso, const Transport& where) noexcept {
  if (gso == Offload::Gso::Udp) return !where.tcp;
  return where.tcp && (gso == Offload::Gso::Tcp4) == (where.family == Family::Ipv4);
}

// A frame merged by a NIC (LRO) has a checksum that held for each piece: the field gets what a
// frame that is still to be cut has there.
void leave_pseudo_header_sum(Buffer& frame, const Transport& where) noexcept {
  const std::span<const std::byte> headers(bytes_of(frame), where.payload);
  wire::store_be16(bytes_of(frame) + where.transport + where.checksum_offset(),
                   pseudo_header_of(headers, where, where.end - where.transport).folded());
}

bool accept_gso(Buffer& frame, const VnetHeader& header) noexcept {
  const auto gso = gso_of(header);
  const auto where = transport_of(frame);
  if (!gso || !where || !fits(*gso, *where) || header.segment_bytes == 0 ||
      header.header_bytes > frame.pkt_len || where->end <= where->payload) {
    return false;
  }
  const bool summed = (header.flags & VnetHeader::kNeedsChecksum) == 0;
  if (!summed && !matches(header, *where)) return false;
  const std::uint32_t payload = where->end - where->payload;
  if (payload > kMaxSegments * header.segment_bytes) return false;

  Offload offload{.needs_checksum = true,
                  .checksum_start = where->transport,
                  .checksum_offset = where->checksum_offset()};
  if (payload > header.segment_bytes) {
    offload.gso = *gso;
    offload.segment_bytes = header.segment_bytes;
    offload.header_bytes = where->payload;
  }
  if (summed) leave_pseudo_header_sum(frame, *where);
  return set_offload(frame, offload);
}

}  // namespace

bool accept_vnet_header(Buffer& frame, const VnetHeader& header) noexcept {
  if (header.gso_type != VnetHeader::kGsoNone) return accept_gso(frame, header);
  if ((header.flags & VnetHeader::kNeedsChecksum) != 0) return accept_checksum(frame, header);
  return set_offload(frame, {.checksum_valid = (header.flags & VnetHeader::kDataValid) != 0});
}

VnetHeader vnet_header_of(const Buffer& frame) noexcept {
  const Offload offload = offload_of(frame);
  VnetHeader header;
  if (!offload.needs_checksum) {
    header.flags = offload.checksum_valid ? VnetHeader::kDataValid : std::uint8_t{0};
    return header;
  }
  header.flags = VnetHeader::kNeedsChecksum;
  header.checksum_start = offload.checksum_start;
  header.checksum_offset = offload.checksum_offset;
  if (offload.gso == Offload::Gso::None) return header;

  header.header_bytes = offload.header_bytes;
  header.segment_bytes = offload.segment_bytes;
  if (offload.gso == Offload::Gso::Udp) {
    header.gso_type = VnetHeader::kGsoUdp;
    return header;
  }
  const auto flags = wire::load_u8(bytes_of(frame) + offload.checksum_start + kTcpFlags);
  header.gso_type = offload.gso == Offload::Gso::Tcp4 ? VnetHeader::kGsoTcp4 : VnetHeader::kGsoTcp6;
  // Only the first segment may keep CWR: who cuts must know.
  if ((flags & kCwr) != 0) header.gso_type |= VnetHeader::kGsoEcn;
  return header;
}

}  // namespace laneway

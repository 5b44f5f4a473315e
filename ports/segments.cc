#include "ports/segments.h"

#include <algorithm>
#include <cstring>

#include <rte_mbuf.h>

#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"
#include "switch/wire/udp.h"

namespace laneway {

namespace {

constexpr std::size_t kTcpSequence = 4;
constexpr std::size_t kTcpFlags = 13;
constexpr unsigned kFin = 0x01, kPsh = 0x08, kCwr = 0x80;

// Copies what lies `offset` bytes into the frame. Requires that many bytes there.
void read_at(const Buffer& frame, std::size_t offset, std::span<std::byte> out) noexcept {
  for (const Buffer* segment = &frame; segment != nullptr && !out.empty();
       segment = segment->next) {
    if (offset >= segment->data_len) {
      offset -= segment->data_len;
      continue;
    }
    const std::size_t bytes = std::min(segment->data_len - offset, out.size());
    std::memcpy(out.data(), rte_pktmbuf_mtod_offset(segment, const std::byte*, offset), bytes);
    out = out.subspan(bytes);
    offset = 0;
  }
}

// Sums from `start` on into the field, which holds the pseudo-header's sum.
void sum_into(std::span<std::byte> bytes, std::size_t start, std::size_t offset) noexcept {
  const std::uint16_t sum = wire::InternetSum{}.add(bytes.subspan(start)).checksum();
  wire::store_be16(&bytes[start + offset], wire::udp_field(sum));
}

}  // namespace

Segments::Segments(const Buffer& frame) noexcept : frame_(frame), offload_(offload_of(frame)) {
  if (offload_.gso == Offload::Gso::None) return;
  where_ = transport_of(frame);
  const bool sound = where_ && where_->transport == offload_.checksum_start &&
                     where_->payload == offload_.header_bytes && where_->end > where_->payload;
  const std::size_t payload = sound ? where_->end - where_->payload : 0;
  count_ = (payload + offload_.segment_bytes - 1) / offload_.segment_bytes;
}

std::size_t Segments::total() const noexcept {
  if (!where_) return frame_.pkt_len;
  return count_ * where_->payload + where_->end - where_->payload;
}

std::size_t Segments::write(std::size_t at, std::span<std::byte> out) const noexcept {
  if (!where_) {
    const std::size_t bytes = read_buffer(frame_, out);
    if (offload_.needs_checksum) {
      sum_into(out.first(bytes), offload_.checksum_start, offload_.checksum_offset);
    }
    return bytes;
  }
  const std::size_t headers = where_->payload;
  const std::size_t from = headers + at * offload_.segment_bytes;
  const std::size_t payload = std::min<std::size_t>(offload_.segment_bytes, where_->end - from);
  const std::span<std::byte> segment = out.first(headers + payload);
  std::memcpy(segment.data(), rte_pktmbuf_mtod(&frame_, const std::byte*), headers);
  read_at(frame_, from, segment.subspan(headers));
  write_headers(at, segment);
  return segment.size();
}

void Segments::write_headers(std::size_t at, std::span<std::byte> segment) const noexcept {
  std::byte* ip = &segment[where_->network];
  std::byte* l4 = &segment[where_->transport];
  const auto packet = static_cast<std::uint16_t>(segment.size() - where_->network);
  const auto l4_bytes = static_cast<std::uint16_t>(segment.size() - where_->transport);
  if (where_->family == Family::Ipv4) {
    const std::size_t header = std::size_t{where_->transport} - where_->network;
    wire::store_be16(ip + wire::Ipv4View::kTotalLength, packet);
    wire::store_be16(ip + wire::Ipv4View::kId,
                     static_cast<std::uint16_t>(wire::load_be16(ip + wire::Ipv4View::kId) + at));
    wire::store_be16(ip + wire::Ipv4View::kChecksum, 0);
    wire::store_be16(ip + wire::Ipv4View::kChecksum,
                     wire::InternetSum{}.add({ip, header}).checksum());
  } else {
    wire::store_be16(ip + wire::Ipv6View::kPayloadLength,
                     static_cast<std::uint16_t>(packet - wire::Ipv6View::kSize));
  }
  if (where_->tcp) {
    const std::size_t sent = at * offload_.segment_bytes;
    wire::store_be32(l4 + kTcpSequence,
                     wire::load_be32(l4 + kTcpSequence) + static_cast<std::uint32_t>(sent));
    unsigned flags = wire::load_u8(l4 + kTcpFlags);
    if (at > 0) flags &= ~kCwr;
    if (at + 1 < count_) flags &= ~(kFin | kPsh);
    wire::store_u8(l4 + kTcpFlags, static_cast<std::uint8_t>(flags));
  } else {
    wire::store_be16(l4 + wire::UdpView::kLength, l4_bytes);
  }
  wire::store_be16(l4 + where_->checksum_offset(),
                   pseudo_header_of(segment, *where_, l4_bytes).folded());
  sum_into(segment, where_->transport, where_->checksum_offset());
}

}  // namespace laneway

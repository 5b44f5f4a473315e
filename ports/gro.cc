#include "ports/gro.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <rte_mbuf.h>

#include "ports/transport.h"
#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"

namespace laneway {

namespace {

// TCP header (RFC 9293 section 3.1).
constexpr std::size_t kSequence = 4, kAcknowledgment = 8, kFlags = 13, kWindow = 14, kChecksum = 16,
                      kUrgent = 18;
constexpr unsigned kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20,
                   kCwr = 0x80;
constexpr unsigned kLast = kFin | kPsh;  // end a row of segments
constexpr unsigned kAlone = kSyn | kRst | kUrg | kCwr;

constexpr std::size_t kFlows = 8;         // of one burst; a further one ends the oldest
constexpr std::uint16_t kMostMbufs = 32;  // of one frame: ports list no more than 41 (gather.h)

std::byte* bytes_of(const Buffer& frame) noexcept { return rte_pktmbuf_mtod(&frame, std::byte*); }

// One TCP segment with payload.
struct Segment {
  Buffer* frame;
  Transport where;

  std::byte* ip() const noexcept { return bytes_of(*frame) + where.network; }
  std::byte* tcp() const noexcept { return bytes_of(*frame) + where.transport; }
  std::uint32_t payload() const noexcept { return where.end - where.payload; }
  std::uint32_t sequence() const noexcept { return wire::load_be32(tcp() + kSequence); }
  unsigned flags() const noexcept { return wire::load_u8(tcp() + kFlags); }
};

// A segment that others may follow or that may follow others.
bool can_join(const Segment& segment) noexcept {
  const Transport& where = segment.where;
  const std::size_t plain =
      where.family == Family::Ipv4 ? wire::Ipv4View::kMinSize : wire::Ipv6View::kSize;
  return where.transport == where.network + plain && where.end == segment.frame->pkt_len &&
         segment.frame->data_len > where.payload && (segment.flags() & (kAlone | kAck)) == kAck &&
         offload_of(*segment.frame).gso == Offload::Gso::None;
}

// True if TCP's checksum is right, has been verified, or is left to others, and IPv4's is right:
// a joined frame gets both anew, which would mend what was broken on its way.
bool is_sound(const Segment& segment) noexcept {
  if (segment.where.family == Family::Ipv4 &&
      wire::InternetSum{}.add({segment.ip(), wire::Ipv4View::kMinSize}).checksum() != 0) {
    return false;
  }
  const Offload offload = offload_of(*segment.frame);
  if (offload.checksum_valid || offload.needs_checksum) return true;
  const Transport& where = segment.where;
  wire::InternetSum sum = pseudo_header_of({bytes_of(*segment.frame), where.payload}, where,
                                           where.end - where.transport);
  std::size_t skip = where.transport;
  for (const Buffer* part = segment.frame; part != nullptr; part = part->next) {
    sum.add({bytes_of(*part) + skip, part->data_len - skip});
    skip = 0;
  }
  return sum.checksum() == 0;
}

bool same(const std::byte* a, const std::byte* b, std::size_t from, std::size_t to) noexcept {
  return std::memcmp(a + from, b + from, to - from) == 0;
}

bool same_flow(const Segment& a, const Segment& b) noexcept {
  if (a.where.family != b.where.family || a.where.transport != b.where.transport) return false;
  const std::size_t addresses = a.where.family == Family::Ipv4
                                    ? std::size_t{wire::Ipv4View::kSource}
                                    : wire::Ipv6View::kSource;
  return same(a.tcp(), b.tcp(), 0, kSequence) &&
         same(a.ip(), b.ip(), addresses, a.where.transport - a.where.network) &&
         same(bytes_of(*a.frame), bytes_of(*b.frame), 0, a.where.network);
}

// All of the IP headers but lengths, checksum and ID.
bool same_ip(const Segment& a, const Segment& b) noexcept {
  if (a.where.family == Family::Ipv6) {
    return same(a.ip(), b.ip(), 0, wire::Ipv6View::kPayloadLength) &&
           same(a.ip(), b.ip(), wire::Ipv6View::kNextHeader, wire::Ipv6View::kSource);
  }
  return same(a.ip(), b.ip(), 0, wire::Ipv4View::kTotalLength) &&
         same(a.ip(), b.ip(), wire::Ipv4View::kFragment, wire::Ipv4View::kChecksum);
}

// All of the TCP headers but sequence, checksum and what ends a row.
bool same_tcp(const Segment& a, const Segment& b) noexcept {
  return same(a.tcp(), b.tcp(), kAcknowledgment, kFlags) &&
         ((a.flags() ^ b.flags()) & ~kLast) == 0 && same(a.tcp(), b.tcp(), kWindow, kChecksum) &&
         same(a.tcp(), b.tcp(), kUrgent, a.where.payload - a.where.transport);
}

// The frame that the segments of one flow become.
class Row {
 public:
  explicit Row(const Segment& first) noexcept
      : first_(first), tail_(rte_pktmbuf_lastseg(first.frame)) {}

  bool has(const Segment& segment) const noexcept { return same_flow(first_, segment); }
  // Takes the segment over if it goes on where the row ends.
  bool append(const Segment& segment) noexcept;
  // Writes what the headers of the whole say.
  void finish() noexcept;

 private:
  bool goes_on_with(const Segment& segment) const noexcept;
  bool counts_on(const Segment& segment) const noexcept;
  bool is_sound_itself() noexcept { return pieces_ > 1 || is_sound(first_); }

  Segment first_;
  Buffer* tail_;
  std::uint16_t pieces_ = 1;
  std::uint32_t payload_ = first_.payload();
};

// Without "don't fragment" the ID tells datagrams apart, so a cut must give the same ones again.
bool Row::counts_on(const Segment& segment) const noexcept {
  constexpr unsigned kDontFragment = 0x4000;
  if (first_.where.family == Family::Ipv6 ||
      (wire::load_be16(first_.ip() + wire::Ipv4View::kFragment) & kDontFragment) != 0) {
    return true;
  }
  const unsigned id = wire::load_be16(first_.ip() + wire::Ipv4View::kId) + pieces_;
  return wire::load_be16(segment.ip() + wire::Ipv4View::kId) == (id & 0xffffU);
}

bool Row::goes_on_with(const Segment& segment) const noexcept {
  const bool ended = (first_.flags() & kLast) != 0 || payload_ % first_.payload() != 0;
  return !ended && segment.sequence() == first_.sequence() + payload_ &&
         segment.payload() <= first_.payload() && same_ip(first_, segment) &&
         first_.where.payload == segment.where.payload && same_tcp(first_, segment) &&
         counts_on(segment) && first_.frame->pkt_len + segment.payload() <= kMaxFrameBytes &&
         first_.frame->nb_segs + segment.frame->nb_segs <= kMostMbufs;
}

bool Row::append(const Segment& segment) noexcept {
  if (!goes_on_with(segment) || !is_sound_itself() || !is_sound(segment)) return false;
  wire::store_u8(first_.tcp() + kFlags,
                 static_cast<std::uint8_t>(first_.flags() | segment.flags()));
  payload_ += segment.payload();
  first_.frame->pkt_len += segment.payload();
  first_.frame->nb_segs =
      static_cast<std::uint16_t>(first_.frame->nb_segs + segment.frame->nb_segs);
  rte_pktmbuf_adj(segment.frame, segment.where.payload);
  tail_->next = segment.frame;
  tail_ = rte_pktmbuf_lastseg(segment.frame);
  ++pieces_;
  return true;
}

void Row::finish() noexcept {
  if (pieces_ == 1) return;
  Buffer& frame = *first_.frame;
  const std::uint16_t segment_bytes = static_cast<std::uint16_t>(first_.payload());
  Transport& where = first_.where;
  where.end = frame.pkt_len;
  const auto packet = static_cast<std::uint16_t>(where.end - where.network);
  std::byte* ip = first_.ip();
  if (where.family == Family::Ipv4) {
    wire::store_be16(ip + wire::Ipv4View::kTotalLength, packet);
    wire::store_be16(ip + wire::Ipv4View::kChecksum, 0);
    wire::store_be16(ip + wire::Ipv4View::kChecksum,
                     wire::InternetSum{}.add({ip, wire::Ipv4View::kMinSize}).checksum());
  } else {
    wire::store_be16(ip + wire::Ipv6View::kPayloadLength,
                     static_cast<std::uint16_t>(packet - wire::Ipv6View::kSize));
  }
  wire::store_be16(first_.tcp() + kChecksum, pseudo_header_of({bytes_of(frame), where.payload},
                                                              where, where.end - where.transport)
                                                 .folded());
  set_offload(frame, {.needs_checksum = true,
                      .checksum_start = where.transport,
                      .checksum_offset = where.checksum_offset(),
                      .gso = where.family == Family::Ipv4 ? Offload::Gso::Tcp4 : Offload::Gso::Tcp6,
                      .segment_bytes = segment_bytes,
                      .header_bytes = where.payload});
}

class Rows {
 public:
  ~Rows() { finish_all(); }
  // True if the frame is now part of another.
  bool take(Buffer& frame) noexcept;

 private:
  void open(const Segment& segment) noexcept;
  void finish(std::optional<Row>& row) noexcept;
  void finish_all() noexcept {
    for (auto& row : rows_) finish(row);
  }

  std::array<std::optional<Row>, kFlows> rows_;
  std::size_t next_ = 0;
};

bool Rows::take(Buffer& frame) noexcept {
  const auto where = transport_of(frame);
  if (!where) finish_all();
  if (!where || !where->tcp) return false;
  const Segment segment{&frame, *where};
  const bool joins = can_join(segment);
  for (auto& row : rows_) {
    if (!row || !row->has(segment)) continue;
    if (joins && row->append(segment)) return true;
    finish(row);
    break;
  }
  if (joins) open(segment);
  return false;
}

void Rows::open(const Segment& segment) noexcept {
  std::optional<Row>& row = rows_[next_++ % kFlows];
  finish(row);
  row.emplace(segment);
}

void Rows::finish(std::optional<Row>& row) noexcept {
  if (row) row->finish();
  row.reset();
}

}  // namespace

std::size_t merge_segments(std::span<Buffer*> frames) noexcept {
  if (frames.size() < 2) return frames.size();
  Rows rows;
  std::size_t kept = 0;
  for (Buffer* frame : frames) {
    if (!rows.take(*frame)) frames[kept++] = frame;
  }
  return kept;
}

}  // namespace laneway

#include "cli/bench_frames.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "switch/error.h"
#include "switch/wire/arp.h"
#include "switch/wire/ethernet.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/udp.h"

namespace laneway::cli {

namespace {

using wire::EthernetView;
using wire::Ipv4View;
using wire::UdpView;

constexpr std::size_t kIp = wire::kEthernetBytes;
constexpr std::size_t kUdp = kIp + Ipv4View::kMinSize;
constexpr std::size_t kMark = kUdp + UdpView::kSize;
constexpr std::size_t kDue = kMark + 4;  // nanoseconds, 8 bytes
static_assert(kDue + 8 <= BenchFrames::kHeadBytes);

constexpr std::uint32_t kMarkWord = 0x4c570b01;
constexpr std::uint32_t kNetwork = 0xc6120000;  // 198.18.0.0/15
constexpr std::uint16_t kDiscardPort = 9;       // RFC 863
constexpr std::size_t kWireOverhead = 8 + 12;   // preamble and gap (IEEE 802.3-2018 section 4.4.2)
constexpr std::size_t kMaxSize = 9216;          // of jumbo frames
constexpr std::uint32_t kVersionAndLength = 0x45;

std::uint16_t folded(std::uint32_t sum) noexcept {
  sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>((sum & 0xffffU) + (sum >> 16U));
}

std::uint32_t words(Ipv4Address address) noexcept {
  return (address.number >> 16U) + (address.number & 0xffffU);
}

}  // namespace

std::vector<std::size_t> sizes_of(const std::string& word) {
  if (word == "imix") {
    // 28 : 16 : 4, mixed as evenly as twelve frames allow.
    return {64, 570, 64, 64, 570, 64, 1518, 64, 570, 64, 570, 64};
  }
  const bool whole =
      !word.empty() && word.size() < 6 && word.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t size = whole ? std::stoul(word) : 0;
  if (size < BenchFrames::kMinSize || size > kMaxSize) {
    throw Error(
        ErrorCode::Usage,
        "--sizes: expected 64 to " + std::to_string(kMaxSize) + " or imix, got \"" + word + '"',
        "--sizes 64,512,1518");
  }
  return {size};
}

BenchFrames::BenchFrames(Shape shape) : shape_(std::move(shape)) {
  // The golden section of the circle of stations, and no divisor of it.
  step_ = std::max<std::size_t>(1, shape_.stations * 618 / 1000);
  while (std::gcd(step_, shape_.stations) != 1) ++step_;
  for (const std::size_t size : shape_.sizes) heads_.push_back(head_of(size));
}

BenchFrames::Head BenchFrames::head_of(std::size_t size) noexcept {
  Head head;
  std::byte* at = head.bytes.data();
  const auto packet = static_cast<std::uint16_t>(size - kFcsBytes - kIp);
  const std::uint16_t ttl_and_protocol = 64U << 8U | wire::number(wire::IpProtocol::Udp);
  wire::store_be16(at + EthernetView::kType, wire::number(wire::EtherType::Ipv4));
  wire::store_be16(at + kIp, kVersionAndLength << 8U);
  wire::store_be16(at + kIp + Ipv4View::kTotalLength, packet);
  wire::store_be16(at + kIp + Ipv4View::kTtl, ttl_and_protocol);
  wire::store_be16(at + kUdp, kDiscardPort);
  wire::store_be16(at + kUdp + UdpView::kDestinationPort, kDiscardPort);
  wire::store_be16(at + kUdp + UdpView::kLength,
                   static_cast<std::uint16_t>(packet - Ipv4View::kMinSize));
  wire::store_be32(at + kMark, kMarkWord);
  head.sum = (kVersionAndLength << 8U) + packet + ttl_and_protocol;
  return head;
}

double BenchFrames::wire_bits() const noexcept {
  const auto sum = std::accumulate(shape_.sizes.begin(), shape_.sizes.end(), std::size_t{0});
  return 8 * (static_cast<double>(sum) / static_cast<double>(shape_.sizes.size()) + kWireOverhead);
}

MacAddress BenchFrames::mac(std::size_t port, std::size_t station) noexcept {
  return MacAddress::from_number(std::uint64_t{0x02} << 40U | std::uint64_t{port} << 32U | station);
}

Ipv4Address BenchFrames::address(std::size_t port, std::size_t station) noexcept {
  return {kNetwork | static_cast<std::uint32_t>((port & 1U) << 16U) |
          static_cast<std::uint32_t>(station & 0xffffU)};
}

MacAddress BenchFrames::destination(std::size_t port, std::size_t station) const noexcept {
  if (shape_.pattern == Pattern::Broadcast) return MacAddress::broadcast();
  return shape_.station_on_air && port == 1 ? *shape_.station_on_air : mac(port ^ 1U, station);
}

void BenchFrames::write(std::size_t port, std::uint64_t number, Nanos due,
                        std::span<std::byte> out) const noexcept {
  const std::size_t from = station(number);
  if (shape_.pattern == Pattern::Announce) return write_announcement(port, from, out);
  const auto source = address(port, from), target = address(port ^ 1U, from);

  const Head& head = heads_[number % heads_.size()];
  std::byte* at = out.data();
  std::memcpy(at, head.bytes.data(), head.bytes.size());
  wire::store_mac(at, destination(port, from));
  wire::store_mac(at + EthernetView::kSource, mac(port, from));
  wire::store_be16(at + kIp + Ipv4View::kChecksum,
                   static_cast<std::uint16_t>(~folded(head.sum + words(source) + words(target))));
  wire::store_ipv4(at + kIp + Ipv4View::kSource, source);
  wire::store_ipv4(at + kIp + Ipv4View::kDestination, target);
  const auto nanoseconds = static_cast<std::uint64_t>(due.count());
  wire::store_be32(at + kDue, static_cast<std::uint32_t>(nanoseconds >> 32U));
  wire::store_be32(at + kDue + 4, static_cast<std::uint32_t>(nanoseconds));
}

void BenchFrames::write_announcement(std::size_t port, std::size_t station,
                                     std::span<std::byte> out) const noexcept {
  // RFC 5227 section 2.3.
  std::fill_n(out.begin(), kHeadBytes, std::byte{0});
  const MacAddress sender = mac(port, station);
  wire::write_ethernet(out, MacAddress::broadcast(), sender, wire::EtherType::Arp);
  wire::write_arp(out.subspan(kIp), {.op = wire::ArpOp::Request,
                                     .sender_mac = sender,
                                     .sender_ip = address(port, station),
                                     .target_mac = {},
                                     .target_ip = address(port, station)});
}

std::optional<Nanos> BenchFrames::due_of(std::span<const std::byte> head) noexcept {
  if (head.size() < kHeadBytes || wire::load_be32(&head[kMark]) != kMarkWord) return std::nullopt;
  return Nanos{static_cast<Nanos::rep>(std::uint64_t{wire::load_be32(&head[kDue])} << 32U |
                                       wire::load_be32(&head[kDue + 4]))};
}

bool BenchFrames::is_for(std::size_t port, std::span<const std::byte> head) noexcept {
  constexpr std::size_t kPort = 1;  // octet of mac()
  return wire::load_u8(&head[0]) == 0xff || wire::load_u8(&head[kPort]) == port;
}

}  // namespace laneway::cli

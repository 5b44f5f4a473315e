// cli/bench_frames.h: what a bench offers: UDP between stations of its own, each frame with a mark
// by which it is known again and the time at which it was due.
//
// Station s of port p has the MAC address 02:pp:ss:ss:ss:ss and an IPv4 address of 198.18.0.0/15
// (RFC 2544 appendix C.2.2). Sizes count the FCS, which no port sees: 64 is a frame of 60 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/types.h"

namespace laneway::cli {

enum class Pattern : std::uint8_t {
  Pairs,      // port 0 and 1 with each other; others hear nothing unless it is flooded
  Announce,   // each station once, to all: so it is learnt (RFC 5227 section 2.3)
  Broadcast,  // from port 0 to all (RFC 2889 section 5.10)
};

// "64", "1518", "imix" (28 of 64, 16 of 570, 4 of 1518), "9000". Throws Error (Usage).
std::vector<std::size_t> sizes_of(const std::string& word);

class BenchFrames {
 public:
  static constexpr std::size_t kFcsBytes = 4;
  static constexpr std::size_t kMinSize = 64;
  static constexpr std::size_t kHeadBytes = kMinSize - kFcsBytes;  // all that is written

  struct Shape {
    std::vector<std::size_t> sizes{kMinSize};  // in turn
    std::size_t ports = 2;
    std::size_t stations = 1;  // behind each port
    Pattern pattern = Pattern::Pairs;
    std::optional<MacAddress> station_on_air{};  // port 1 is a translated uplink's LAN
  };
  explicit BenchFrames(Shape shape);

  const Shape& shape() const noexcept { return shape_; }
  // True if frames are offered at `port`.
  bool offers(std::size_t port) const noexcept {
    return port == 0 || (port == 1 && shape_.pattern != Pattern::Broadcast);
  }
  // Ports that offer frames.
  std::size_t senders() const noexcept { return shape_.pattern == Pattern::Broadcast ? 1 : 2; }
  // Copies that the switch makes of each frame.
  std::size_t receivers() const noexcept {
    return shape_.pattern == Pattern::Broadcast ? shape_.ports - 1 : 1;
  }
  // Bytes of frame `number`, without FCS.
  std::size_t bytes(std::uint64_t number) const noexcept {
    return shape_.sizes[number % shape_.sizes.size()] - kFcsBytes;
  }
  // Bits that a frame takes on a wire, on average: preamble, FCS and gap included.
  double wire_bits() const noexcept;

  // Writes the head of frame `number` of `port`. Requires kHeadBytes in `out`.
  void write(std::size_t port, std::uint64_t number, Nanos due,
             std::span<std::byte> out) const noexcept;
  // When the frame was due; nullopt if it is an announcement, or nothing of a bench.
  static std::optional<Nanos> due_of(std::span<const std::byte> head) noexcept;
  // True if it is to arrive at `port`: else it was flooded there.
  static bool is_for(std::size_t port, std::span<const std::byte> head) noexcept;

  static MacAddress mac(std::size_t port, std::size_t station) noexcept;
  static Ipv4Address address(std::size_t port, std::size_t station) noexcept;

 private:
  std::size_t station(std::uint64_t number) const noexcept {
    return static_cast<std::size_t>(number * step_ % shape_.stations);
  }
  MacAddress destination(std::size_t port, std::size_t station) const noexcept;
  void write_announcement(std::size_t port, std::size_t station,
                          std::span<std::byte> out) const noexcept;

  // What all frames of a size have in common.
  struct Head {
    std::array<std::byte, kHeadBytes> bytes{};
    std::uint32_t sum = 0;  // of the IP header's words, without addresses
  };
  static Head head_of(std::size_t size) noexcept;

  Shape shape_;
  std::size_t step_ = 1;     // to the next station: all in turn, far from each other
  std::vector<Head> heads_;  // by the place in `sizes`
};

}  // namespace laneway::cli

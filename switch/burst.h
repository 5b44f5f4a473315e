// switch/burst.h: up to 32 frames that came in by one port, and what is decided of each.
//
// A stage reads and rewrites the bytes of frames whose action is still Forward and sets their
// action; it never frees, sends or touches a frame whose action is set.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "switch/buffer.h"
#include "switch/drop.h"
#include "switch/types.h"

namespace laneway {

constexpr std::size_t kBurstFrames = 32;

// What the EtherType says after at most two VLAN tags. Llc: a length (below 0x600).
enum class FrameKind : std::uint8_t { Other, Arp, Ipv4, Ipv6, Llc };

enum class Action : std::uint8_t { Forward, Reply, Drop };

// A set of ports of one switch.
class PortSet {
 public:
  void add(PortId port) noexcept { words_[index(port) / 64] |= bit(port); }
  void remove(PortId port) noexcept { words_[index(port) / 64] &= ~bit(port); }
  bool has(PortId port) const noexcept { return (words_[index(port) / 64] & bit(port)) != 0; }
  bool empty() const noexcept { return (words_[0] | words_[1] | words_[2]) == 0; }
  std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::popcount(words_[0]) + std::popcount(words_[1]) +
                                    std::popcount(words_[2]));
  }
  // Calls `visit(PortId)` in ascending order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        visit(PortId{static_cast<std::uint8_t>(word * 64 +
                                               static_cast<std::size_t>(std::countr_zero(rest)))});
      }
    }
  }
  bool operator==(const PortSet&) const = default;
  PortSet& operator&=(const PortSet& other) noexcept {
    for (std::size_t word = 0; word < words_.size(); ++word) words_[word] &= other.words_[word];
    return *this;
  }
  PortSet& operator|=(const PortSet& other) noexcept {
    for (std::size_t word = 0; word < words_.size(); ++word) words_[word] |= other.words_[word];
    return *this;
  }

 private:
  static std::uint64_t bit(PortId port) noexcept { return std::uint64_t{1} << (index(port) % 64); }
  std::array<std::uint64_t, kMaxPorts / 64> words_{};
};

// One frame and its verdict. `data` and what follows are views of `buffer`.
struct Frame {
  Buffer* buffer = nullptr;
  std::byte* data = nullptr;    // destination address; the first segment's start
  std::uint32_t length = 0;     // bytes of all segments
  std::uint16_t readable = 0;   // bytes from `data` on, in the first segment
  std::uint8_t l3_offset = 14;  // 14, 18 or 22: behind the tags
  std::uint8_t tags = 0;        // 802.1Q and 802.1ad tags before l3_offset, at most 2
  FrameKind kind = FrameKind::Other;
  Action action = Action::Forward;
  Drop reason = Drop::Short;  // meaningful if action is Drop
  PortId ingress = kNoPort;   // kNoPort: said by the switch itself
  std::uint8_t scope = 0;     // 0: where the tables say; else see Burst::scope_of
  VlanId vlan{};              // of the outer tag; 0 without one

  MacAddress destination() const noexcept { return mac_at(0); }
  MacAddress source() const noexcept { return mac_at(6); }
  void set_destination(MacAddress mac) noexcept { std::memcpy(data, mac.octets.data(), 6); }
  void set_source(MacAddress mac) noexcept { std::memcpy(data + 6, mac.octets.data(), 6); }
  // The EtherType or length at l3_offset - 2, host byte order. Requires 14 readable bytes.
  std::uint16_t ether_type() const noexcept;
  // From the network header to the end of the first segment; padding included.
  std::span<std::byte> l3() const noexcept {
    return readable > l3_offset ? std::span(data + l3_offset, std::size_t{readable} - l3_offset)
                                : std::span<std::byte>{};
  }

  void drop(Drop why) noexcept {
    action = Action::Drop;
    reason = why;
  }
  // The same frame in `twin`, a copy or clone of its buffer.
  Frame with(Buffer* twin) const noexcept;
  // Sends the frame, by now its own answer, back to where it came from: source `from`, destination
  // the old source.
  void reply_from(MacAddress from) noexcept {
    set_destination(source());
    set_source(from);
    action = Action::Reply;
  }

 private:
  MacAddress mac_at(std::size_t offset) const noexcept {
    MacAddress mac;
    std::memcpy(mac.octets.data(), data + offset, mac.octets.size());
    return mac;
  }
};

// Views `buffer` (which the frame then stands for); kind and offsets are set by classify().
Frame frame_of(Buffer* buffer, PortId ingress) noexcept;
// Sets kind, tags, vlan and l3_offset from the bytes (IEEE 802.1Q-2018 section 9). Requires 14
// bytes.
void classify(Frame& frame) noexcept;
// Takes the outer tag off: `data` and the lengths change, the frame is classified anew, offloads
// stay true. Requires tags > 0 and bytes of its own.
void pop_tag(Frame& frame) noexcept;

// Makes the frame `length` bytes long: cut at its end, or grown into the headroom before it. Its
// bytes mean nothing then, offloads are off, and the caller classifies it anew. False, and nothing
// changed, if it is a chain or there is no room. Requires bytes of its own.
bool resize(Frame& frame, std::uint32_t length) noexcept;

// The frames of one rx_burst.
class Burst {
 public:
  Frame* begin() noexcept { return frames_.data(); }
  Frame* end() noexcept { return frames_.data() + size_; }
  std::size_t size() const noexcept { return size_; }
  bool full() const noexcept { return size_ == kBurstFrames; }
  Frame& operator[](std::size_t at) noexcept { return frames_[at]; }
  void clear() noexcept { size_ = scopes_ = 0; }
  // Requires !full().
  Frame& add(const Frame& frame) noexcept { return frames_[size_++] = frame; }

  // Narrows `frame`, which must be of this burst, to the ports of `set`, whatever its destination
  // address says; the port that it came from is never among them, and unreachable ones fall away.
  // Narrowed twice, it goes where both allow.
  void narrow(Frame& frame, const PortSet& set) noexcept;
  void narrow(Frame& frame, PortId port) noexcept;
  // The set of a frame with scope != 0.
  const PortSet& scope_of(const Frame& frame) const noexcept { return scope_[frame.scope - 1U]; }

 private:
  std::array<Frame, kBurstFrames> frames_;
  std::array<PortSet, kBurstFrames> scope_;
  std::size_t size_ = 0;
  std::size_t scopes_ = 0;
};

}  // namespace laneway

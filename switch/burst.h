// switch/burst.h: up to 32 frames that came in by one port, and what is decided of each.
//
// A stage reads and rewrites the bytes of frames whose action is still Forward and sets their
// action; it never frees, sends or touches a frame whose action is set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/frame.h"
#include "switch/port_set.h"
#include "switch/types.h"

namespace laneway {

constexpr std::size_t kBurstFrames = 32;

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
  // As add(frame_of(buffer, ingress)), written in place.
  Frame& add(Buffer* buffer, PortId ingress) noexcept {
    Frame& frame = frames_[size_++];
    frame.view(buffer);
    frame.action = Action::Forward;
    frame.ingress = ingress;
    frame.scope = 0;
    return frame;
  }

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

// switch/port.h: a place that frames come from and go to.
//
// Threads: rx_burst, tx_burst, arm and poll_fd are the owning worker's; link() may be read by all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/buffer.h"
#include "switch/counters.h"
#include "switch/descriptor.h"
#include "switch/types.h"

namespace laneway {

enum class LinkState : std::uint8_t { Down, Up, Broken };

// What tx_burst did with the frames from the front of its span. The caller still owns the rest.
struct TxResult {
  std::size_t taken = 0;    // sent, or freed by the port and booked as dropped
  std::size_t refused = 0;  // of these, the dropped ones
  std::uint64_t refused_bytes = 0;
};

class Port {
 public:
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  // Fills `out` (at most kBurstFrames) from the front with frames of at least 14 bytes, FCS off,
  // that the caller then owns; returns how many. What the port itself must refuse (short,
  // bad_offload, no_buffer) it books in `counters`, as rx and as drop; delivered frames are booked
  // by the caller.
  virtual std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept = 0;

  // Sends frames from the front until one does not fit; those taken belong to the port. A frame
  // that can never be carried (too_long, no_buffer while segmenting) is freed and booked as a drop.
  virtual TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept = 0;

  // A descriptor that polls readable when rx_burst has something to do (an epoll instance where
  // there are several); -1: the port must be polled. May change when the link does.
  virtual int poll_fd() const noexcept { return -1; }
  // Before sleeping: asks the far end for a wake-up; false if frames are waiting already.
  virtual bool arm() noexcept { return true; }

  LinkState link() const noexcept { return link_.load(std::memory_order_acquire); }
  // Shows the guest behind this port its link as up or down, where the kind can.
  virtual void show_link(bool /*up*/) noexcept {}
  // The control plane has opened anew what this port stands on, after it was gone.
  virtual void reopen(Descriptor /*descriptor*/) noexcept {}
  // The control plane has heard that the medium's carrier came or went.
  virtual void set_carrier(bool /*up*/) noexcept {}
  // The longest frame it carries, bytes, Ethernet header included; GSO frames count by segment.
  std::size_t max_frame_bytes() const noexcept { return max_frame_bytes_; }

 protected:
  Port() = default;
  std::atomic<LinkState> link_{LinkState::Up};
  std::size_t max_frame_bytes_ = kMaxFrameBytes;
};

}  // namespace laneway

// ports/interface_writer.h: frames out to a kernel interface, by a descriptor that takes virtio-net
// headers: a packet socket (many frames a call) or a tap (one).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <sys/socket.h>

#include "ports/gather.h"
#include "switch/burst.h"
#include "switch/counters.h"
#include "switch/port.h"

namespace laneway {

class InterfaceWriter {
 public:
  enum class Medium : std::uint8_t { PacketSocket, Tap };

  // `gso` off: frames are cut and summed before they leave.
  InterfaceWriter(Medium medium, std::size_t max_frame_bytes, bool gso);

  // As Port::tx_burst. `error`: why frames met no interface (ENETDOWN, ENXIO, EBADFD, …), else 0.
  struct Sent {
    TxResult result;
    int error = 0;
  };
  Sent send(int descriptor, std::span<Buffer*> frames, PortCounters& counters) noexcept;

 private:
  std::size_t gather(std::span<Buffer*> frames) noexcept;
  std::size_t hand_over(int descriptor, std::size_t count) noexcept;
  int write_cut(int descriptor, const Buffer& frame) noexcept;
  bool goes_whole(const Buffer& frame) const noexcept;

  const Medium medium_;
  const std::size_t max_frame_bytes_;
  const bool gso_;
  std::array<Gather, kBurstFrames> lists_;
  std::array<mmsghdr, kBurstFrames> messages_{};
  std::vector<std::byte> segment_;
};

}  // namespace laneway

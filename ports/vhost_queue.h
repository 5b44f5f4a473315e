// ports/vhost_queue.h: one virtqueue of a vhost-user device: what the peer has said of it, and the
// ring once all is said. Frames go through it in bursts.
//
// Queue 2n carries what the switch sends to the guest, queue 2n+1 what the guest sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "ports/packed_ring.h"
#include "ports/ring_chain.h"
#include "ports/split_ring.h"
#include "ports/vnet_header.h"
#include "switch/buffer.h"
#include "switch/counters.h"
#include "switch/descriptor.h"

namespace laneway {

// What driver and device have agreed on, as far as frames see it.
struct VhostTerms {
  std::size_t header_bytes = 12;  // 10 without VERSION_1 and MRG_RXBUF
  bool packed = false;
  bool event_index = false;
  bool mergeable = false;
  bool guest_sums = false;  // the guest takes unfinished checksums
  bool guest_tcp4 = false;  // and large frames
  bool guest_tcp6 = false;
  bool guest_ecn = false;
};

class VhostQueue {
 public:
  struct Addresses {  // the peer's own
    std::uint64_t descriptors = 0;
    std::uint64_t device = 0;
    std::uint64_t driver = 0;
  };
  enum class Put : std::uint8_t { Done, Full, TooLong };

  // All may be said in any order; start() makes the ring of it. False: no ring can be like this.
  bool set_size(std::uint32_t size) noexcept;
  void set_base(std::uint32_t base) noexcept { base_ = base; }
  void set_addresses(const Addresses& addresses) noexcept { addresses_ = addresses; }
  Descriptor kick;
  Descriptor call;
  bool kicked = false;  // SET_VRING_KICK has come, with a descriptor or without
  bool enabled = false;

  // Makes the ring, or makes it anew where it stood, if all is there. May allocate. False: the
  // addresses lie in no memory of the peer's.
  bool start(const GuestMemory& memory, const VhostTerms& terms, bool driver_writes);
  // Returns where it stood.
  std::uint32_t stop() noexcept;
  bool running() const noexcept { return running_; }
  bool usable() const noexcept { return running_ && enabled; }
  RingFault fault() const noexcept;

  // Takes frames that the guest sent; at most out.size(). What it must refuse is booked.
  std::size_t receive(const GuestMemory& memory, const VhostTerms& terms, Chain& chain,
                      BufferPool& pool, std::span<Buffer*> out, PortCounters& counters) noexcept;
  // Puts one frame, `parts` of memory, behind the others. Nothing is kept of one that is not Done.
  Put put(const GuestMemory& memory, const VhostTerms& terms, Chain& chain,
          const VnetHeader& header, std::span<const std::span<const std::byte>> parts) noexcept;
  void warm(const GuestMemory& memory, std::size_t frames) const noexcept;
  // Shows the guest what was put.
  void publish() noexcept;
  using Mark = std::variant<SplitRing::Mark, PackedRing::Mark>;
  Mark mark() const noexcept;
  void go_back(const Mark& mark) noexcept;

  bool ask_for_kick() noexcept;  // true: chains wait already
  void want_no_kick() noexcept;

 private:
  template <class Ring>
  bool start_ring(const GuestMemory& memory, RingSetup setup);
  void signal() const noexcept;

  std::uint16_t size_ = 0;
  std::uint32_t base_ = 0;
  Addresses addresses_;
  bool running_ = false;
  std::variant<SplitRing, PackedRing> ring_;
};

}  // namespace laneway

// bridge/mtu_guard.h: what happens to an IP packet that the uplink cannot carry.
//
// A bridge cannot fragment. The packet ends and its sender is told, as a router there would tell
// it: Fragmentation Needed (RFC 1191 section 4) or Packet Too Big (RFC 4443 section 3.2).
//
// Threads: used by one worker only.
#pragma once

#include <cstdint>
#include <vector>

#include "bridge/translation.h"
#include "switch/rate_limit.h"
#include "switch/wire/frame_builder.h"
#include "switch/wire/ipv4.h"
#include "switch/wire/ipv6.h"

namespace laneway {

class MtuGuard {
 public:
  static constexpr std::uint32_t kErrorsPerSecond = 10;  // a port; RFC 4443 section 2.4 (f)

  explicit MtuGuard(const Translation& translation);

  // Ends a packet that is too long and tells its sender. False if it did; of a GSO frame the length
  // of a segment counts.
  bool admit(Frame& frame, const wire::Ipv4View& ip, Nanos now) noexcept;
  bool admit(Frame& frame, const wire::Ipv6View& ip, const wire::Ipv6Chain& chain,
             Nanos now) noexcept;

 private:
  bool fits(const Frame& frame, std::size_t packet_bytes) const noexcept;
  bool may_tell(const Frame& frame, Nanos now) noexcept;
  // The destination that the sender used answers it; for a group packet Own does.
  wire::MacPair back_to_sender(const Frame& frame) const noexcept;

  const Translation& translation_;
  std::vector<RateLimit> limits_;  // by port
};

}  // namespace laneway

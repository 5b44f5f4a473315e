// bridge/group_members.h: which multicast groups the guests and the host have joined.
//
// An access point that snoops IGMP and MLD sees one station: a guest's leave would cut off all
// others behind it. So a leave goes out only when nobody else here wants the group (RFC 4541
// section 2.1.1).
//
// Invariants: (1) bounded for each port: a guest that joins too many groups forgets its own oldest;
// (2) nothing allocates.
//
// Threads: used by one worker only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/types.h"

namespace laneway {

class GroupMembers {
 public:
  static constexpr std::size_t kPortGroups = 64;            // one a IPv6 address of a full port
  static constexpr std::size_t kHostGroups = 256;           // Linux lets one socket join 20
  static constexpr Nanos kAge = std::chrono::seconds{260};  // RFC 3376 section 8.4

  // The guest behind `port` reported that it listens to `group`, or no longer does.
  void join(PortId port, const IpAddress& group, Nanos now) noexcept;
  void leave(PortId port, const IpAddress& group) noexcept;
  // True if the host, or a guest on another port in the last kAge, has joined `group`.
  bool others_want(PortId port, const IpAddress& group, Nanos now) const noexcept;

  void set_host_groups(std::span<const IpAddress> groups) noexcept;
  void forget(PortId port) noexcept { ports_[index(port)].count = 0; }

 private:
  struct Membership {
    IpAddress group;
    Nanos seen{};
  };
  struct Joined {
    std::array<Membership, kPortGroups> groups;
    std::size_t count = 0;
    std::span<const Membership> all() const noexcept { return {groups.data(), count}; }
  };

  std::array<Joined, kMaxPorts> ports_;
  std::array<IpAddress, kHostGroups> host_;
  std::size_t host_count_ = 0;
};

}  // namespace laneway

// proxy/lan_neighbors.h: hosts of the LAN that spoke ARP or ND of late, so that guests' questions
// for them need no airtime.
//
// A cache and no more: a slot of a keyed hash each, the newest wins.
//
// Threads: used by the worker that owns the switch.
#pragma once

#include <cstdint>
#include <vector>

#include "switch/keyed_hash.h"
#include "switch/types.h"

namespace laneway {

class LanNeighbors {
 public:
  explicit LanNeighbors(std::uint64_t seed);

  struct Entry {
    IpAddress address;
    MacAddress mac;
    bool router = false;
    Nanos heard{};
  };
  void note(const Entry& heard) noexcept;
  // Who was heard as `address` less than limits::kAnswerableAge ago; nullptr if nobody.
  const Entry* find(const IpAddress& address, Nanos now) const noexcept;
  void clear() noexcept;

 private:
  std::size_t slot_of(const IpAddress& address) const noexcept;

  std::vector<Entry> entries_;
  KeyedHash hash_;
};

}  // namespace laneway

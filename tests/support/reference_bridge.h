// tests/support/reference_bridge.h: what a learning bridge does, in the plainest way: the twin of a
// switch with trunk ports only. IEEE 802.1D strictly: frames for reserved group addresses are
// neither forwarded nor learnt from. It shares no code with the switch but the values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "switch/drop.h"
#include "switch/types.h"

namespace laneway::test {

class ReferenceBridge {
 public:
  explicit ReferenceBridge(int ports) : ports_(ports) {}

  // The ports by which `frame` leaves, having come in by `ingress`; empty if it is kept back, with
  // `why()` then saying for what reason.
  std::set<int> forward(int ingress, std::span<const std::byte> frame);
  Drop why() const { return why_; }
  std::size_t stations() const { return where_.size(); }

 private:
  std::set<int> refuse(Drop why);

  int ports_;
  std::map<std::uint64_t, int> where_;
  Drop why_ = Drop::Short;
};

}  // namespace laneway::test

// daemon/notices.h: what the worker noticed, on its way to the control thread: a bounded ring
// without locks or allocation. What does not fit is counted.
//
// Threads: one worker writes, the control thread reads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>

#include "daemon/compose.h"
#include "switch/types.h"

namespace laneway {

struct Notice {
  enum class Kind : std::uint8_t {
    MacLearnt,
    MacMoved,  // from `other`
    MacRefused,
    MacAged,  // `count` of them
    NeighborChanged,
    NeighborGone,
    BindingRefused,  // `other`: the owner, kNoPort if a quota was full
    Conflict,
    Leased,
  };
  Kind kind = Kind::MacLearnt;
  PortId port = kNoPort;
  PortId other = kNoPort;
  MacAddress mac{};
  IpAddress address{};
  NeighborState state = NeighborState::Tentative;
  bool relayed = false;
  std::uint64_t count = 0;
};

class Notices final : public CompositionObserver {
 public:
  static constexpr std::size_t kCapacity = 1024;  // of a tenth of a second: a scan's worth

  void mac_learnt(MacAddress mac, PortId port) noexcept override;
  void mac_moved(MacAddress mac, PortId from, PortId to) noexcept override;
  void mac_refused(MacAddress mac, PortId port) noexcept override;
  void mac_aged(std::size_t count) noexcept override;
  void changed(const Neighbor& neighbor) noexcept override;
  void gone(const Neighbor& neighbor) noexcept override;
  void refused(const Claim& claim, const Neighbor* owner) noexcept override;
  void conflict(const IpAddress& address, MacAddress claimant) noexcept override;
  void leased(const IpAddress& address, PortId port, bool relayed) noexcept override;

  // Visits what has come since the last call; returns how many were lost in between.
  std::uint64_t drain(const std::function<void(const Notice&)>& visitor);

 private:
  void push(const Notice& notice) noexcept;

  std::array<Notice, kCapacity> ring_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace laneway

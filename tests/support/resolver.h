// tests/support/resolver.h: the neighbor cache of a test host, both families: address resolution
// with packets that wait for it, and unreachability detection (RFC 826, RFC 1122 §2.3.2.1, RFC 4861
// §7.3).
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/support/packet.h"
#include "tests/support/timeline.h"

namespace laneway::test {

class Resolver {
 public:
  static constexpr Nanos kReachable = std::chrono::seconds{30};  // RFC 4861 §10
  static constexpr Nanos kRetry = std::chrono::seconds{1};
  static constexpr int kTries = 3;
  static constexpr std::size_t kWaiting = 64;  // packets for one address; the rest is dropped

  // Asks for `target`: everybody, or only the one who had it.
  using Ask = std::function<void(const IpAddress& target, std::optional<MacAddress> known)>;
  using Emit = std::function<void(MacAddress to, const IpPacket& packet)>;
  Resolver(Timeline& timeline, Ask ask, Emit emit)
      : timeline_(timeline), ask_(std::move(ask)), emit_(std::move(emit)) {}

  // Emits `packet` as soon as the address of `next_hop` is known, at once if it is.
  void send(const IpAddress& next_hop, const IpPacket& packet);
  // `address` was said to be at `mac`; an entry is made only if `create`.
  void heard(const IpAddress& address, MacAddress mac, bool create);
  // An entry that is never asked for.
  void set_permanent(const IpAddress& address, MacAddress mac);
  void forget(const IpAddress& address) { entries_.erase(address); }

  std::optional<MacAddress> find(const IpAddress& address) const;
  std::uint64_t failures() const { return failures_; }  // packets given up

 private:
  struct Entry {
    std::optional<MacAddress> mac;
    Nanos confirmed{};
    bool permanent = false;
    int tries = 0;            // of the questions that are out; 0: none is
    std::uint64_t round = 0;  // makes timers of an answered question void
    std::vector<IpPacket> waiting;
  };

  void ask(const IpAddress& address);
  void give_up(const IpAddress& address);

  Timeline& timeline_;
  Ask ask_;
  Emit emit_;
  std::map<IpAddress, Entry> entries_;
  std::uint64_t rounds_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace laneway::test

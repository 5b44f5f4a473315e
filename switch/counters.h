// switch/counters.h: what is counted, per port and per switch.
//
// Threads: one writer (the worker that owns the port), any number of readers. A counter is written
// by a relaxed load and store, never by a locked add; readers see each counter, not all of them at
// once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "switch/drop.h"
#include "switch/types.h"

namespace laneway {

class Counter {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Of one port; rx and tx are seen from the switch.
struct PortCounters {
  Counter rx_frames;  // all that came in, runts and refused ones included
  Counter rx_bytes;
  Counter tx_frames;  // handed to the medium, generated ones included
  Counter tx_bytes;
  Counter rx_missed;  // lost before us, as the device says; in no ledger
  std::array<Counter, kDropReasons> drop_frames;
  std::array<Counter, kDropReasons> drop_bytes;
  std::array<std::atomic<std::int64_t>, kDropReasons> drop_last_ns{};  // time of the last of each
  std::atomic<std::uint16_t> last_nonip{0};  // the EtherType last dropped as nonip
  Nanos now{};  // the writer's alone: the round's time, set by the switch before it calls the port

  void drop(Drop reason, std::uint64_t bytes) noexcept {
    drop_frames[index(reason)].add(1);
    drop_bytes[index(reason)].add(bytes);
    drop_last_ns[index(reason)].store(now.count(), std::memory_order_relaxed);
  }
};

// Of one switch. At rest: rx + copied = forwarded + replied + dropped,
// and tx = forwarded + replied + generated, over all its ports.
struct SwitchCounters {
  Counter copied;     // frames made for further receivers
  Counter forwarded;  // left by another port than they came in by
  Counter replied;    // became their own answer
  Counter generated;  // said by the switch itself and taken by a port
  Counter unsaid;     // said by the switch itself, but no port took it; in no drop counter
};

// Of a MAC table: entries learnt = learnt - aged - flushed.
struct MacCounters {
  Counter learnt;   // new
  Counter moved;    // heard on another port
  Counter aged;     // forgotten for silence
  Counter flushed;  // removed by command, with a port, or for a pinned address
  Counter refused;  // not learnt for want of room
};

}  // namespace laneway

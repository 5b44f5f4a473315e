// switch/counters.h: what is counted, per port and per switch.
//
// Threads: one writer (the worker that owns the port), any number of readers. A counter is written by
// a relaxed load and store, never by a locked add; readers see each counter, not all of them at once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "switch/drop.h"

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

  void drop(Drop reason, std::uint64_t bytes) noexcept {
    drop_frames[index(reason)].add(1);
    drop_bytes[index(reason)].add(bytes);
  }
};

// Of one switch. At rest: rx + copied = forwarded + replied + dropped,
// and tx = forwarded + replied + generated, over all its ports.
struct SwitchCounters {
  Counter copied;     // frames made for further receivers
  Counter forwarded;  // left by another port than they came in by
  Counter replied;    // became their own answer
  Counter generated;  // said by the switch itself and taken by a port
  Counter learnt;     // MAC table: new, moved, aged out, refused
  Counter moved;
  Counter aged;
  Counter refused;
};

}  // namespace laneway

// switch/stage.h: one step of a frame's way, and the place for what a step has to say of its own.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "switch/burst.h"
#include "switch/types.h"

namespace laneway {

// Bound on what all stages of a switch may generate in one round; more is not said.
constexpr std::size_t kOutboxFrames = 64;

// Frames that stages generate (announcements, probes, defences, ICMP). The switch sends them after
// the burst through the egress stages of their port.
class Outbox {
 public:
  explicit Outbox(BufferPool& pool) noexcept : pool_(pool) {}
  ~Outbox() { clear(); }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Queues a frame with these bytes (Ethernet header included, 14 at least) for `port`. False if
  // the outbox is full or the pool empty: nothing is queued.
  bool say(PortId port, std::span<const std::byte> bytes) noexcept;

  struct Said {
    PortId port;
    Buffer* buffer;
  };
  std::span<const Said> said() const noexcept { return {said_.data(), size_}; }
  // Forgets the queued frames, which now belong to the caller.
  void release() noexcept { size_ = 0; }
  void clear() noexcept;

 private:
  BufferPool& pool_;
  std::array<Said, kOutboxFrames> said_{};
  std::size_t size_ = 0;
};

// Looks at a burst once and sets the action of frames, or rewrites their bytes. See burst.h for
// what it may do. Time is an argument; nothing here allocates, locks, logs, throws or reads a
// clock.
class Stage {
 public:
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  // As ingress stage: all frames of the burst came in by one port. As egress stage: all are about
  // to leave by `egress`, and each is owned by nobody else.
  virtual void process(Burst& burst, PortId egress, Nanos now) noexcept = 0;
  // Every 100 ms: a bounded part of whatever has to be aged or said again.
  virtual void tick(Nanos /*now*/) noexcept {}

 protected:
  Stage() = default;
};

}  // namespace laneway

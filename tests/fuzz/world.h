// tests/fuzz/world.h: a translated switch with two guests, an uplink and a host port, driven by an
// input; what must always hold is checked after each operation.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "daemon/compose.h"
#include "ports/memory_port.h"
#include "tests/fuzz/input.h"
#include "tests/support/lan.h"

namespace laneway::fuzz {

using test::kRouterMac;
constexpr MacAddress kStation = test::kStaMac;
constexpr MacAddress kMovedStation{{0x02, 0, 0, 0, 0x01, 0x77}};
constexpr MacAddress kOwn = test::kOwnMac;
constexpr MacAddress kGuestA = test::kGuestAMac;
constexpr MacAddress kGuestB = test::kGuestBMac;

// The ports, in the order in which operations name them.
enum class At : std::uint8_t { GuestA, GuestB, Uplink, Host };
constexpr std::size_t kWorldPorts = 4;

// The operations and their operands.
enum class Op : std::uint8_t {
  FrameAtGuestA,  // frame
  FrameAtGuestB,
  FrameAtUplink,
  FrameAtHost,
  Pass,             // u16: milliseconds
  Station,          // u8: 0 the first address, 1 another, 2 associated anew, 3 on another network
  Answers,          // u8: suppress if odd
  GuestGone,        // u8: which
  OffloadAtGuestA,  // a virtio-net header: u8 flags, u8 gso, u8 header bytes, u16 segment bytes,
  OffloadAtUplink,  // u8 checksum start, u8 its offset; frame
};
constexpr std::size_t kOps = 10;

struct Sent {
  At at;
  Bytes bytes;
};

class World {
 public:
  World();
  ~World();

  // One operation. What left by the ports meanwhile, as on a wire, is in `sent()`; the frame that
  // came in without offloads is in `received()`, empty for the other operations.
  void step(Input& input);
  const std::vector<Sent>& sent() const { return sent_; }
  const Bytes& received() const { return received_; }
  At received_at() const { return received_at_; }
  std::uint64_t frames() const { return frames_; }  // that came in, all in all
  // Of this operation.
  std::uint64_t generated() const { return generated_; }
  std::uint64_t replied() const { return replied_; }
  Composition& composition() { return composition_; }

 private:
  struct Plug {
    explicit Plug(BufferPool& pool) : port(pool) {}
    MemoryPort port;
    PortCounters counters;
    PortId id = kNoPort;
  };

  void plug_in(const char* name, const PortSettings& settings);
  void receive(At at, Bytes frame);
  void receive_offload(At at, Input& input);
  void send_from_outside(At at, Buffer* frame);
  void pass(Nanos time);
  void change_station(std::uint8_t how);
  void settle();
  void check();

  HeapBuffers pool_;
  Network network_;
  Composition composition_;
  std::vector<std::unique_ptr<Plug>> plugs_;
  std::vector<Sent> sent_;
  Bytes received_;
  At received_at_ = At::GuestA;
  std::uint64_t generated_ = 0;
  std::uint64_t replied_ = 0;
  std::uint64_t frames_ = 0;
  Nanos now_ = std::chrono::seconds{1};
};

}  // namespace laneway::fuzz

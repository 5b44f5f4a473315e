// tests/support/vhost_frontend.h: a vhost-user front-end with its driver, to test the back-end: two
// regions of memory, adjacent for the guest and apart in its own addresses, and rings whose every
// word a test may falsify. Shares no code with what it tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "switch/descriptor.h"

namespace laneway::test {

class VhostFrontend {
 public:
  using Bytes = std::vector<std::byte>;
  static constexpr std::uint64_t kGuest = 0x100000;         // guest address of the memory
  static constexpr std::uint64_t kUser = 0x7000'0000'0000;  // its own, with a hole after half
  static constexpr std::size_t kHalf = std::size_t{2} << 20;
  static constexpr std::size_t kMemory = 2 * kHalf;
  static constexpr std::uint64_t kVersion1 = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kPacked = std::uint64_t{1} << 34;
  static constexpr std::uint64_t kEventIndex = std::uint64_t{1} << 29;
  static constexpr std::uint64_t kMergeable = std::uint64_t{1} << 15;
  static constexpr std::uint64_t kProtocol = std::uint64_t{1} << 30;
  static constexpr std::uint64_t kOffloads = 0x3b83;  // checksums, TSO, ECN, both ways

  struct Options {
    std::uint64_t features = kVersion1 | kProtocol | kMergeable;
    std::uint16_t size = 256;
    std::size_t pairs = 1;
  };
  struct Part {
    std::uint64_t at = 0;  // guest address
    std::uint32_t bytes = 0;
  };
  struct Used {
    std::uint16_t id = 0;
    std::uint32_t bytes = 0;
  };

  // `pump` lets the back-end work.
  VhostFrontend(Descriptor socket, std::function<void()> pump);
  static Descriptor connect(const std::string& path);

  void send(std::uint32_t request, const Bytes& payload, const std::vector<int>& files = {},
            std::uint32_t flags = 1);
  template <class Value>
  void send(std::uint32_t request, const Value& value, const std::vector<int>& files = {}) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    send(request, Bytes(bytes, bytes + sizeof(value)), files);
  }
  // The answer's payload; empty if none came.
  Bytes answer();
  bool is_closed();
  void close() { socket_.reset(); }

  // All messages until frames can pass.
  void start(const Options& options);
  void send_memory();
  void start_queue(std::size_t queue);
  int memory_file() const { return memory_.get(); }
  int socket() const { return socket_.get(); }

  // Queue 2n is what the guest receives by, 2n+1 what it sends by.
  // Makes a chain of `parts` available; what the driver knows it by. `indirect`: through a table.
  std::uint16_t offer(std::size_t queue, const std::vector<Part>& parts, bool device_writes,
                      bool indirect = false);
  std::optional<Used> reap(std::size_t queue);
  bool called(std::size_t queue);
  void kick(std::size_t queue);
  // Frames with a header before them, a chain each.
  void transmit(const Bytes& frame, std::size_t queue = 1);
  void offer_buffers(std::size_t count, std::uint32_t bytes, std::size_t queue = 0);
  // Header and frame of what came, all its buffers.
  std::optional<Bytes> receive(std::size_t queue = 0);

  // The bytes at guest address `at`.
  std::byte* at(std::uint64_t at) { return base_ + (at - kGuest); }
  std::uint64_t allocate(std::size_t bytes, std::size_t alignment = 16);
  // Guest addresses of the parts of a ring.
  struct Ring {
    std::uint64_t descriptors = 0;
    std::uint64_t driver = 0;
    std::uint64_t device = 0;
    std::uint16_t next = 0;  // to offer
    std::uint16_t free = 0;  // descriptor to use next (split)
    std::uint16_t seen = 0;  // of the used ring
    bool wrap = true;
    bool seen_wrap = true;
    Descriptor kick;
    Descriptor call;
    struct Chain {
      std::uint16_t slots = 0;
      std::vector<Part> parts;
    };
    std::vector<Chain> chains;  // by id
  };
  Ring& ring(std::size_t queue) { return rings_[queue]; }
  static std::uint64_t user_of(std::uint64_t guest);

 private:
  bool packed() const { return (options_.features & kPacked) != 0; }
  void write_split(Ring& ring, const std::vector<Part>& parts, std::uint16_t flags);
  void write_packed(Ring& ring, const std::vector<Part>& parts, std::uint16_t flags);

  Descriptor socket_;
  std::function<void()> pump_;
  Descriptor memory_;
  std::byte* base_ = nullptr;
  std::shared_ptr<void> mapping_;
  std::size_t allocated_ = 0;
  Options options_;
  std::vector<Ring> rings_;
};

}  // namespace laneway::test

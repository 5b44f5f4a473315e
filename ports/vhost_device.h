// ports/vhost_device.h: the back-end of a vhost-user network device: the state that one connection
// builds up, message by message, and its queues.
//
// A peer that says what cannot be ends its connection, and only that. Nothing waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ports/guest_memory.h"
#include "ports/vhost_message.h"
#include "ports/vhost_queue.h"
#include "switch/port_spec.h"

namespace laneway {

// Why a connection ended.
enum class VhostEnd : std::uint8_t {
  Closed,     // by the peer
  Hidden,     // by us: the guest is to see its link down
  Message,    // what the protocol does not know, or a descriptor too many
  Memory,     // a memory table that cannot be
  Addresses,  // a ring outside of the memory, or of a size that none has
  Ring,       // what the driver made available is broken
  CutShort,   // the memory's file lost its end
  Silent,     // an answer that the peer does not take
};
constexpr std::size_t kVhostEnds = 8;

class VhostDevice {
 public:
  static constexpr std::size_t kMaxPairs = PortSpec::kMaxQueues;

  // `pairs` of queues, 1 to kMaxPairs; `mtu` that the guest may have at most.
  VhostDevice(std::size_t pairs, std::uint32_t mtu);

  // Does what `message` asks and answers on `socket`. nullopt: done.
  std::optional<VhostEnd> handle(VhostMessage& message, int socket);

  const VhostTerms& terms() const noexcept { return terms_; }
  const GuestMemory& memory() const noexcept { return memory_; }
  // Queues for the guest to read: to_guest(pair); which it sends by: from_guest(pair).
  VhostQueue& to_guest(std::size_t pair) noexcept { return queues_[2 * pair]; }
  VhostQueue& from_guest(std::size_t pair) noexcept { return queues_[2 * pair + 1]; }
  std::size_t pairs() const noexcept { return queues_.size() / 2; }
  // Pairs whose queue to the guest can be used, from the first on.
  std::size_t pairs_to_guest() const noexcept { return pairs_to_guest_; }
  // The first pair works both ways.
  bool ready() const noexcept { return queues_[0].usable() && queues_[1].usable(); }
  // What is wrong by now with queues or memory.
  std::optional<VhostEnd> broken() const noexcept;

 private:
  std::optional<VhostEnd> set_features(VhostMessage& message);
  std::optional<VhostEnd> set_memory(VhostMessage& message);
  std::optional<VhostEnd> set_vring(VhostMessage& message);
  std::optional<VhostEnd> set_vring_file(VhostMessage& message);
  std::optional<VhostEnd> answer(VhostMessage& message, int socket);
  std::optional<VhostEnd> answer_base(VhostMessage& message, int socket);
  std::optional<VhostEnd> acknowledge(VhostMessage& message, int socket, bool done);
  VhostQueue* queue_of(std::uint64_t index) noexcept;
  bool start(VhostQueue& queue);
  void start_all();

  const std::uint32_t mtu_;
  std::uint64_t features_ = 0;
  std::uint64_t protocol_features_ = 0;
  VhostTerms terms_;
  GuestMemory memory_;
  std::vector<VhostQueue> queues_;
  std::size_t pairs_to_guest_ = 0;
};

}  // namespace laneway

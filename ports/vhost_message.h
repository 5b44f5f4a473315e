// ports/vhost_message.h: the messages of the vhost-user protocol (QEMU's docs/interop/vhost-user):
// a header of 12 bytes, a payload, descriptors beside it. All words in host byte order.
//
// Reading never waits: what a slow peer has sent of a message stays here until the rest comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "ports/guest_memory.h"
#include "switch/descriptor.h"

namespace laneway {

enum class VhostRequest : std::uint32_t {
  GetFeatures = 1,
  SetFeatures = 2,
  SetOwner = 3,
  ResetOwner = 4,
  SetMemTable = 5,
  SetVringNum = 8,
  SetVringAddr = 9,
  SetVringBase = 10,
  GetVringBase = 11,
  SetVringKick = 12,
  SetVringCall = 13,
  SetVringErr = 14,
  GetProtocolFeatures = 15,
  SetProtocolFeatures = 16,
  GetQueueNum = 17,
  SetVringEnable = 18,
  SendRarp = 19,
  NetSetMtu = 20,
};

class VhostMessage {
 public:
  static constexpr std::size_t kHeaderBytes = 12;
  // The longest that we know of: a table of GuestMemory::kRegions.
  static constexpr std::size_t kMaxPayload = 8 + 32 * GuestMemory::kRegions;
  static constexpr std::size_t kMaxFiles = GuestMemory::kRegions;

  enum class Read : std::uint8_t { Whole, Partial, Closed, Broken };

  // Reads on from the non-blocking `socket`. After Whole the accessors tell of the message, which
  // stays until the next call.
  Read read(int socket) noexcept;

  VhostRequest request() const noexcept { return VhostRequest{header_.request}; }
  bool wants_reply() const noexcept { return (header_.flags & kNeedReply) != 0; }
  std::size_t bytes() const noexcept { return header_.bytes; }
  // The payload as a `Value`; zeros where it is shorter.
  template <class Value>
  Value as(std::size_t offset = 0) const noexcept {
    static_assert(sizeof(Value) <= kMaxPayload);
    Value value{};
    if (offset + sizeof(Value) <= payload_.size()) {
      std::memcpy(&value, payload_.data() + offset, sizeof(Value));
    }
    return value;
  }
  std::span<Descriptor> files() noexcept { return {files_.data(), file_count_}; }

  // Answers this message. False if the peer does not take it at once.
  bool reply(int socket, std::span<const std::byte> payload) const noexcept;
  bool reply(int socket, std::uint64_t value) const noexcept {
    return reply(socket, std::as_bytes(std::span(&value, 1)));
  }

 private:
  static constexpr std::uint32_t kVersion = 1;
  static constexpr std::uint32_t kVersionMask = 3;
  static constexpr std::uint32_t kReply = 4;
  static constexpr std::uint32_t kNeedReply = 8;

  struct Header {
    std::uint32_t request = 0;
    std::uint32_t flags = 0;
    std::uint32_t bytes = 0;
  };
  void clear() noexcept;
  Read fill(int socket, void* to, std::size_t from, std::size_t end) noexcept;

  Header header_;
  std::array<std::byte, kMaxPayload> payload_{};
  std::array<Descriptor, kMaxFiles> files_;
  std::size_t file_count_ = 0;
  std::size_t got_ = 0;  // bytes of header and payload
  bool whole_ = false;
};

}  // namespace laneway

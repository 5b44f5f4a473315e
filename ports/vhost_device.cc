#include "ports/vhost_device.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace laneway {

namespace {

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

// Virtio 1.2 sections 5.1.3 and 6. (<linux/virtio_net.h> has a member called `class`.)
constexpr std::uint64_t kChecksum = bit(0);
constexpr std::uint64_t kGuestChecksum = bit(1);
constexpr std::uint64_t kMtu = bit(3);
constexpr std::uint64_t kGuestTso4 = bit(7);
constexpr std::uint64_t kGuestTso6 = bit(8);
constexpr std::uint64_t kGuestEcn = bit(9);
constexpr std::uint64_t kHostOffloads = bit(11) | bit(12) | bit(13);  // TSO4, TSO6, ECN
constexpr std::uint64_t kMergeable = bit(15);
constexpr std::uint64_t kStatusAndControl = bit(16) | bit(17) | bit(18) | bit(21);
constexpr std::uint64_t kManyQueues = bit(22);
constexpr std::uint64_t kProtocolFeatures = bit(30);
constexpr std::uint64_t kEventIndex = bit(29);
constexpr std::uint64_t kPacked = bit(34);
constexpr std::uint64_t kLayouts = bit(27) | bit(28) | bit(35);  // ANY, INDIRECT_DESC, IN_ORDER
constexpr std::uint64_t kVersion1 = bit(32);
// Control queue, status and announcements are QEMU's to serve; it needs our word for them.
constexpr std::uint64_t kOffered = kChecksum | kGuestChecksum | kMtu | kGuestTso4 | kGuestTso6 |
                                   kGuestEcn | kHostOffloads | kMergeable | kStatusAndControl |
                                   kManyQueues | kProtocolFeatures | kEventIndex | kPacked |
                                   kVersion1 | kLayouts;

constexpr std::uint64_t kProtocolManyQueues = bit(0);
constexpr std::uint64_t kReplyAck = bit(3);
constexpr std::uint64_t kProtocolMtu = bit(4);
constexpr std::uint64_t kProtocolOffered = kProtocolManyQueues | kReplyAck | kProtocolMtu;

struct VringState {
  std::uint32_t index = 0;
  std::uint32_t value = 0;
};

struct VringAddresses {
  std::uint32_t index = 0;
  std::uint32_t flags = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t used = 0;
  std::uint64_t available = 0;
  std::uint64_t log = 0;
};

// Kick, call and err: the queue's number in eight bits, and whether a descriptor came with it.
constexpr std::uint64_t kVringIndexMask = 0xff;
constexpr std::uint64_t kVringNoFile = 0x100;

VhostTerms terms_of(std::uint64_t features) noexcept {
  const auto has = [features](std::uint64_t feature) { return (features & feature) != 0; };
  return {.header_bytes = std::size_t{has(kVersion1 | kMergeable) ? 12U : 10U},
          .packed = has(kPacked),
          .event_index = has(kEventIndex),
          .mergeable = has(kMergeable),
          .guest_sums = has(kGuestChecksum),
          .guest_tcp4 = has(kGuestTso4),
          .guest_tcp6 = has(kGuestTso6),
          .guest_ecn = has(kGuestEcn)};
}

// Eventfds have no type of file. What has one (a pipe, a file) might keep its writer waiting.
bool is_event(int file) noexcept {
  struct stat status {};
  return fstat(file, &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

}  // namespace

VhostDevice::VhostDevice(std::size_t pairs, std::uint32_t mtu) : mtu_(mtu), queues_(2 * pairs) {}

VhostQueue* VhostDevice::queue_of(std::uint64_t index) noexcept {
  return index < queues_.size() ? &queues_[index] : nullptr;
}

bool VhostDevice::start(VhostQueue& queue) {
  const bool started = queue.start(memory_, terms_, (&queue - queues_.data()) % 2 == 1);
  pairs_to_guest_ = 0;
  while (pairs_to_guest_ < pairs() && to_guest(pairs_to_guest_).usable()) ++pairs_to_guest_;
  return started;
}

// A ring that the new memory does not hold stands still until its own addresses come.
void VhostDevice::start_all() {
  for (VhostQueue& queue : queues_) static_cast<void>(start(queue));
}

std::optional<VhostEnd> VhostDevice::broken() const noexcept {
  if (memory_.cut_short()) return VhostEnd::CutShort;
  for (const VhostQueue& queue : queues_) {
    if (queue.fault() != RingFault::None) return VhostEnd::Ring;
  }
  return std::nullopt;
}

std::optional<VhostEnd> VhostDevice::handle(VhostMessage& message, int socket) {
  switch (message.request()) {
    case VhostRequest::GetFeatures:
    case VhostRequest::GetProtocolFeatures:
    case VhostRequest::GetQueueNum:
      return answer(message, socket);
    case VhostRequest::GetVringBase:
      return answer_base(message, socket);
    default:
      break;
  }
  std::optional<VhostEnd> end;
  bool done = true;
  switch (message.request()) {
    case VhostRequest::SetOwner:
    case VhostRequest::ResetOwner:
    case VhostRequest::SetVringErr:
      break;
    case VhostRequest::SetFeatures:
      end = set_features(message);
      break;
    case VhostRequest::SetProtocolFeatures:
      protocol_features_ = message.as<std::uint64_t>() & kProtocolOffered;
      break;
    case VhostRequest::SetMemTable:
      end = set_memory(message);
      break;
    case VhostRequest::SetVringNum:
    case VhostRequest::SetVringAddr:
    case VhostRequest::SetVringBase:
    case VhostRequest::SetVringEnable:
      end = set_vring(message);
      break;
    case VhostRequest::SetVringKick:
    case VhostRequest::SetVringCall:
      end = set_vring_file(message);
      break;
    case VhostRequest::NetSetMtu: {
      const auto mtu = message.as<std::uint64_t>();
      done = mtu >= PortSpec::kMinMtu && mtu <= mtu_;
      break;
    }
    default:
      return VhostEnd::Message;
  }
  return end ? end : acknowledge(message, socket, done);
}

std::optional<VhostEnd> VhostDevice::acknowledge(VhostMessage& message, int socket, bool done) {
  if ((protocol_features_ & kReplyAck) == 0 || !message.wants_reply()) return std::nullopt;
  if (message.reply(socket, std::uint64_t{done ? 0U : 1U})) return std::nullopt;
  return VhostEnd::Silent;
}

std::optional<VhostEnd> VhostDevice::answer(VhostMessage& message, int socket) {
  std::uint64_t value = queues_.size() / 2;  // GET_QUEUE_NUM counts pairs
  if (message.request() == VhostRequest::GetFeatures) value = kOffered;
  if (message.request() == VhostRequest::GetProtocolFeatures) value = kProtocolOffered;
  if (message.reply(socket, value)) return std::nullopt;
  return VhostEnd::Silent;
}

std::optional<VhostEnd> VhostDevice::answer_base(VhostMessage& message, int socket) {
  auto state = message.as<VringState>();
  VhostQueue* queue = queue_of(state.index);
  if (queue == nullptr) return VhostEnd::Message;
  state.value = queue->stop();
  queue->kicked = false;
  queue->kick.reset();
  static_cast<void>(start(*queue));  // counts the pairs anew
  if (message.reply(socket, std::as_bytes(std::span(&state, 1)))) return std::nullopt;
  return VhostEnd::Silent;
}

std::optional<VhostEnd> VhostDevice::set_features(VhostMessage& message) {
  const auto features = message.as<std::uint64_t>();
  if ((features & ~kOffered) != 0) return VhostEnd::Message;
  features_ = features;
  terms_ = terms_of(features);
  // Without protocol features there is no SET_VRING_ENABLE.
  if ((features & kProtocolFeatures) == 0) {
    for (VhostQueue& queue : queues_) queue.enabled = true;
  }
  start_all();
  return std::nullopt;
}

std::optional<VhostEnd> VhostDevice::set_memory(VhostMessage& message) {
  std::array<GuestMemory::Region, GuestMemory::kRegions> regions;
  const std::size_t count = message.as<std::uint32_t>();
  if (count > regions.size() || message.bytes() < 8 + count * sizeof(GuestMemory::Region)) {
    return VhostEnd::Memory;
  }
  for (std::size_t at = 0; at < count; ++at) {
    regions[at] = message.as<GuestMemory::Region>(8 + at * sizeof(GuestMemory::Region));
  }
  for (VhostQueue& queue : queues_) queue.stop();
  if (!memory_.map(std::span(regions).first(count), message.files())) return VhostEnd::Memory;
  start_all();
  return std::nullopt;
}

std::optional<VhostEnd> VhostDevice::set_vring(VhostMessage& message) {
  const auto state = message.as<VringState>();
  VhostQueue* queue = queue_of(state.index);
  if (queue == nullptr) return VhostEnd::Message;
  queue->stop();
  switch (message.request()) {
    case VhostRequest::SetVringNum:
      if (!queue->set_size(state.value)) return VhostEnd::Addresses;
      break;
    case VhostRequest::SetVringBase:
      queue->set_base(state.value);
      break;
    case VhostRequest::SetVringEnable:
      queue->enabled = state.value != 0;
      break;
    default: {
      const auto addresses = message.as<VringAddresses>();
      queue->set_addresses({.descriptors = addresses.descriptors,
                            .device = addresses.used,
                            .driver = addresses.available});
    }
  }
  // The peer may say the rest of what has changed in further messages.
  static_cast<void>(start(*queue));
  return std::nullopt;
}

std::optional<VhostEnd> VhostDevice::set_vring_file(VhostMessage& message) {
  const auto value = message.as<std::uint64_t>();
  VhostQueue* queue = queue_of(value & kVringIndexMask);
  const bool has_file = (value & kVringNoFile) == 0;
  if (queue == nullptr || message.files().size() != (has_file ? 1U : 0U)) return VhostEnd::Message;
  if (has_file && !is_event(message.files().front().get())) return VhostEnd::Message;
  const bool is_kick = message.request() == VhostRequest::SetVringKick;
  Descriptor& file = is_kick ? queue->kick : queue->call;
  file = has_file ? std::move(message.files().front()) : Descriptor();
  if (!is_kick) {
    if (has_file) fcntl(file.get(), F_SETFL, O_NONBLOCK);
    return std::nullopt;
  }
  queue->kicked = true;
  return start(*queue) ? std::nullopt : std::optional(VhostEnd::Addresses);
}

}  // namespace laneway

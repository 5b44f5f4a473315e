#include "tests/support/vhost_frontend.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace laneway::test {

namespace {

constexpr std::uint64_t kHole = std::uint64_t{1} << 32;
constexpr std::size_t kHeader = 12;

template <class Value>
void put(std::byte* at, Value value) {
  std::memcpy(at, &value, sizeof(value));
}
template <class Value>
Value get(const std::byte* at) {
  Value value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

template <class... Words>
VhostFrontend::Bytes words(Words... values) {
  VhostFrontend::Bytes bytes;
  const auto add = [&](auto value) {
    const auto* at = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), at, at + sizeof(value));
  };
  (add(values), ...);
  return bytes;
}

}  // namespace

VhostFrontend::VhostFrontend(Descriptor socket, std::function<void()> pump)
    : socket_(std::move(socket)),
      pump_(std::move(pump)),
      memory_(memfd_create("guest", MFD_CLOEXEC)) {
  if (ftruncate(memory_.get(), kMemory) != 0) throw std::runtime_error("ftruncate");
  void* base = mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (base == MAP_FAILED) throw std::runtime_error("mmap");
  base_ = static_cast<std::byte*>(base);
  mapping_ = std::shared_ptr<void>(base, [](void* at) { munmap(at, kMemory); });
}

Descriptor VhostFrontend::connect(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("connect " + path);
  }
  return socket;
}

void VhostFrontend::send(std::uint32_t request, const Bytes& payload, const std::vector<int>& files,
                         std::uint32_t flags) {
  Bytes bytes = words(request, flags, static_cast<std::uint32_t>(payload.size()));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(16 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    cmsghdr* beside = CMSG_FIRSTHDR(&message);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(beside), files.data(), files.size() * sizeof(int));
  }
  static_cast<void>(sendmsg(socket_.get(), &message, MSG_NOSIGNAL));
  pump_();
}

VhostFrontend::Bytes VhostFrontend::answer() {
  Bytes bytes(1024);
  const ssize_t got = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < static_cast<ssize_t>(kHeader)) return {};
  bytes.resize(static_cast<std::size_t>(got));
  bytes.erase(bytes.begin(), bytes.begin() + kHeader);
  return bytes;
}

bool VhostFrontend::is_closed() {
  std::byte byte;
  const ssize_t got = recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

std::uint64_t VhostFrontend::user_of(std::uint64_t guest) {
  const std::uint64_t offset = guest - kGuest;
  return kUser + offset + (offset >= kHalf ? kHole : 0);
}

std::uint64_t VhostFrontend::allocate(std::size_t bytes, std::size_t alignment) {
  allocated_ = (allocated_ + alignment - 1) / alignment * alignment;
  const std::uint64_t at = kGuest + allocated_;
  allocated_ += bytes;
  if (allocated_ > kMemory) throw std::runtime_error("guest memory is used up");
  return at;
}

void VhostFrontend::send_memory() {
  const std::uint64_t half = kHalf;
  send(5,
       words(std::uint32_t{2}, std::uint32_t{0}, kGuest, half, kUser, std::uint64_t{0},
             kGuest + half, half, kUser + half + kHole, half),
       {memory_.get(), memory_.get()});
}

void VhostFrontend::start(const Options& options) {
  options_ = options;
  rings_ = std::vector<Ring>(2 * options.pairs);
  send(1, Bytes{});
  answer();
  send(3, Bytes{});
  send(2, options.features);
  send_memory();
  for (std::size_t queue = 0; queue < rings_.size(); ++queue) start_queue(queue);
}

void VhostFrontend::start_queue(std::size_t queue) {
  Ring& ring = rings_[queue];
  const std::size_t size = options_.size;
  ring.descriptors = allocate(16 * size);
  ring.driver = allocate(8 + 2 * size);
  ring.device = allocate(8 + 8 * size);
  ring.chains.resize(size);
  ring.kick = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  ring.call = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const auto number = static_cast<std::uint32_t>(queue);
  send(8, words(number, std::uint32_t{options_.size}));
  send(10, words(number, packed() ? std::uint32_t{0x8000} : 0U));
  send(9, words(number, std::uint32_t{0}, user_of(ring.descriptors), user_of(ring.device),
                user_of(ring.driver), std::uint64_t{0}));
  send(13, std::uint64_t{queue}, {ring.call.get()});
  send(12, std::uint64_t{queue}, {ring.kick.get()});
  if ((options_.features & kProtocol) != 0) send(18, words(number, std::uint32_t{1}));
}

void VhostFrontend::write_split(Ring& ring, const std::vector<Part>& parts, std::uint16_t flags) {
  const std::uint16_t head = ring.free;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::byte* one = at(ring.descriptors + 16U * ring.free);
    ring.free = static_cast<std::uint16_t>((ring.free + 1) % options_.size);
    put(one, parts[i].at);
    put(one + 8, parts[i].bytes);
    put(one + 12, static_cast<std::uint16_t>(flags | (i + 1 < parts.size() ? 1 : 0)));
    put(one + 14, ring.free);
  }
  put(at(ring.driver + 4 + 2U * (ring.next % options_.size)), head);
  ++ring.next;
  std::atomic_thread_fence(std::memory_order_release);
  put(at(ring.driver + 2), ring.next);
}

void VhostFrontend::write_packed(Ring& ring, const std::vector<Part>& parts, std::uint16_t flags) {
  const std::uint16_t id = ring.free;
  ring.free = static_cast<std::uint16_t>((ring.free + 1) % options_.size);
  ring.chains[id].slots = static_cast<std::uint16_t>(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::byte* one = at(ring.descriptors + 16U * ring.next);
    put(one, parts[i].at);
    put(one + 8, parts[i].bytes);
    put(one + 12, id);
    const unsigned lap = ring.wrap ? 0x80U : 0x8000U;
    put(one + 14, static_cast<std::uint16_t>(flags | lap | (i + 1 < parts.size() ? 1U : 0U)));
    if (++ring.next < options_.size) continue;
    ring.next = 0;
    ring.wrap = !ring.wrap;
  }
}

std::uint16_t VhostFrontend::offer(std::size_t queue, const std::vector<Part>& parts,
                                   bool device_writes, bool indirect) {
  Ring& ring = rings_[queue];
  const std::uint16_t flags = device_writes ? 2 : 0;
  const std::uint16_t id = ring.free;
  ring.chains[id].parts = parts;
  std::vector<Part> listed = parts;
  std::uint16_t listed_flags = flags;
  if (indirect) {
    const std::uint64_t table = allocate(16 * parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      std::byte* one = at(table + 16 * i);
      const bool more = i + 1 < parts.size();
      put(one, parts[i].at);
      put(one + 8, parts[i].bytes);
      put(one + 12, static_cast<std::uint16_t>(packed() ? 0 : flags | (more ? 1 : 0)));
      put(one + 14, static_cast<std::uint16_t>(packed() ? flags : i + 1));
    }
    listed = {{table, static_cast<std::uint32_t>(16 * parts.size())}};
    listed_flags = 4;
  }
  if (packed())
    write_packed(ring, listed, listed_flags);
  else
    write_split(ring, listed, listed_flags);
  return id;
}

std::optional<VhostFrontend::Used> VhostFrontend::reap(std::size_t queue) {
  Ring& ring = rings_[queue];
  if (!packed()) {
    if (get<std::uint16_t>(at(ring.device + 2)) == ring.seen) return std::nullopt;
    const std::byte* one = at(ring.device + 4 + 8U * (ring.seen++ % options_.size));
    return Used{static_cast<std::uint16_t>(get<std::uint32_t>(one)), get<std::uint32_t>(one + 4)};
  }
  const std::byte* one = at(ring.descriptors + 16U * ring.seen);
  const unsigned laps = get<std::uint16_t>(one + 14) & 0x8080U;
  if (laps != (ring.seen_wrap ? 0x8080U : 0U)) return std::nullopt;
  const Used used{get<std::uint16_t>(one + 12), get<std::uint32_t>(one + 8)};
  ring.seen = static_cast<std::uint16_t>(ring.seen + ring.chains[used.id].slots);
  if (ring.seen >= options_.size) {
    ring.seen = static_cast<std::uint16_t>(ring.seen - options_.size);
    ring.seen_wrap = !ring.seen_wrap;
  }
  return used;
}

bool VhostFrontend::called(std::size_t queue) {
  std::uint64_t count = 0;
  return read(rings_[queue].call.get(), &count, sizeof(count)) == sizeof(count);
}

void VhostFrontend::kick(std::size_t queue) {
  const std::uint64_t one = 1;
  static_cast<void>(!write(rings_[queue].kick.get(), &one, sizeof(one)));
}

void VhostFrontend::transmit(const Bytes& frame, std::size_t queue) {
  const std::uint64_t buffer = allocate(kHeader + frame.size());
  std::memset(at(buffer), 0, kHeader);
  std::memcpy(at(buffer) + kHeader, frame.data(), frame.size());
  offer(queue, {{buffer, static_cast<std::uint32_t>(kHeader + frame.size())}}, false);
}

void VhostFrontend::offer_buffers(std::size_t count, std::uint32_t bytes, std::size_t queue) {
  for (std::size_t i = 0; i < count; ++i) offer(queue, {{allocate(bytes), bytes}}, true);
}

std::optional<VhostFrontend::Bytes> VhostFrontend::receive(std::size_t queue) {
  Bytes out;
  for (std::size_t left = 1; left > 0; --left) {
    const auto used = reap(queue);
    if (!used) return std::nullopt;
    std::size_t bytes = used->bytes;
    for (const Part& part : rings_[queue].chains[used->id].parts) {
      const std::size_t here = std::min<std::size_t>(part.bytes, bytes);
      out.insert(out.end(), at(part.at), at(part.at) + here);
      bytes -= here;
    }
    if (left == 1 && out.size() == used->bytes) left = get<std::uint16_t>(&out[10]);
  }
  return out;
}

}  // namespace laneway::test

#include "ports/tap_port.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <rte_mbuf.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ports/interface_writer.h"
#include "ports/receive_chain.h"
#include "ports/refusal.h"
#include "ports/vnet_header.h"
#include "switch/error.h"
#include "switch/port_spec.h"

namespace laneway {

namespace {

constexpr unsigned kTcpOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
constexpr unsigned kUdpOffloads = 0x20 | 0x40;  // TUN_F_USO4, TUN_F_USO6: Linux 6.2 and later

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

void create(int tap, const TapDevice& device, const std::string& what) {
  ifreq request = request_for(device.name);
  // EXCL: a persistent tap of somebody else's is not ours to take.
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
  if (ioctl(tap, TUNSETIFF, &request) == 0) return;
  if (errno == EBUSY) {
    throw Error(ErrorCode::InUse, what + ": an interface of this name exists",
                "choose another name, or packet:" + device.name + " to use it as it is",
                device.name);
  }
  throw system_error(what + ": create the interface", ErrorCode::DeviceFailed);
}

void offer_offloads(int tap, const std::string& what) {
  if (ioctl(tap, TUNSETOFFLOAD, kTcpOffloads | kUdpOffloads) == 0) return;
  check(ioctl(tap, TUNSETOFFLOAD, kTcpOffloads), what + ": TUNSETOFFLOAD", ErrorCode::DeviceFailed);
}

void set_up(const TapDevice& device, const std::string& what) {
  const Descriptor any(check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), what + ": socket"));
  ifreq request = request_for(device.name);
  if (!device.mac.is_zero()) {
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(request.ifr_hwaddr.sa_data, device.mac.octets.data(), device.mac.octets.size());
    check(ioctl(any.get(), SIOCSIFHWADDR, &request), what + ": set its address",
          ErrorCode::DeviceFailed);
  }
  request = request_for(device.name);
  request.ifr_mtu = static_cast<int>(device.mtu);
  check(ioctl(any.get(), SIOCSIFMTU, &request), what + ": set its MTU", ErrorCode::DeviceFailed);
  if (!device.up) return;
  request = request_for(device.name);
  request.ifr_flags = IFF_UP;
  check(ioctl(any.get(), SIOCSIFFLAGS, &request), what + ": set it up", ErrorCode::DeviceFailed);
}

}  // namespace

Descriptor open_tap(const TapDevice& device) {
  const std::string what = "tap:" + device.name;
  Descriptor tap(check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC),
                       what + ": open /dev/net/tun", ErrorCode::DeviceFailed));
  create(tap.get(), device, what);
  const int header_bytes = static_cast<int>(kVnetHeaderBytes);
  check(ioctl(tap.get(), TUNSETVNETHDRSZ, &header_bytes), what + ": TUNSETVNETHDRSZ",
        ErrorCode::DeviceFailed);
  if (device.gso) offer_offloads(tap.get(), what);
  set_up(device, what);
  return tap;
}

struct TapPort::State {
  State(Descriptor fd, BufferPool& pool, std::size_t max_frame_bytes, bool gso)
      : tap(std::move(fd)),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "tap port: epoll")),
        writer(InterfaceWriter::Medium::Tap, max_frame_bytes, gso),
        chain(pool) {
    watch();
  }

  void watch() noexcept {
    epoll_event event{.events = EPOLLIN, .data = {}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, tap.get(), &event);
  }
  Buffer* accept(std::size_t bytes, PortCounters& counters) noexcept;
  bool discard(PortCounters& counters) noexcept;

  Descriptor tap;
  Descriptor epoll;  // stays the same when the tap does not
  InterfaceWriter writer;
  ReceiveChain chain;
};

// The frame in the chain; nullptr if it is refused.
Buffer* TapPort::State::accept(std::size_t bytes, PortCounters& counters) noexcept {
  if (bytes < kEthernetHeader || bytes > kMaxFrameBytes) {
    refuse_rx(counters, bytes < kEthernetHeader ? Drop::Short : Drop::TooLong, bytes);
    return nullptr;
  }
  Buffer* frame = chain.take(bytes);
  if (accept_vnet_header(*frame, chain.header())) return frame;
  refuse_rx(counters, Drop::BadOffload, bytes);
  free_buffer(frame);
  return nullptr;
}

// Takes a frame for which there is no buffer out of the kernel, which does not say how long it was;
// false if none waits.
bool TapPort::State::discard(PortCounters& counters) noexcept {
  std::array<std::byte, kVnetHeaderBytes + kEthernetHeader> head;
  if (read(tap.get(), head.data(), head.size()) < 0) return false;
  refuse_rx(counters, Drop::NoBuffer, kEthernetHeader);
  return true;
}

TapPort::TapPort(Descriptor tap, BufferPool& pool, std::size_t max_frame_bytes, bool gso)
    : state_(std::make_unique<State>(std::move(tap), pool, max_frame_bytes, gso)) {
  max_frame_bytes_ = max_frame_bytes;
}

TapPort::~TapPort() = default;

std::size_t TapPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  State& state = *state_;
  std::size_t count = 0;
  std::size_t read = 0;  // bytes
  for (std::size_t seen = 0; seen < out.size() && read < kReadBytes; ++seen) {
    if (!state.chain.refill()) {
      if (!state.discard(counters)) break;
      continue;
    }
    const auto vectors = state.chain.vectors();
    const ssize_t got = readv(state.tap.get(), vectors.data(), static_cast<int>(vectors.size()));
    if (got < 0) {
      if (errno == EBADFD) end();
      break;
    }
    const std::size_t bytes = static_cast<std::size_t>(got) - kVnetHeaderBytes;
    read += bytes;
    if (Buffer* frame = state.accept(bytes, counters)) out[count++] = frame;
  }
  return count;
}

TxResult TapPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  const auto sent = state_->writer.send(state_->tap.get(), frames, counters);
  // An interface that is only set down (EIO) comes back by itself.
  if (sent.error == EBADFD) end();
  return sent.result;
}

int TapPort::poll_fd() const noexcept { return state_->epoll.get(); }

void TapPort::show_link(bool up) noexcept {
  const int carrier = up ? 1 : 0;
  ioctl(state_->tap.get(), TUNSETCARRIER, &carrier);
}

void TapPort::reopen(Descriptor tap) noexcept {
  epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, state_->tap.get(), nullptr);
  state_->tap = std::move(tap);
  state_->watch();
  link_.store(LinkState::Up, std::memory_order_release);
}

// The interface is deleted. Its descriptor would poll as broken for ever.
void TapPort::end() noexcept {
  epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, state_->tap.get(), nullptr);
  link_.store(LinkState::Broken, std::memory_order_release);
}

}  // namespace laneway

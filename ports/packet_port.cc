#include "ports/packet_port.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <rte_mbuf.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ports/gro.h"
#include "ports/interface_writer.h"
#include "ports/receive_chain.h"
#include "ports/refusal.h"
#include "ports/vnet_header.h"
#include "switch/error.h"
#include "switch/wire/bytes.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

namespace laneway {

namespace {

// Frames asked for in one call. Each slot holds a large mbuf, so there are few of them.
constexpr std::size_t kSlots = 8;
// Bytes that the kernel may keep for us: 100 ms of 300 Mb/s in, and 20 frames of 64 KiB out.
constexpr int kReceiveBytes = 4 << 20;
constexpr int kSendBytes = 2 << 20;
constexpr std::uint16_t kTagBytes = 4;

template <class Value>
void set_option(int socket, int level, int name, const Value& value, const std::string& what) {
  check(setsockopt(socket, level, name, &value, sizeof(value)), what, ErrorCode::DeviceFailed);
}

void size_buffers(int socket) {
  // FORCE goes beyond the system's limit with CAP_NET_ADMIN; without, as much as it allows.
  for (const auto& [force, plain, bytes] : {std::array{SO_RCVBUFFORCE, SO_RCVBUF, kReceiveBytes},
                                            std::array{SO_SNDBUFFORCE, SO_SNDBUF, kSendBytes}}) {
    if (setsockopt(socket, SOL_SOCKET, force, &bytes, sizeof(bytes)) == 0) continue;
    setsockopt(socket, SOL_SOCKET, plain, &bytes, sizeof(bytes));
  }
}

void join(int socket, unsigned interface, std::uint16_t what, const std::string& name) {
  const packet_mreq request{
      .mr_ifindex = static_cast<int>(interface), .mr_type = what, .mr_alen = 0, .mr_address = {}};
  set_option(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, name + ": hear all of it");
}

// Puts the tag that the kernel took off back behind the addresses. The header is of the frame
// without.
void put_tag_back(Buffer& frame, const tpacket_auxdata& aux, VnetHeader& header) noexcept {
  std::byte* data = rte_pktmbuf_mtod(&frame, std::byte*) - kTagBytes;
  std::memmove(data, data + kTagBytes, 12);
  const bool typed = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  wire::store_be16(data + 12, typed ? aux.tp_vlan_tpid : std::uint16_t{ETHERTYPE_VLAN});
  wire::store_be16(data + 14, aux.tp_vlan_tci);
  frame.data_off = static_cast<std::uint16_t>(frame.data_off - kTagBytes);
  frame.data_len = static_cast<std::uint16_t>(frame.data_len + kTagBytes);
  frame.pkt_len += kTagBytes;
  if ((header.flags & VnetHeader::kNeedsChecksum) != 0) {
    header.checksum_start = static_cast<std::uint16_t>(header.checksum_start + kTagBytes);
  }
}

}  // namespace

Descriptor open_packet_socket(const PacketSocket& options) {
  const std::string name = "packet:" + options.interface;
  const unsigned interface = if_nametoindex(options.interface.c_str());
  if (interface == 0) {
    throw Error(ErrorCode::NoNic, "no network interface '" + options.interface + "'", {},
                options.interface);
  }
  // Protocol 0 hears nothing until bind(): else frames from before the filter would be heard.
  Descriptor socket(check(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                          name + ": open packet socket", ErrorCode::DeviceFailed));
  const int fd = socket.get();
  set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1, name + ": PACKET_VNET_HDR");
  set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1, name + ": PACKET_AUXDATA");
  set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, name + ": PACKET_IGNORE_OUTGOING");
  set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1, name + ": SO_RXQ_OVFL");
  size_buffers(fd);
  set_packet_filter(fd, options.filter);

  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(interface);
  check(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), name + ": bind",
        ErrorCode::DeviceFailed);
  join(fd, interface, PACKET_MR_ALLMULTI, name);
  if (options.promiscuous) join(fd, interface, PACKET_MR_PROMISC, name);
  return socket;
}

// What the kernel says beside a frame.
struct Beside {
  tpacket_auxdata aux{};
  std::uint32_t missed = 0;  // frames that found the socket's buffer full, since it was opened
};

struct PacketPort::State {
  State(Descriptor fd, BufferPool& pool, std::size_t max_frame_bytes, bool gso)
      : socket(std::move(fd)),
        epoll(check(epoll_create1(EPOLL_CLOEXEC), "packet port: epoll")),
        writer(InterfaceWriter::Medium::PacketSocket, max_frame_bytes, gso),
        merges(gso) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) slots.emplace_back(pool);
    watch();
  }

  void watch() noexcept {
    epoll_event event{.events = EPOLLIN, .data = {}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket.get(), &event);
  }
  std::size_t prepare(std::size_t wanted) noexcept;
  Beside read_beside(const msghdr& message) const noexcept;
  Buffer* accept(std::size_t at, PortCounters& counters) noexcept;
  bool discard(PortCounters& counters) noexcept;

  Descriptor socket;
  Descriptor epoll;  // stays the same when the socket does not
  InterfaceWriter writer;
  bool merges;
  std::deque<ReceiveChain> slots;
  std::array<mmsghdr, kSlots> messages{};
  struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata)) +
                                          CMSG_SPACE(sizeof(std::uint32_t))> bytes;
  };
  std::array<Control, kSlots> controls{};
  std::uint32_t missed = 0;
  bool carrier = true;  // as the control plane says
  bool failed = false;  // as the socket says
};

// Makes ready for at most `wanted` frames; returns for how many.
std::size_t PacketPort::State::prepare(std::size_t wanted) noexcept {
  std::size_t ready = 0;
  for (; ready < std::min(wanted, kSlots) && slots[ready].refill(); ++ready) {
    const auto vectors = slots[ready].vectors();
    Control& control = controls[ready];
    messages[ready].msg_hdr = {.msg_name = nullptr,
                               .msg_namelen = 0,
                               .msg_iov = vectors.data(),
                               .msg_iovlen = vectors.size(),
                               .msg_control = control.bytes.data(),
                               .msg_controllen = control.bytes.size(),
                               .msg_flags = 0};
  }
  return ready;
}

Beside PacketPort::State::read_beside(const msghdr& message) const noexcept {
  Beside beside{.missed = missed};
  auto* head = const_cast<msghdr*>(&message);
  for (cmsghdr* part = CMSG_FIRSTHDR(head); part != nullptr; part = CMSG_NXTHDR(head, part)) {
    if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA) {
      std::memcpy(&beside.aux, CMSG_DATA(part), sizeof(beside.aux));
    } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&beside.missed, CMSG_DATA(part), sizeof(beside.missed));
    }
  }
  return beside;
}

// The frame in slot `at`; nullptr if it is refused.
Buffer* PacketPort::State::accept(std::size_t at, PortCounters& counters) noexcept {
  const Beside beside = read_beside(messages[at].msg_hdr);
  counters.rx_missed.add(beside.missed - missed);
  missed = beside.missed;

  const std::size_t bytes = messages[at].msg_len - kVnetHeaderBytes;
  if (bytes < kEthernetHeader || bytes > kMaxFrameBytes - kTagBytes) {
    refuse_rx(counters, bytes < kEthernetHeader ? Drop::Short : Drop::TooLong, bytes);
    return nullptr;
  }
  VnetHeader header = slots[at].header();
  Buffer* frame = slots[at].take(bytes);
  if ((beside.aux.tp_status & TP_STATUS_VLAN_VALID) != 0) put_tag_back(*frame, beside.aux, header);
  if (accept_vnet_header(*frame, header)) return frame;
  refuse_rx(counters, Drop::BadOffload, frame->pkt_len);
  free_buffer(frame);
  return nullptr;
}

// Takes a frame for which there is no buffer out of the kernel; false if none waits.
bool PacketPort::State::discard(PortCounters& counters) noexcept {
  VnetHeader header;
  const ssize_t got = recv(socket.get(), &header, sizeof(header), MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0) return false;
  refuse_rx(counters, Drop::NoBuffer, static_cast<std::size_t>(got) - kVnetHeaderBytes);
  return true;
}

PacketPort::PacketPort(Descriptor socket, BufferPool& pool, std::size_t max_frame_bytes, bool gso)
    : state_(std::make_unique<State>(std::move(socket), pool, max_frame_bytes, gso)) {
  max_frame_bytes_ = max_frame_bytes;
}

PacketPort::~PacketPort() = default;

std::size_t PacketPort::rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept {
  State& state = *state_;
  std::size_t count = 0;
  std::size_t read = 0;  // bytes
  // Refused frames count as well: however many of them come, a burst ends.
  for (std::size_t seen = 0; seen < out.size() && read < kReadBytes;) {
    const std::size_t ready = state.prepare(out.size() - seen);
    if (ready == 0) {
      if (!state.discard(counters)) break;
      ++seen;
      continue;
    }
    const int got = recvmmsg(state.socket.get(), state.messages.data(),
                             static_cast<unsigned>(ready), MSG_DONTWAIT | MSG_TRUNC, nullptr);
    if (got < 0) {
      if (!read_failed(errno, counters)) break;
      ++seen;
      continue;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(got); ++at) {
      read += state.messages[at].msg_len;
      if (Buffer* frame = state.accept(at, counters)) out[count++] = frame;
    }
    seen += static_cast<std::size_t>(got);
    if (static_cast<std::size_t>(got) < ready) break;
  }
  if (count > 0 && state.failed) set_failed(false);
  return state.merges ? merge_segments(out.first(count)) : count;
}

// True if there may be more to read.
bool PacketPort::read_failed(int error, PortCounters& counters) noexcept {
  if (error == ENETDOWN || error == ENODEV || error == ENXIO) set_failed(true);
  // The kernel had a frame that virtio-net headers cannot describe (SCTP or tunnels, not yet cut).
  if (error == EINVAL) counters.rx_missed.add(1);
  return error == EINVAL || error == EINTR;
}

TxResult PacketPort::tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept {
  const auto sent = state_->writer.send(state_->socket.get(), frames, counters);
  if (sent.error != 0) set_failed(true);
  return sent.result;
}

int PacketPort::poll_fd() const noexcept { return state_->epoll.get(); }

void PacketPort::reopen(Descriptor socket) noexcept {
  epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, state_->socket.get(), nullptr);
  state_->socket = std::move(socket);
  state_->watch();
  state_->missed = 0;
  set_failed(false);
}

void PacketPort::set_carrier(bool up) noexcept {
  state_->carrier = up;
  set_failed(state_->failed && !up);
}

void PacketPort::set_failed(bool failed) noexcept {
  state_->failed = failed;
  const bool up = state_->carrier && !failed;
  link_.store(up ? LinkState::Up : LinkState::Down, std::memory_order_release);
}

}  // namespace laneway

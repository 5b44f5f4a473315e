#include "tests/netns/switched_namespaces.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

#include "ports/open_port.h"
#include "switch/error.h"

namespace laneway::test {

namespace {

constexpr const char* kPort = "5201";
constexpr std::size_t kPiece = 256 * 1024;

std::byte pattern(std::size_t at) { return static_cast<std::byte>(at * 2654435761U >> 24U); }

// A TCP socket, bound to or connected with `address`.
Descriptor tcp(const std::string& address, bool serve) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), kPort, &hints, &found) != 0) return Descriptor{};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const int failed =
      serve ? bind(socket.get(), found->ai_addr, found->ai_addrlen) | listen(socket.get(), 1)
            : connect(socket.get(), found->ai_addr, found->ai_addrlen);
  if (failed != 0) socket.reset();
  return socket;
}

bool receive_pattern(int listener, std::size_t bytes) {
  const Descriptor peer(accept(listener, nullptr, nullptr));
  std::vector<std::byte> piece(kPiece);
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t got = recv(peer.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    for (std::size_t byte = 0; byte < static_cast<std::size_t>(got); ++byte) {
      if (piece[byte] != pattern(at + byte)) return false;
    }
    at += static_cast<std::size_t>(got);
  }
  return true;
}

void send_pattern(const std::string& address, std::size_t bytes) {
  const Descriptor socket = tcp(address, false);
  std::vector<std::byte> piece;
  for (std::size_t at = 0; at < bytes;) {
    piece.resize(std::min(kPiece, bytes - at));
    for (std::size_t byte = 0; byte < piece.size(); ++byte) piece[byte] = pattern(at + byte);
    const ssize_t sent = send(socket.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    at += static_cast<std::size_t>(sent);
  }
}

}  // namespace

void within(const NamedNamespace& space, const std::function<void()>& action) {
  std::thread([&] {
    const Descriptor there(open(("/run/netns/" + space.name()).c_str(), O_RDONLY | O_CLOEXEC));
    if (setns(there.get(), CLONE_NEWNET) == 0) action();
  }).join();
}

bool transfer(const NamedNamespace& from, const NamedNamespace& to, const std::string& address,
              std::size_t bytes) {
  Descriptor listener;
  within(to, [&] { listener = tcp(address, true); });
  if (!listener.is_open()) return false;
  std::thread sender([&] { within(from, [&] { send_pattern(address, bytes); }); });
  const bool whole = receive_pattern(listener.get(), bytes);
  sender.join();
  return whole;
}

int bad_checksums(const NamedNamespace& space) {
  const std::string text = space.output("nstat -asz TcpInCsumErrors");
  const auto at = text.find("TcpInCsumErrors");
  return at == std::string::npos ? -1 : std::stoi(text.substr(at + 15));
}

SwitchedNamespaces::SwitchedNamespaces(const Options& options) {
  run("ip link add sw-left type veth peer name eth0 netns " + left.name());
  run("ip link set sw-left up");
  packet_ = std::make_unique<PacketPort>(
      open_packet_socket({.interface = "sw-left", .promiscuous = true}), pool_,
      frame_bytes(options.mtu), options.gso);
  const TapDevice device{.name = "lwt-right", .mtu = options.mtu, .gso = options.gso};
  tap_ = std::make_unique<TapPort>(open_tap(device), pool_, frame_bytes(options.mtu), options.gso);
  run("ip link set lwt-right netns " + right.name() + " name eth0");

  int host = 0;
  for (const NamedNamespace* space : {&left, &right}) {
    const std::string number = std::to_string(++host);
    space->run("ip address add 10.77.0." + number + "/24 dev eth0");
    space->run("ip address add fd77::" + number + "/64 dev eth0 nodad");
    space->run("ip link set eth0 up");
  }
  worker_.run([&] {
    switch_.add_port("left", *packet_, PortSettings::for_trunk(), packet_counters);
    switch_.add_port("right", *tap_, PortSettings::for_trunk(), tap_counters);
    worker_.add(switch_);
  });
}

SwitchedNamespaces::~SwitchedNamespaces() {
  worker_.run([&] { worker_.remove(switch_); });
  switch_.remove_port(PortId{0});
  switch_.remove_port(PortId{1});
}

}  // namespace laneway::test

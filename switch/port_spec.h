// switch/port_spec.h: what a port is to be, in one line: `kind:where[,key=value…]`, the same in the
// command line, TOML, the API and tests. A value with a comma in it is quoted:
// `fault="loss:0.1,seed:7"`.
//
// Parsing opens nothing. Unknown kinds and keys are errors that name the nearest known word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "switch/types.h"

namespace laneway {

enum class PortKind : std::uint8_t { Memory, Pcap, Packet, Tap, Stream, VhostUser, Dpdk, Xdp };
constexpr std::size_t kPortKinds = 8;
std::string_view name_of(PortKind kind) noexcept;  // "memory"

// What `fault=` breaks, both ways: each part of the frames, 0 to 1, drawn by `seed`.
struct FaultSpec {
  double loss = 0;
  double corrupt = 0;  // one bit of the frame flips
  double duplicate = 0;
  double reorder = 0;  // the frame waits until the next has passed
  Nanos delay{};       // of every frame
  std::uint64_t seed = 1;
  bool operator==(const FaultSpec&) const = default;
};

struct PortSpec {
  static constexpr std::size_t kMaxSocketPath = 107;    // sockaddr_un::sun_path with its end
  static constexpr std::size_t kMaxInterfaceName = 15;  // IFNAMSIZ with its end
  static constexpr std::uint32_t kDefaultMtu = 1500;
  static constexpr std::uint32_t kMinMtu = 68;          // RFC 791 section 3.2
  static constexpr std::uint32_t kMaxMtu = 65521;       // 65,535 bytes of frame less 14 of header
  static constexpr std::uint32_t kDefaultQueue = 1024;  // frames
  static constexpr std::uint32_t kMaxQueue = 1U << 20;
  static constexpr std::uint32_t kMaxQueues = 16;        // one a virtual CPU, of a large guest
  static constexpr std::uint32_t kMaxFirstQueue = 1023;  // more queues no NIC has

  enum class Promiscuous : std::uint8_t { Auto, On, Off };  // Auto: on unless the adapter is Wi-Fi

  PortKind kind = PortKind::Memory;
  std::string text;  // as given: parsing it again gives the same
  // memory: a name; packet, tap, xdp: the interface; dpdk: the device's arguments, as EAL takes
  // them; else the socket's path
  std::string where;
  std::string in, out;  // pcap: files to read and write; "" for none, "-" for a pipe
  std::uint32_t queue = kDefaultQueue;          // memory
  Promiscuous promiscuous = Promiscuous::Auto;  // packet
  bool gso = true;                              // packet, tap
  bool connect = false;              // stream, vhost-user: reach out instead of listening
  std::uint32_t queues = 1;          // vhost-user: pairs that the guest may use; dpdk, xdp: of ours
  std::uint32_t first_queue = 0;     // xdp: of the interface's
  bool copy = false;                 // xdp: never zero-copy
  std::optional<std::uint32_t> mtu;  // bytes of an IP packet; none given: the switch's
  std::optional<FaultSpec> fault;
};

// Throws Error (BadSpec). `run_directory` is where
// sockets live whose name has no '/'.
PortSpec parse_port_spec(std::string_view text, std::string_view run_directory = "/run/laneway");

// RUN_DIRECTORY/NAME.sock, or `where` as it is if it has a '/'. Throws Error (BadSpec) if it is
// longer than a socket's address can be.
std::string socket_path(std::string_view where, std::string_view run_directory);

}  // namespace laneway

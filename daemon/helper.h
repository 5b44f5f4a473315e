// daemon/helper.h: the privileged helper, a process of its own, and the daemon's side of it.
//
// It is forked before the daemon reads anything. It keeps CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF,
// takes requests of one fixed size over a socket pair, hands descriptors back, and undoes all it
// did when the daemon ends, however that happens. The daemon itself gives every capability up.
//
// Threads: Helper is the control thread's only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>

#include <sys/types.h>

#include "daemon/host_filter.h"
#include "daemon/link_control.h"
#include "ports/tap_port.h"
#include "switch/descriptor.h"
#include "switch/error.h"
#include "switch/types.h"

namespace laneway {

// One request; which fields count, its kind says.
struct HelperRequest {
  enum class Kind : std::uint8_t {
    OpenTap,       // interface, mac, mtu, on: with offloads, host_port → the tap
    OpenPacket,    // interface, on: promiscuous → a packet socket that hears nothing yet
    SetUp,         // interface, on: an interface that we opened
    SetMtu,        // interface, mtu: a tap of ours
    AttachFilter,  // interface, on: a guest's → for an uplink's: its set of addresses
    DetachFilter,  // interface
    AddRoute,      // interface, address, mac, source
    RemoveRoute,   // interface, address
  };
  Kind kind = Kind::OpenTap;
  bool on = false;
  bool host_port = false;
  bool has_source = false;
  std::array<char, 16> interface {};
  MacAddress mac{};
  std::uint32_t mtu = 0;
  IpAddress address;
  IpAddress source;
};
static_assert(std::is_trivially_copyable_v<HelperRequest>);

struct HelperReply {
  bool done = false;
  ErrorCode code = ErrorCode::Internal;
  std::array<char, 256> message{};
  std::array<char, 256> fix{};
};
static_assert(std::is_trivially_copyable_v<HelperReply>);

// What the daemon asks for. All throw the helper's Error; NeedsCapability without a helper.
class Helper {
 public:
  // Without privileges (`lanewayd --user`): every request is refused.
  Helper() = default;
  // Forks the helper. Returns in the daemon, which has no capability any more, only.
  static Helper start();
  // Speaks to a helper at the other end of `socket`.
  explicit Helper(Descriptor socket) noexcept : socket_(std::move(socket)) {}

  bool is_there() const noexcept { return socket_.is_open(); }
  // Polls readable when the helper has ended (pidfd_open(2)); -1 without a process of its own.
  int process() const noexcept { return process_.get(); }

  // `host_port`: without an IPv6 address of its own, and up.
  Descriptor open_tap(const TapDevice& tap, bool host_port);
  // A bound packet socket whose filter passes nothing yet.
  Descriptor open_packet(const std::string& interface, bool promiscuous);
  void set_up(const std::string& interface, bool up);
  void set_mtu(const std::string& interface, std::uint32_t mtu_bytes);
  GuestAddressSet attach_uplink_filter(const std::string& interface);
  void attach_guest_filter(const std::string& interface);
  void detach_filter(const std::string& interface);
  void add_route(const HostRoute& route);
  void remove_route(const HostRoute& route);

 private:
  Descriptor ask(const HelperRequest& request);

  Descriptor socket_;
  Descriptor process_;
};

}  // namespace laneway

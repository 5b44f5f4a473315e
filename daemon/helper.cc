#include "daemon/helper.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/helper_server.h"
#include "daemon/message_socket.h"

namespace laneway {

namespace {

HelperRequest request_for(HelperRequest::Kind kind, const std::string& interface) {
  HelperRequest request;
  request.kind = kind;
  if (interface.size() >= request.interface.size()) {
    throw Error(ErrorCode::NoNic, "no network adapter '" + interface + "'");
  }
  std::copy(interface.begin(), interface.end(), request.interface.begin());
  return request;
}

}  // namespace

Helper Helper::start() {
  int ends[2];
  check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make the helper's socket");
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t child = check(fork(), "start the helper");
  if (child == 0) {
    ours.reset();
    serve_helper(std::move(theirs));  // does not return
  }
  Helper helper(std::move(ours));
  helper.process_ =
      Descriptor(check(static_cast<int>(syscall(SYS_pidfd_open, child, 0)), "watch the helper"));
  return helper;
}

Descriptor Helper::ask(const HelperRequest& request) {
  if (!is_there()) {
    throw Error(
        ErrorCode::NeedsCapability,
        std::string(request.interface.data()) +
            " needs CAP_NET_ADMIN and CAP_NET_RAW, which lanewayd --user has not",
        "use the system's daemon (systemctl start laneway), or stream: ports without uplink");
  }
  send_message(socket_.get(), request);
  HelperReply reply;
  Descriptor passed;
  if (!receive_message(socket_.get(), reply, passed)) {
    throw Error(ErrorCode::Internal, "the privileged helper has ended", "restart lanewayd");
  }
  if (!reply.done) throw Error(reply.code, reply.message.data(), reply.fix.data());
  return passed;
}

Descriptor Helper::open_tap(const TapDevice& tap, bool host_port) {
  HelperRequest request = request_for(HelperRequest::Kind::OpenTap, tap.name);
  request.mac = tap.mac;
  request.mtu = tap.mtu;
  request.on = tap.gso;
  request.host_port = host_port;
  return ask(request);
}

Descriptor Helper::open_packet(const std::string& interface, bool promiscuous) {
  HelperRequest request = request_for(HelperRequest::Kind::OpenPacket, interface);
  request.on = promiscuous;
  return ask(request);
}

void Helper::set_up(const std::string& interface, bool up) {
  HelperRequest request = request_for(HelperRequest::Kind::SetUp, interface);
  request.on = up;
  ask(request);
}

void Helper::set_mtu(const std::string& interface, std::uint32_t mtu_bytes) {
  HelperRequest request = request_for(HelperRequest::Kind::SetMtu, interface);
  request.mtu = mtu_bytes;
  ask(request);
}

GuestAddressSet Helper::attach_uplink_filter(const std::string& interface) {
  return GuestAddressSet(ask(request_for(HelperRequest::Kind::AttachFilter, interface)));
}

void Helper::attach_guest_filter(const std::string& interface) {
  HelperRequest request = request_for(HelperRequest::Kind::AttachFilter, interface);
  request.on = true;
  ask(request);
}

void Helper::detach_filter(const std::string& interface) {
  ask(request_for(HelperRequest::Kind::DetachFilter, interface));
}

void Helper::add_route(const HostRoute& route) {
  HelperRequest request = request_for(HelperRequest::Kind::AddRoute, route.interface);
  request.address = route.guest;
  request.mac = route.mac;
  request.has_source = route.source.has_value();
  if (route.source) request.source = *route.source;
  ask(request);
}

void Helper::remove_route(const HostRoute& route) {
  HelperRequest request = request_for(HelperRequest::Kind::RemoveRoute, route.interface);
  request.address = route.guest;
  ask(request);
}

}  // namespace laneway

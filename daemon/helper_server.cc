#include "daemon/helper_server.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/message_socket.h"
#include "daemon/privileges.h"
#include "ports/packet_port.h"

namespace laneway {

namespace {

std::string interface_of(const HelperRequest& request) {
  const auto end = std::find(request.interface.begin(), request.interface.end(), '\0');
  return {request.interface.begin(), end};
}

template <std::size_t N>
void copy_text(const std::string& text, std::array<char, N>& out) {
  std::copy_n(text.begin(), std::min(text.size(), N - 1), out.begin());
}

HelperReply refusal(const Error& error) {
  HelperReply reply;
  reply.code = error.code();
  copy_text(error.what(), reply.message);
  copy_text(error.fix(), reply.fix);
  return reply;
}

// True while the daemon lives.
bool serve_one(HelperServer& server, int socket) {
  HelperRequest request;
  Descriptor none;
  if (!receive_message(socket, request, none)) return false;
  HelperReply reply;
  Descriptor passed;
  try {
    passed = server.handle(request);
    reply.done = true;
  } catch (const Error& error) {
    reply = refusal(error);
  }
  send_message(socket, reply, passed.get());
  return true;
}

// What is asked to end with the daemon's whole group (Ctrl-C, systemd) waits for the daemon's end.
void ignore_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
}

void remove_leftovers() {
  try {
    remove_stale_host_routes();
    remove_stale_host_filters();
  } catch (const Error& error) {
    std::fprintf(stderr, "lanewayd: cannot clean up after a crash: %s\n", error.what());
  }
}

}  // namespace

HelperServer::~HelperServer() {
  for (const auto& [key, route] : routes_) {
    try {
      remove_host_route(route);
    } catch (const Error& error) {
      std::fprintf(stderr, "lanewayd: %s\n", error.what());
    }
  }
  for (const std::string& interface : taken_down_) {
    try {
      change_link(interface, {.up = true});
    } catch (const Error&) {
      // It is gone: nothing is to be shown any more.
    }
  }
}

Descriptor HelperServer::handle(const HelperRequest& request) {
  const std::string interface = interface_of(request);
  switch (request.kind) {
    case HelperRequest::Kind::OpenTap:
      return open_tap(interface, request);
    case HelperRequest::Kind::OpenPacket:
      return open_packet(interface, request);
    case HelperRequest::Kind::SetUp:
      set_up(interface, request.on);
      return {};
    case HelperRequest::Kind::SetMtu:
      if (!taps_.contains(interface)) throw Error(ErrorCode::NoNic, "no tap '" + interface + "'");
      change_link(interface, {.mtu_bytes = request.mtu});
      return {};
    case HelperRequest::Kind::AttachFilter:
      return attach_filter(interface, request);
    case HelperRequest::Kind::DetachFilter:
      filters_.erase(interface);
      return {};
    case HelperRequest::Kind::AddRoute:
      add_route(interface, request);
      return {};
    case HelperRequest::Kind::RemoveRoute:
      remove_route(interface, request.address);
      return {};
  }
  throw Error(ErrorCode::Internal, "a request that the privileged helper does not know");
}

Descriptor HelperServer::open_tap(const std::string& interface, const HelperRequest& request) {
  Descriptor tap = laneway::open_tap(
      {.name = interface, .mac = request.mac, .mtu = request.mtu, .gso = request.on});
  if (request.host_port) change_link(interface, {.up = true, .without_ipv6_address = true});
  taps_.insert(interface);
  return tap;
}

Descriptor HelperServer::open_packet(const std::string& interface, const HelperRequest& request) {
  Descriptor socket = open_packet_socket(
      {.interface = interface, .promiscuous = request.on, .filter = no_frames()});
  packets_.insert(interface);
  return socket;
}

Descriptor HelperServer::attach_filter(const std::string& interface, const HelperRequest& request) {
  if (!packets_.contains(interface)) {
    throw Error(ErrorCode::NoNic, "no packet port on '" + interface + "'");
  }
  filters_.erase(interface);  // one interface has one filter, the newest: it may have come back
  const auto kind = request.on ? HostFilterKind::Guest : HostFilterKind::Uplink;
  const auto [filter, fresh] = filters_.emplace(interface, HostFilter(interface, kind));
  if (kind == HostFilterKind::Guest) return {};
  return Descriptor(check(dup(filter->second.map()), "duplicate the host filter's map"));
}

void HelperServer::set_up(const std::string& interface, bool up) {
  if (!taps_.contains(interface) && !packets_.contains(interface)) {
    throw Error(ErrorCode::NoNic, "no port on '" + interface + "'");
  }
  change_link(interface, {.up = up});
  if (up || taps_.contains(interface)) {
    taken_down_.erase(interface);
  } else {
    taken_down_.insert(interface);
  }
}

void HelperServer::add_route(const std::string& interface, const HelperRequest& request) {
  if (!taps_.contains(interface)) throw Error(ErrorCode::NoNic, "no tap '" + interface + "'");
  HostRoute route{interface, request.address, request.mac, std::nullopt};
  if (request.has_source) route.source = request.source;
  add_host_route(route);
  routes_[{interface, request.address}] = route;
}

void HelperServer::remove_route(const std::string& interface, const IpAddress& guest) {
  const auto route = routes_.find({interface, guest});
  if (route == routes_.end()) return;
  remove_host_route(route->second);
  routes_.erase(route);
}

void serve_helper(Descriptor socket) noexcept {
  ignore_signals();
  prctl(PR_SET_NAME, "laneway-helper");
  try {
    keep_network_capabilities();
    remove_leftovers();
    HelperServer server;
    while (serve_one(server, socket.get())) continue;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lanewayd: privileged helper: %s\n", error.what());
  }
  _exit(0);
}

}  // namespace laneway

// daemon/helper_server.h: the privileged process: does what is asked and remembers it, so that it
// can undo it.
//
// It trusts nobody: names are bounded and ended, links other than those that it opened are never
// changed, routes go through its own taps only.
#pragma once

#include <map>
#include <set>
#include <string>

#include "daemon/helper.h"

namespace laneway {

class HelperServer {
 public:
  HelperServer() = default;
  HelperServer(const HelperServer&) = delete;
  HelperServer& operator=(const HelperServer&) = delete;
  // Removes routes, filters, and shows links as they were; taps go with their descriptors.
  ~HelperServer();

  // What is asked; the descriptor that goes back, if any. Throws Error.
  Descriptor handle(const HelperRequest& request);

 private:
  Descriptor open_tap(const std::string& interface, const HelperRequest& request);
  Descriptor open_packet(const std::string& interface, const HelperRequest& request);
  Descriptor attach_filter(const std::string& interface, const HelperRequest& request);
  void set_up(const std::string& interface, bool up);
  void add_route(const std::string& interface, const HelperRequest& request);
  void remove_route(const std::string& interface, const IpAddress& guest);

  std::set<std::string> taps_;
  std::set<std::string> packets_;     // interfaces with a packet socket of ours
  std::set<std::string> taken_down_;  // of these, what we have set down
  std::map<std::string, HostFilter> filters_;
  std::map<std::pair<std::string, IpAddress>, HostRoute> routes_;
};

// Drops all but the three capabilities, removes what a crash has left, serves `socket` until its
// other end closes, cleans up, and exits.
[[noreturn]] void serve_helper(Descriptor socket) noexcept;

}  // namespace laneway

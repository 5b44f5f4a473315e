// daemon/capture.h: one client's capture at ports of a running switch.
//
// Taps stand in the switch while this lives; poll() turns what they copied into lines for the
// client. Lost copies are counted, and the ports never wait. Threads: the control thread's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/controller.h"
#include "ports/capture_tap.h"

namespace laneway {

class Capture {
 public:
  struct Request {
    std::string switch_name;
    std::optional<std::string> port;  // none: all of the point
    bool air = false;                 // the uplink, outside of the translation
    CaptureFilter filter;
    std::size_t snap_bytes = CaptureRing::kSnapBytes;
  };

  // Throws Error (NoSwitch, NoPort, BadRequest).
  Capture(Controller& controller, const Request& request);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // Gives objects to `tell` as long as `room` says so: frames {"time_ns","port","sent",
  // "frame_bytes","bytes"}, then {"captured_frames","lost_frames","ended"}. Ended: no port is left.
  void poll(const std::function<void(std::string)>& tell, const std::function<bool()>& room);

 private:
  struct Place {
    std::string port;
    PortId id;
    std::unique_ptr<CaptureTap> tap;
  };

  ManagedSwitch* running();
  bool any_left();

  Controller& controller_;
  std::string switch_name_;
  CaptureRing ring_;
  std::vector<Place> places_;
  std::uint64_t captured_ = 0;
};

}  // namespace laneway

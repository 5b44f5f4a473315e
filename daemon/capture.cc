#include "daemon/capture.h"

#include <chrono>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "switch/error.h"

namespace laneway {

namespace {

std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    text += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

// What a worker's time has to be added to for time since 1970.
Nanos epoch() {
  return std::chrono::duration_cast<Nanos>(std::chrono::system_clock::now().time_since_epoch()) -
         monotonic_now();
}

void check_air(const ManagedSwitch& sw, const Capture::Request& request) {
  if (!request.air) return;
  if (!sw.translated()) {
    throw Error(ErrorCode::BadRequest,
                request.switch_name +
                    " is not translated: point 'air' is where its frames are "
                    "translated",
                "capture at point guest, or at port uplink", request.switch_name);
  }
  if (request.port && *request.port != "uplink") {
    throw Error(ErrorCode::BadRequest, "point 'air' is at the uplink, not at " + *request.port,
                "laneway capture " + request.switch_name + " --point air", *request.port);
  }
}

}  // namespace

Capture::Capture(Controller& controller, const Request& request)
    : controller_(controller),
      switch_name_(request.switch_name),
      ring_(request.filter, request.snap_bytes) {
  ManagedSwitch& sw = controller.find(switch_name_);
  check_air(sw, request);
  if (request.port) controller.find_port(sw, *request.port);
  for (const ManagedPort* port : sw.ports()) {
    const bool uplink = port->role() == PortRole::Uplink;
    if (request.port ? port->name() != *request.port : uplink != request.air) continue;
    const auto number = static_cast<std::uint16_t>(places_.size());
    places_.push_back({port->name(), port->id, std::make_unique<CaptureTap>(ring_, number)});
  }
  if (places_.empty()) {
    throw Error(ErrorCode::NoPort, switch_name_ + " has no open port to capture at",
                "attach one first", switch_name_);
  }
  sw.runtime().worker.run([&] {
    for (Place& place : places_) {
      place.tap->insert(sw.composition().sw().ports()[place.id].port);
    }
  });
}

Capture::~Capture() {
  ManagedSwitch* sw = running();
  if (sw == nullptr) return;
  sw->runtime().worker.run([&] {
    for (Place& place : places_) {
      place.tap->remove(sw->composition().sw().ports()[place.id].port);
    }
  });
}

ManagedSwitch* Capture::running() {
  for (ManagedSwitch* sw : controller_.switches()) {
    if (sw->declared().name == switch_name_) return sw;
  }
  return nullptr;
}

// A port that was removed, or a switch that was made anew, has taken the taps out.
bool Capture::any_left() {
  ManagedSwitch* sw = running();
  bool left = false;
  if (sw == nullptr) return left;
  sw->runtime().worker.run([&] {
    for (const Place& place : places_) {
      left |= place.tap->is_in(sw->composition().sw().ports()[place.id].port);
    }
  });
  return left;
}

void Capture::poll(const std::function<void(std::string)>& tell,
                   const std::function<bool()>& room) {
  const bool left = any_left();
  const Nanos since_1970 = epoch();
  while (const CaptureRing::Copy* copy = ring_.front()) {
    if (!room()) break;
    tell(nlohmann::json{{"time_ns", (since_1970 + copy->time).count()},
                        {"port", places_[copy->place].port},
                        {"sent", copy->sent},
                        {"frame_bytes", copy->length},
                        {"bytes", hex(std::span(copy->bytes).first(copy->kept))}}
             .dump());
    ring_.pop();
    ++captured_;
  }
  tell(nlohmann::json{
      {"captured_frames", captured_}, {"lost_frames", ring_.lost()}, {"ended", !left}}
           .dump());
}

}  // namespace laneway

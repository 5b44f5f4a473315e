#include "cli/demo.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "tests/support/scenario.h"

namespace laneway::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::AddressState;
using test::Guest;
using test::Host;
using test::PingId;
using test::Scenario;

constexpr int kPings = 3;

// One run of all steps.
class Demo {
 public:
  explicit Demo(bool translated)
      : translated_(translated),
        scene_({.translated = translated, .host_port = false, .ap = {.seed = 1}}) {}

  void run();
  Scenario& scene() { return scene_; }
  const Guest& guest() const { return a_; }
  std::vector<DemoStep> take_steps() { return std::move(steps_); }

 private:
  // Notes a step that ended; an exchange over the air must be answered if it is translated.
  void note(const std::string& step, bool answered, const std::string& text);
  void note(DemoStep step) { steps_.push_back(std::move(step)); }

  void lease();
  void resolve();
  void ping(const std::string& step, const IpAddress& target);
  void autoconfigure();
  void host_initiated();
  void guest_to_guest();
  void access_point();
  void accounts();
  int pings_answered(Host& from, const IpAddress& to);
  bool router_heard_probe_for(const IpAddress& address);

  bool translated_;
  Scenario scene_;
  Guest& a_ = scene_.add_guest();
  Guest& b_ = scene_.add_guest();
  std::uint64_t sent_before_ = 0;
  std::uint64_t refused_before_ = 0;
  std::vector<DemoStep> steps_;
};

std::string answered_text(int answered, int sent) {
  return std::to_string(answered) + " of " + std::to_string(sent) + " answered";
}

void Demo::note(const std::string& step, bool answered, const std::string& text) {
  const std::uint64_t sent = scene_.uplink().counters.tx_frames.get();
  const std::uint64_t refused = scene_.ap().counters().refused();
  DemoStep result{.run = translated_ ? "translated" : "plain",
                  .step = step,
                  .expected = translated_ ? "answered" : "lost",
                  .got = answered ? "answered" : "lost",
                  .frames_sent = sent - sent_before_,
                  .ap_refused_frames = refused - refused_before_,
                  .text = text};
  if (!answered) {
    result.text = "lost, " + std::to_string(result.ap_refused_frames) + " refused by the AP";
  }
  sent_before_ = sent;
  refused_before_ = refused;
  note(std::move(result));
}

void Demo::lease() {
  constexpr Nanos kLimit = seconds{10};
  a_.dhcp.start();
  b_.dhcp.start();
  const bool both = scene_.run_until([&] { return a_.dhcp.lease() && b_.dhcp.lease(); }, kLimit);
  note("dhcp", both,
       both ? to_string(*a_.dhcp.lease()) + " from " + to_string(*a_.dhcp.server()) : "");
  if (both) return;
  a_.host.add_address_unasked(test::lan_v4(101));
  b_.host.add_address_unasked(test::lan_v4(102));
}

void Demo::resolve() {
  constexpr std::uint16_t kDiscard = 9;
  a_.host.neighbors().forget(test::kRouterV4);
  a_.host.send_udp(
      {.destination = test::kRouterV4, .source_port = kDiscard, .destination_port = kDiscard});
  scene_.run_for(test::Resolver::kRetry * (test::Resolver::kTries + 1));
  const auto mac = a_.host.neighbors().find(test::kRouterV4);
  note("arp", mac.has_value(), mac ? to_string(test::kRouterV4) + " is at " + to_string(*mac) : "");
}

int Demo::pings_answered(Host& from, const IpAddress& to) {
  constexpr Nanos kPatience = seconds{5};
  const PingId id = from.ping(to, kPings, milliseconds{200});
  scene_.run_until([&] { return from.result(id).answered == kPings; }, kPatience);
  return from.result(id).answered;
}

void Demo::ping(const std::string& step, const IpAddress& target) {
  const int answered = pings_answered(a_.host, target);
  note(step, answered == kPings, answered_text(answered, kPings));
}

bool Demo::router_heard_probe_for(const IpAddress& address) {
  const auto& heard = scene_.router().received();
  return std::any_of(heard.begin(), heard.end(), [&](const test::LoggedFrame& frame) {
    const auto packet = test::read_ip(frame.bytes);
    const auto nd = packet ? test::read_nd(*packet) : std::nullopt;
    return nd && nd->type == test::NdType::NeighborSolicitation && address == IpAddress(nd->target);
  });
}

// An address counts if those outside could object: a probe that never left confirms nothing.
void Demo::autoconfigure() {
  constexpr Nanos kPatience = seconds{5};
  scene_.start_ra();
  a_.host.start_ipv6();
  b_.host.start_ipv6();
  scene_.run_for(kPatience);
  const auto address = a_.host.address(Family::Ipv6);
  note("slaac", address && router_heard_probe_for(*address), address ? to_string(*address) : "");
}

void Demo::host_initiated() {
  int answered = 0;
  int sent = 0;
  for (const Family family : {Family::Ipv4, Family::Ipv6}) {
    if (const auto address = a_.host.address(family)) {
      scene_.router().neighbors().forget(*address);
      answered += pings_answered(scene_.router(), *address);
      sent += kPings;
    }
  }
  note("host_initiated", answered == 2 * kPings, answered_text(answered, sent));
}

void Demo::guest_to_guest() {
  const int answered = pings_answered(a_.host, *b_.host.address(Family::Ipv4));
  note("guest_to_guest", answered == kPings, answered_text(answered, kPings));
  steps_.back().expected = "answered";
}

void Demo::access_point() {
  const std::uint64_t sent = scene_.uplink().counters.tx_frames.get();
  const std::uint64_t refused = scene_.ap().counters().refused();
  std::string got = "some";
  if (refused == sent) got = "all";
  if (refused == 0) got = "none";
  note({.run = translated_ ? "translated" : "plain",
        .step = "ap_refused",
        .expected = translated_ ? "none" : "all",
        .got = got,
        .frames_sent = sent,
        .ap_refused_frames = refused,
        .text = std::to_string(refused) + " of " + std::to_string(sent) + " frames"});
}

void Demo::accounts() {
  const std::vector<std::string> broken = scene_.broken_laws();
  note({.run = translated_ ? "translated" : "plain",
        .step = "accounted",
        .expected = "holds",
        .got = broken.empty() ? "holds" : "broken",
        .frames_sent = 0,
        .ap_refused_frames = 0,
        .text = broken.empty() ? "every frame has one end" : broken.front()});
}

void Demo::run() {
  lease();
  resolve();
  ping("ping4", test::kRouterV4);
  autoconfigure();
  ping("ping6", test::lan_v6(1).address);
  host_initiated();
  guest_to_guest();
  access_point();
  accounts();
}

std::string_view name_of(MacKind kind) {
  constexpr std::array<std::string_view, 3> kNames{"learnt", "pinned", "static"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(NeighborState state) {
  constexpr std::array<std::string_view, 4> kNames{"tentative", "unverified", "valid", "stale"};
  return kNames[static_cast<std::size_t>(state)];
}

void read_tables(Scenario& scene, DemoReport& report) {
  Switch& sw = scene.composition().sw();
  sw.macs().visit(0, sw.macs().slots(), scene.now(), [&](const MacEntry& entry) {
    report.macs.push_back(
        {to_string(entry.mac), sw.ports()[entry.port].name, std::string(name_of(entry.kind))});
  });
  const std::string station = to_string(scene.composition().network().station);
  scene.composition().neighbors().for_each([&](const Neighbor& neighbor) {
    report.neighbors.push_back({to_string(neighbor.address), sw.ports()[neighbor.port].name,
                                to_string(neighbor.mac), station,
                                std::string(name_of(neighbor.state))});
  });
  const auto by_mac = [](const DemoMac& a, const DemoMac& b) { return a.mac < b.mac; };
  std::sort(report.macs.begin(), report.macs.end(), by_mac);
  const auto by_address = [](const DemoNeighbor& a, const DemoNeighbor& b) {
    return std::pair(a.port, a.address) < std::pair(b.port, b.address);
  };
  std::sort(report.neighbors.begin(), report.neighbors.end(), by_address);
}

}  // namespace

bool DemoReport::ok() const {
  return std::all_of(steps.begin(), steps.end(), [](const DemoStep& step) { return step.ok(); });
}

DemoReport run_demo(const std::filesystem::path& folder) {
  const auto started = std::chrono::steady_clock::now();
  DemoReport report;
  Demo plain(false);
  plain.run();
  report.steps = plain.take_steps();
  Demo translated(true);
  translated.run();
  for (DemoStep& step : translated.take_steps()) report.steps.push_back(std::move(step));
  read_tables(translated.scene(), report);

  report.captures = {"demo-guest.pcap", "demo-air.pcap"};
  test::write_pcap(folder / report.captures[0], translated.guest().plug.frames);
  test::write_pcap(folder / report.captures[1], translated.scene().ap().air());
  report.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace laneway::cli

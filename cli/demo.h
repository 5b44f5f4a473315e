// cli/demo.h: the main job shown in memory: two guests, a switch, an access point that takes one
// source address a station, and a LAN host behind it. The same exchange runs over a plain and over
// a translated uplink.
//
// Needs no rights, adapter, daemon or time: the clock is virtual and the seed fixed, so that it
// says the same each time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace laneway::cli {

struct DemoStep {
  std::string run;   // "plain", "translated"
  std::string step;  // "dhcp", "arp", "ping4", …
  std::string
      expected;  // "answered", "lost"; of `ap_refused` "all", "none"; of `accounted` "holds"
  std::string got;
  std::uint64_t frames_sent = 0;        // by the guests, out by the uplink
  std::uint64_t ap_refused_frames = 0;  // of these
  std::string text;                     // for people: "3 of 3 answered"

  bool ok() const { return expected == got; }
};

struct DemoMac {
  std::string mac;
  std::string port;
  std::string kind;
};

struct DemoNeighbor {
  std::string address;
  std::string port;
  std::string mac;
  std::string mac_on_air;
  std::string state;
};

struct DemoReport {
  std::vector<DemoStep> steps;  // of one run after the other, in order
  std::vector<DemoMac> macs;    // the tables at the end of the translated run
  std::vector<DemoNeighbor> neighbors;
  std::vector<std::string> captures;  // file names, under the folder that was given
  double wall_seconds = 0;

  bool ok() const;
};

// Runs the demo and writes demo-guest.pcap (what one guest sent and heard) and demo-air.pcap into
// `folder`. Throws Error (Io) if they cannot be written.
DemoReport run_demo(const std::filesystem::path& folder);

}  // namespace laneway::cli

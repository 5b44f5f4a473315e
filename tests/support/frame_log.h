// tests/support/frame_log.h: frames seen at one place, with their time, to assert on and to open in
// Wireshark.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "switch/types.h"

namespace laneway::test {

using Bytes = std::vector<std::byte>;

// Up: from a station to its access point, or from there to the LAN. Down: the other way.
enum class Way : std::uint8_t { Up, Down };

struct LoggedFrame {
  Nanos time{};
  Way way = Way::Up;
  MacAddress radio{};  // of the station or access point that sent it; zero on a wire
  Bytes bytes{};
};

using FrameLog = std::vector<LoggedFrame>;

// Writes an Ethernet capture with nanosecond times. Throws Error (Io) if the file cannot be
// written.
void write_pcap(const std::string& path, const FrameLog& frames);

}  // namespace laneway::test

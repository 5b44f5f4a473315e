// ports/capture_writer.h: writes frames to a capture file, by libpcap: pcap with nanoseconds,
// Ethernet. Whatever was written is a whole capture at any time after flush().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "switch/types.h"

namespace laneway {

class CaptureWriter {
 public:
  // Creates or empties `path`; "-" is standard output. Throws Error (Io).
  explicit CaptureWriter(const std::string& path);
  ~CaptureWriter();
  CaptureWriter(CaptureWriter&&) noexcept;

  // `time` since 1970; `original_length` 0: as many as there are bytes. At most 262,144 bytes.
  void write(Nanos time, std::span<const std::byte> bytes,
             std::uint32_t original_length = 0) noexcept;
  // False if the file has not taken everything so far.
  bool flush() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

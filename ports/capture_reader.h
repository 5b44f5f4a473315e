// ports/capture_reader.h: the frames of a capture file, by libpcap: pcap (microseconds and
// nanoseconds, both byte orders) and pcapng, Ethernet only. What libpcap refuses is refused.
//
// Only the captured length sizes anything: damaged files claim far larger originals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "switch/types.h"

namespace laneway {

struct CaptureRecord {
  Nanos time{};                      // since 1970
  std::span<const std::byte> bytes;  // valid until the next call of next()
  std::uint32_t original_length = 0;
};

class CaptureReader {
 public:
  // "-" is standard input. Throws Error (BadCapture): "FILE: cannot be opened: WHY" or
  // "FILE: byte N, record R: WHY", where N is where the bad header or record starts.
  explicit CaptureReader(const std::string& path);
  ~CaptureReader();
  CaptureReader(CaptureReader&&) noexcept;

  // From now on only frames that satisfy `expression` (pcap-filter(7)) are given. Throws Error
  // (BadFilter).
  void filter(const std::string& expression);

  // The next frame; nullopt at the end of the file. Throws Error (BadCapture) as above.
  std::optional<CaptureRecord> next();

  const std::string& path() const noexcept;
  const char* format() const noexcept;  // "pcap" or "pcapng"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laneway

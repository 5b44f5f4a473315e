// cli/merged_captures.h: the frames of several captures as one sequence in order of time, chosen
// and rewritten as was asked: what every replay reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ports/capture_reader.h"
#include "switch/types.h"

namespace laneway::cli {

struct CaptureChoice {
  std::vector<std::string> paths;  // ties in this order; "-": standard input
  std::string filter;              // pcap-filter(7); "": all
  std::vector<std::pair<MacAddress, MacAddress>> map_macs;  // old, new: as source and destination
};

class MergedCaptures {
 public:
  struct Frame {
    std::size_t file = 0;              // index into paths
    Nanos time{};                      // since 1970, never earlier than the one before
    std::span<const std::byte> bytes;  // as captured; valid until the next call of next()
    std::uint32_t original_length = 0;
  };
  // Of what next() has given.
  struct Tally {
    struct File {
      std::uint64_t frames = 0;
      std::uint64_t bytes = 0;
    };
    std::vector<File> files;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t truncated = 0;       // captured length below the original
    std::uint64_t time_backwards = 0;  // moved up to the time of the one before
    std::optional<Nanos> first;
    std::optional<Nanos> last;
  };

  // Opens all files. Throws Error (BadCapture, BadFilter), as does next().
  explicit MergedCaptures(const CaptureChoice& choice);

  // nullopt at the end of all files.
  std::optional<Frame> next();

  const Tally& tally() const noexcept { return tally_; }
  const char* format(std::size_t file) const { return sources_[file].reader.format(); }

 private:
  struct Source {
    CaptureReader reader;
    std::optional<CaptureRecord> record;  // read, and not yet passed
  };

  Source* earliest();
  std::span<const std::byte> rewritten(std::span<const std::byte> bytes);
  void count(const Frame& frame, Nanos recorded);

  const CaptureChoice choice_;
  std::vector<Source> sources_;
  Source* given_ = nullptr;  // whose record next() gave
  Tally tally_;
  std::vector<std::byte> bytes_;
};

}  // namespace laneway::cli

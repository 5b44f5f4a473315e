// ports/capture_filter.h: a filter in the language of pcap-filter(7), compiled for Ethernet by
// libpcap.
//
// One word an instruction, as struct bpf_insn lies in memory; no words: every frame. Compiling may
// ask for names of hosts, so it is done where waiting hurts nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace laneway {

class CaptureFilter {
 public:
  CaptureFilter() = default;
  // Throws Error (BadFilter) for words that are no program which ends and stays inside a frame.
  explicit CaptureFilter(std::vector<std::uint64_t> words);
  // Throws Error (BadFilter).
  static CaptureFilter compile(const std::string& text);

  // Whether a frame of `length` bytes passes, of which `bytes` are there.
  bool passes(std::span<const std::byte> bytes, std::size_t length) const noexcept;
  const std::vector<std::uint64_t>& words() const noexcept { return words_; }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace laneway

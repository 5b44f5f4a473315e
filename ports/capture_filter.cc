#include "ports/capture_filter.h"

#include <cstring>
#include <utility>

#include <pcap/pcap.h>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr int kSnapLength = 262144;
static_assert(sizeof(bpf_insn) == sizeof(std::uint64_t));

const bpf_insn* program_of(const std::vector<std::uint64_t>& words) {
  return reinterpret_cast<const bpf_insn*>(words.data());
}

}  // namespace

CaptureFilter::CaptureFilter(std::vector<std::uint64_t> words) : words_(std::move(words)) {
  if (words_.empty() || bpf_validate(program_of(words_), static_cast<int>(words_.size())) != 0) {
    return;
  }
  throw Error(ErrorCode::BadFilter, "the capture filter is no valid program", "see pcap-filter(7)");
}

CaptureFilter CaptureFilter::compile(const std::string& text) {
  if (text.empty()) return {};
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, kSnapLength);
  bpf_program program{};
  std::string why;
  std::vector<std::uint64_t> words;
  if (pcap_compile(handle, &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    why = pcap_geterr(handle);
  } else {
    words.resize(program.bf_len);
    std::memcpy(words.data(), program.bf_insns, words.size() * sizeof(bpf_insn));
    pcap_freecode(&program);
  }
  pcap_close(handle);
  if (why.empty()) return CaptureFilter(std::move(words));
  throw Error(ErrorCode::BadFilter, "capture filter '" + text + "': " + why, "see pcap-filter(7)");
}

bool CaptureFilter::passes(std::span<const std::byte> bytes, std::size_t length) const noexcept {
  return words_.empty() ||
         bpf_filter(program_of(words_), reinterpret_cast<const u_char*>(bytes.data()),
                    static_cast<u_int>(length), static_cast<u_int>(bytes.size())) != 0;
}

}  // namespace laneway

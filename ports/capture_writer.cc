#include "ports/capture_writer.h"

#include <algorithm>

#include <pcap/pcap.h>

#include "switch/error.h"

namespace laneway {

namespace {
constexpr int kSnapLength = 262144;  // libpcap's own largest
}

struct CaptureWriter::State {
  pcap_t* handle = nullptr;
  pcap_dumper_t* out = nullptr;

  ~State() {
    if (out != nullptr) pcap_dump_close(out);
    if (handle != nullptr) pcap_close(handle);
  }
};

CaptureWriter::CaptureWriter(const std::string& path) : state_(std::make_unique<State>()) {
  state_->handle =
      pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO);
  if (state_->handle != nullptr) state_->out = pcap_dump_open(state_->handle, path.c_str());
  if (state_->out == nullptr) {
    throw Error(ErrorCode::Io, "cannot write " + std::string(pcap_geterr(state_->handle)), {},
                path);
  }
}

CaptureWriter::~CaptureWriter() = default;
CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;

void CaptureWriter::write(Nanos time, std::span<const std::byte> bytes,
                          std::uint32_t original_length) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto length = std::min<std::size_t>(bytes.size(), kSnapLength);
  pcap_pkthdr header{};
  header.ts.tv_sec = seconds.count();
  header.ts.tv_usec = (time - seconds).count();  // nanoseconds, as opened
  header.caplen = static_cast<bpf_u_int32>(length);
  header.len = original_length != 0 ? original_length : static_cast<bpf_u_int32>(bytes.size());
  pcap_dump(reinterpret_cast<u_char*>(state_->out), &header,
            reinterpret_cast<const u_char*>(bytes.data()));
}

bool CaptureWriter::flush() noexcept {
  return pcap_dump_flush(state_->out) == 0 && std::ferror(pcap_dump_file(state_->out)) == 0;
}

}  // namespace laneway

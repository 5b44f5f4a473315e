#include "tests/support/frame_log.h"

#include <memory>

#include <pcap/pcap.h>

#include "switch/error.h"

namespace laneway::test {

void write_pcap(const std::string& path, const FrameLog& frames) {
  constexpr int kSnapLength = 65535;
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
      pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO),
      &pcap_close);
  const std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)> out(
      pcap_dump_open(handle.get(), path.c_str()), &pcap_dump_close);
  if (out == nullptr) {
    throw Error(ErrorCode::Io, std::string("write capture: ") + pcap_geterr(handle.get()), {},
                path);
  }
  for (const LoggedFrame& frame : frames) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(frame.time);
    pcap_pkthdr header{};
    header.ts.tv_sec = seconds.count();
    header.ts.tv_usec = (frame.time - seconds).count();  // nanoseconds, as opened
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.bytes.size());
    pcap_dump(reinterpret_cast<u_char*>(out.get()), &header,
              reinterpret_cast<const u_char*>(frame.bytes.data()));
  }
  if (pcap_dump_flush(out.get()) != 0) throw system_error("write capture " + path);
}

}  // namespace laneway::test

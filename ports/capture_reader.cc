#include "ports/capture_reader.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <pcap/pcap.h>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::size_t kFileHeader = 24;               // of pcap
constexpr std::size_t kRecordHeader = 16;             // of pcap
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // first word of pcapng
constexpr Nanos::rep kLastSecond = 9'000'000'000;     // year 2255: what 63 bits of ns still hold

Nanos time_of(const pcap_pkthdr& header) noexcept {
  // Damaged files have any number here, also over a second's worth of nanoseconds.
  const auto seconds = std::min<Nanos::rep>(std::max<Nanos::rep>(header.ts.tv_sec, 0), kLastSecond);
  const auto rest = std::min<Nanos::rep>(std::max<Nanos::rep>(header.ts.tv_usec, 0), UINT32_MAX);
  return std::chrono::seconds{seconds} + Nanos{rest};
}

}  // namespace

struct CaptureReader::State {
  explicit State(const std::string& name) : path(name) {}
  ~State() {
    if (has_filter) pcap_freecode(&program);
    if (handle != nullptr) {
      pcap_close(handle);  // closes the file too, but not standard input
    } else if (file != nullptr && file != stdin) {
      std::fclose(file);
    }
  }

  Error bad(std::uint64_t byte, std::uint64_t record, const std::string& why) const {
    return Error(
        ErrorCode::BadCapture,
        path + ": byte " + std::to_string(byte) + ", record " + std::to_string(record) + ": " + why,
        {}, path);
  }
  void open();
  std::uint64_t position() const;

  std::string path;
  std::FILE* file = nullptr;
  pcap_t* handle = nullptr;
  bpf_program program{};
  bool has_filter = false;
  bool next_generation = false;
  std::uint64_t records = 0;
  std::uint64_t next_byte = kFileHeader;  // of a pcap, where the file cannot say it
};

void CaptureReader::State::open() {
  file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    throw Error(ErrorCode::BadCapture, path + ": cannot be opened: " + std::strerror(errno), {},
                path);
  }
  const int first = std::getc(file);
  next_generation = first == (kSectionHeader & 0xffU);
  if (first != EOF) std::ungetc(first, file);

  std::array<char, PCAP_ERRBUF_SIZE> why{};
  handle = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why.data());
  if (handle == nullptr) throw bad(0, 0, why.data());
  const int link = pcap_datalink(handle);
  if (link == DLT_EN10MB) return;
  const char* name = pcap_datalink_val_to_name(link);
  throw bad(0, 0,
            "link type " + (name != nullptr ? std::string(name) : std::to_string(link)) +
                ", only Ethernet can be read");
}

// Where the next record, or block, starts.
std::uint64_t CaptureReader::State::position() const {
  const auto at = std::ftell(file);
  return at >= 0 ? static_cast<std::uint64_t>(at) : next_byte;
}

CaptureReader::CaptureReader(const std::string& path) : state_(std::make_unique<State>(path)) {
  state_->open();
}

CaptureReader::~CaptureReader() = default;
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;

void CaptureReader::filter(const std::string& expression) {
  State& state = *state_;
  if (state.has_filter) pcap_freecode(&state.program);
  state.has_filter = false;
  if (pcap_compile(state.handle, &state.program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) !=
      0) {
    throw Error(ErrorCode::BadFilter, "filter '" + expression + "': " + pcap_geterr(state.handle));
  }
  state.has_filter = true;
}

std::optional<CaptureRecord> CaptureReader::next() {
  State& state = *state_;
  while (true) {
    const std::uint64_t start = state.position();
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int result = pcap_next_ex(state.handle, &header, &bytes);
    if (result == PCAP_ERROR_BREAK) return std::nullopt;
    ++state.records;
    if (result != 1) throw state.bad(start, state.records, pcap_geterr(state.handle));
    state.next_byte += kRecordHeader + header->caplen;
    if (state.has_filter && pcap_offline_filter(&state.program, header, bytes) == 0) continue;
    return CaptureRecord{time_of(*header), std::as_bytes(std::span(bytes, header->caplen)),
                         header->len};
  }
}

const std::string& CaptureReader::path() const noexcept { return state_->path; }
const char* CaptureReader::format() const noexcept {
  return state_->next_generation ? "pcapng" : "pcap";
}

}  // namespace laneway

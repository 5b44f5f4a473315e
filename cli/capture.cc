#include <algorithm>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>
#include <vector>

#include <unistd.h>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/query.h"
#include "cli/stop_signals.h"
#include "cli/table.h"
#include "cli/target.h"
#include "ports/capture_filter.h"
#include "ports/capture_writer.h"
#include "switch/error.h"
#include "switch/types.h"

namespace laneway::cli {

namespace {

constexpr std::size_t kEthernetHeader = 14;

std::string program_of(const CaptureFilter& filter) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const std::uint64_t word : filter.words()) text << std::setw(16) << word;
  return text.str();
}

std::vector<std::byte> bytes_of(std::string_view digits) {
  const auto value = [](char digit) {
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  };
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<std::byte>(value(digits[at]) * 16 + value(digits[at + 1])));
  }
  return bytes;
}

// "17:40:21.000000001"
std::string time_text(Nanos time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = seconds.count();
  std::tm local{};
  localtime_r(&whole, &local);
  std::ostringstream text;
  text << std::put_time(&local, "%H:%M:%S.") << std::setw(9) << std::setfill('0')
       << (time - seconds).count();
  return text.str();
}

// "vm1 in   52:54:00:00:00:01 > ff:ff:ff:ff:ff:ff  0x0806  42 B": in and out of the switch.
std::string line_of(const Value& frame, const std::vector<std::byte>& bytes) {
  std::ostringstream line;
  line << time_text(Nanos{static_cast<Nanos::rep>(frame["time_ns"].count())}) << "  "
       << frame["port"].text() << (frame["sent"].truth() ? " out  " : " in   ");
  if (bytes.size() >= kEthernetHeader) {
    const auto mac = [&](std::size_t at) {
      MacAddress address;
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), address.octets.size(),
                  reinterpret_cast<std::byte*>(address.octets.data()));
      return to_string(address);
    };
    line << mac(6) << " > " << mac(0) << "  0x" << std::hex << std::setfill('0') << std::setw(4)
         << (std::to_integer<unsigned>(bytes[12]) << 8U | std::to_integer<unsigned>(bytes[13]))
         << std::dec << "  ";
  }
  line << frame["frame_bytes"].count() << " B";
  return printable(line.str());
}

// Where frames go, and how many there were.
class Sink {
 public:
  Sink(const std::optional<std::string>& file, Session& session) : session_(session) {
    if (!file) return;
    path_ = *file;
    if (path_ == "-" && isatty(STDOUT_FILENO) != 0) {
      throw Error(ErrorCode::Usage, "a capture is no text for a terminal",
                  "-w FILE, or a pipe: | wireshark -k -i -");
    }
    writer_.emplace(path_);
    flush();  // so that a reader of the pipe knows at once what comes
  }

  void take(std::string_view data, const Value& frame) {
    const std::vector<std::byte> bytes = bytes_of(frame["bytes"].text());
    ++frames_;
    if (writer_) {
      writer_->write(Nanos{static_cast<Nanos::rep>(frame["time_ns"].count())}, bytes,
                     static_cast<std::uint32_t>(frame["frame_bytes"].count()));
    } else {
      session_.out << (session_.json ? std::string(data) : line_of(frame, bytes)) << '\n';
    }
  }
  void flush() {
    const bool good = writer_ ? writer_->flush() : session_.out.flush().good();
    if (good) return;
    throw Error(ErrorCode::Io,
                "cannot write " + (path_.empty() || path_ == "-" ? "standard output" : path_) +
                    ": not everything was taken after " + std::to_string(frames_) + " frames",
                "make room, or keep the reader running");
  }
  std::uint64_t frames() const { return frames_; }

 private:
  Session& session_;
  std::string path_;
  std::optional<CaptureWriter> writer_;
  std::uint64_t frames_ = 0;
};

std::string target_query(const Arguments& arguments, Session& session) {
  std::optional<std::string> filter;
  for (const std::string& word : arguments.all("FILTER")) {
    filter = filter ? *filter + " " + word : word;
  }
  const std::string program = program_of(CaptureFilter::compile(filter.value_or("")));
  const Target target = target_of(arguments.text("NAME"), session.client);
  Query query;
  query.add("switch", target.name);
  if (!target.port.empty()) query.add("port", target.port);
  query.add("point", arguments.text("point")).add("snaplen", arguments.text("snaplen"));
  if (!program.empty()) query.add("program", program);
  return "/v1/capture" + query.text();
}

int capture(const Arguments& arguments, Session& session) {
  const std::string target = target_query(arguments, session);
  const auto limit = arguments.count("count");
  Sink sink(arguments.text("write"), session);
  const StopSignals stop;  // Ctrl-C ends a capture as its count does; the daemon speaks often
  std::uint64_t lost = 0;
  if (limit != 0U) {
    session.client.listen(target, [&](std::string_view data) {
      const Value object = Value::parse(data);
      if (!object["bytes"].is_null()) {
        sink.take(data, object);
        return sink.frames() != limit && !stop.asked();
      }
      lost = object["lost_frames"].count();
      sink.flush();
      return !object["ended"].truth() && !stop.asked();
    });
  }
  sink.flush();
  if (!session.quiet) {
    session.err << sink.frames() << " frames captured, " << lost << " lost by the capture\n";
  }
  return 0;
}

}  // namespace

Command capture_command() {
  return {"capture",
          "frames at a port, or at all, as text or as a capture file",
          {{"NAME", Takes::Text, "", "switch, or switch/port", Occurs::Once},
           {"FILTER", Takes::Text, "", "which frames, as pcap-filter(7) says", Occurs::Often},
           {"-w,--write", Takes::Text, "FILE", "write pcap there; - is standard output"},
           {"--point", Takes::OneOf, "guest|air",
            "at the guests' side, or outside a translated uplink"},
           {"-c,--count", Takes::Count, "N", "stop after so many frames"},
           {"-s,--snaplen", Takes::Count, "BYTES", "keep so much of each frame, 2048 at most"}},
          capture};
}

}  // namespace laneway::cli

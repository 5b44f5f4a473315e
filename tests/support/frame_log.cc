#include "tests/support/frame_log.h"

#include "ports/capture_writer.h"
#include "switch/error.h"

namespace laneway::test {

void write_pcap(const std::string& path, const FrameLog& frames) {
  CaptureWriter writer(path);
  for (const LoggedFrame& frame : frames) writer.write(frame.time, frame.bytes);
  if (!writer.flush()) throw system_error("write capture " + path);
}

}  // namespace laneway::test

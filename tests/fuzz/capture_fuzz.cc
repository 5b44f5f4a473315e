// Capture files of any content: frames or one error that names the file, never a byte too many.
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "ports/capture_reader.h"
#include "switch/descriptor.h"
#include "switch/error.h"
#include "tests/fuzz/input.h"

namespace laneway::fuzz {
namespace {

// A file that only this process sees.
Descriptor file_of(const std::uint8_t* data, std::size_t size) {
  Descriptor file(memfd_create("capture", MFD_CLOEXEC));
  require(file.is_open(), "a file in memory can be made");
  require(write(file.get(), data, size) == static_cast<ssize_t>(size), "and written");
  return file;
}

void read_all(const std::string& path, std::size_t size) {
  CaptureReader reader(path);
  std::size_t bytes = 0;
  unsigned sum = 0;
  while (const auto record = reader.next()) {
    bytes += record->bytes.size();
    for (const std::byte octet : record->bytes) sum += std::to_integer<unsigned>(octet);
    require(bytes <= size, "a capture holds no more bytes than its file");
  }
  require(sum <= bytes * 255, "each byte can be read");
}

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laneway::fuzz;
  const auto file = file_of(data, size);
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  try {
    read_all(path, size);
  } catch (const laneway::Error& error) {
    require(error.code() == laneway::ErrorCode::BadCapture, "it is the capture that is bad");
    require(std::string(error.what()).find(path) != std::string::npos, "the error names the file");
  }
  return 0;
}

// What people write: a configuration, and a port in one line. Good or one error that says where.
#include <string>

#include "daemon/config.h"
#include "switch/error.h"
#include "switch/port_spec.h"
#include "tests/fuzz/input.h"

namespace laneway::fuzz {
namespace {

// What is read can be written and read again to the same.
void configuration(const std::string& text) {
  try {
    const std::string written = config_toml(parse_config(text, "laneway.toml").switches);
    require(config_toml(parse_config(written, "again.toml").switches) == written,
            "what is written reads back");
  } catch (const Error& error) {
    const std::string what = error.what();
    require(what.find("laneway.toml") != std::string::npos, "the error names the file: " + what);
  }
}

void port_spec(const std::string& text) {
  try {
    const PortSpec spec = parse_port_spec(text);
    require(spec.where.size() <= text.size() + std::string("/run/laneway/.sock").size(),
            "nothing is made up");
    require(parse_port_spec(spec.text).where == spec.where, "what is written reads back");
  } catch (const Error& error) {
    require(!std::string(error.what()).empty(), "the error says something");
  }
}

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laneway::fuzz;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (data[0] & 1U) != 0 ? configuration(text) : port_spec(text);
  return 0;
}

#include "ports/xdp_program.h"

#include <cstddef>

#include <sys/mman.h>
#include <unistd.h>

#include "ports/embedded_object.h"
#include "switch/descriptor.h"
#include "switch/error.h"

LANEWAY_EMBED(laneway_xdp_redirect, LANEWAY_BPF_OBJECT);

namespace laneway {

namespace {

// In memory: the driver takes names only.
Descriptor program_file() {
  Descriptor file(check(memfd_create("xdp_redirect", MFD_CLOEXEC), "make the XDP program's file"));
  const auto size = static_cast<std::size_t>(laneway_xdp_redirect_end - laneway_xdp_redirect_begin);
  check(static_cast<int>(write(file.get(), laneway_xdp_redirect_begin, size)),
        "write the XDP program's file");
  return file;
}

}  // namespace

std::string xdp_program_file() {
  static const Descriptor kFile = program_file();
  return "/proc/self/fd/" + std::to_string(kFile.get());
}

}  // namespace laneway

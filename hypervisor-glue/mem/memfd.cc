#include "hypervisor-glue/mem/memfd.h"

#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hypervisor-glue/limits.h"
#include "switch/error.h"

namespace laneway::vmm {

Memfd::Memfd(std::uint64_t size) {
  const std::string what = "memory: memfd of " + std::to_string(size / kMiB) + " MiB";
  file_ = check(::memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING), what);
  try {
    check(::ftruncate(file_, static_cast<off_t>(size)), what);
    check(::fcntl(file_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), what);
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0);
    if (at == MAP_FAILED) throw system_error(what);
    bytes_ = {static_cast<std::byte*>(at), size};
    check(::madvise(at, size, MADV_DONTDUMP), what);
  } catch (...) {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
    ::close(file_);
    throw;
  }
}

Memfd::Memfd(Memfd&& other) noexcept
    : file_(std::exchange(other.file_, -1)), bytes_(std::exchange(other.bytes_, {})) {}

Memfd::~Memfd() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
  if (file_ >= 0) ::close(file_);
}

}  // namespace laneway::vmm

// switch/descriptor.h: a file descriptor that is closed by its owner's end.
#pragma once

#include <utility>

#include <unistd.h>

namespace laneway {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  // Takes `fd` over; negative: holds none.
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  // The descriptor now belongs to the caller.
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace laneway

#include "daemon/message_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "switch/error.h"

namespace laneway {

namespace {

// Room for the control message of one descriptor.
struct alignas(cmsghdr) ControlRoom {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

msghdr header_of(iovec& part, ControlRoom& room) {
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = room.bytes.data();
  header.msg_controllen = room.bytes.size();
  return header;
}

Descriptor descriptor_in(msghdr& header) {
  Descriptor passed;
  const cmsghdr* control = CMSG_FIRSTHDR(&header);
  if (control == nullptr || control->cmsg_type != SCM_RIGHTS) return passed;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
  passed.reset(fd);
  return passed;
}

}  // namespace

void send_bytes(int socket, std::span<const std::byte> bytes, int passed) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};  // sendmsg writes nothing
  ControlRoom room;
  msghdr header = header_of(part, room);
  if (passed < 0) {
    header.msg_control = nullptr;
    header.msg_controllen = 0;
  } else {
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(control), &passed, sizeof passed);
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw system_error("send to the privileged helper's socket");
}

bool receive_bytes(int socket, std::span<std::byte> bytes, Descriptor& passed) {
  iovec part{bytes.data(), bytes.size()};
  ControlRoom room;
  msghdr header = header_of(part, room);
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return false;
  if (got < 0) throw system_error("receive from the privileged helper's socket");
  passed = descriptor_in(header);
  if (static_cast<std::size_t>(got) == bytes.size() && (header.msg_flags & MSG_TRUNC) == 0)
    return true;
  throw Error(ErrorCode::Io, "a message of a wrong size came over the privileged helper's socket");
}

}  // namespace laneway

#include "ports/vhost_message.h"

#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace laneway {

void VhostMessage::clear() noexcept {
  for (Descriptor& file : files()) file.reset();
  file_count_ = 0;
  payload_.fill(std::byte{0});
  got_ = 0;
  whole_ = false;
}

// Reads on to `end`; both count from the message's start. What comes beside the bytes is kept.
VhostMessage::Read VhostMessage::fill(int socket, void* to, std::size_t from,
                                      std::size_t end) noexcept {
  while (got_ < end) {
    iovec part{static_cast<std::byte*>(to) + (got_ - from), end - got_};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxFiles * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t bytes = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return errno == EAGAIN ? Read::Partial : Read::Closed;
    bool too_many = (message.msg_flags & MSG_CTRUNC) != 0;
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
      if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
      for (std::size_t i = 0; i < (at->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
        int file = -1;
        std::memcpy(&file, CMSG_DATA(at) + i * sizeof(int), sizeof(file));
        Descriptor taken(file);
        if (file_count_ == kMaxFiles)
          too_many = true;
        else
          files_[file_count_++] = std::move(taken);
      }
    }
    if (too_many) return Read::Broken;
    if (bytes == 0) return Read::Closed;
    got_ += static_cast<std::size_t>(bytes);
  }
  return Read::Whole;
}

VhostMessage::Read VhostMessage::read(int socket) noexcept {
  if (whole_) clear();
  Read read = fill(socket, &header_, 0, kHeaderBytes);
  if (read != Read::Whole) return read;
  if (header_.bytes > kMaxPayload || (header_.flags & kVersionMask) != kVersion ||
      (header_.flags & kReply) != 0) {
    return Read::Broken;
  }
  read = fill(socket, payload_.data(), kHeaderBytes, kHeaderBytes + header_.bytes);
  whole_ = read == Read::Whole;
  return read;
}

bool VhostMessage::reply(int socket, std::span<const std::byte> payload) const noexcept {
  Header header{header_.request, kVersion | kReply, static_cast<std::uint32_t>(payload.size())};
  std::array<iovec, 2> parts{iovec{&header, sizeof(header)},
                             iovec{const_cast<std::byte*>(payload.data()), payload.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof(header) + payload.size());
}

}  // namespace laneway

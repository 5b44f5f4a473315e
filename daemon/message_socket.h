// daemon/message_socket.h: messages of one fixed size over a SOCK_SEQPACKET socket, each with at
// most one descriptor (unix(7), SCM_RIGHTS).
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "switch/descriptor.h"

namespace laneway {

// `passed` negative: no descriptor goes along. Throws Error (Io).
void send_bytes(int socket, std::span<const std::byte> bytes, int passed);
// False if the other end has closed. Throws Error (Io) for a message of another size.
bool receive_bytes(int socket, std::span<std::byte> bytes, Descriptor& passed);

template <class Message>
void send_message(int socket, const Message& message, int passed = -1) {
  static_assert(std::is_trivially_copyable_v<Message>);
  send_bytes(socket, std::as_bytes(std::span(&message, 1)), passed);
}

template <class Message>
bool receive_message(int socket, Message& message, Descriptor& passed) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return receive_bytes(socket, std::as_writable_bytes(std::span(&message, 1)), passed);
}

}  // namespace laneway

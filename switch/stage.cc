#include "switch/stage.h"

#include <cassert>

namespace laneway {

bool Outbox::say(PortId port, std::span<const std::byte> bytes) noexcept {
  assert(bytes.size() >= 14);
  if (size_ == kOutboxFrames) return false;
  Buffer* buffer = make_buffer(pool_, bytes);
  if (buffer == nullptr) return false;
  said_[size_++] = {port, buffer};
  return true;
}

void Outbox::clear() noexcept {
  for (const Said& said : said()) free_buffer(said.buffer);
  size_ = 0;
}

}  // namespace laneway

#include "ports/gather.h"

#include <rte_mbuf.h>

namespace laneway {

bool Gather::list(const Buffer& frame) noexcept {
  if (frame.nb_segs > kSegments) return false;
  header_ = vnet_header_of(frame);
  vectors_[0] = {&header_, sizeof(header_)};
  used_ = 1;
  for (const Buffer* segment = &frame; segment != nullptr; segment = segment->next) {
    vectors_[used_++] = {rte_pktmbuf_mtod(segment, void*), segment->data_len};
  }
  return true;
}

void Gather::list(std::span<std::byte> bytes) noexcept {
  header_ = VnetHeader{};
  vectors_[0] = {&header_, sizeof(header_)};
  vectors_[1] = {bytes.data(), bytes.size()};
  used_ = 2;
}

}  // namespace laneway

#include "ports/receive_chain.h"

#include <algorithm>
#include <cassert>

#include <rte_mbuf.h>

namespace laneway {

ReceiveChain::~ReceiveChain() {
  for (Buffer* segment : segments_) {
    if (segment != nullptr) free_buffer(segment);
  }
}

bool ReceiveChain::refill() noexcept {
  vectors_[0] = {&header_, sizeof(header_)};
  while (missing_ > 0) {
    Buffer* segment = pool_.allocate(kSegmentBytes);
    if (segment == nullptr) return false;
    segments_[--missing_] = segment;
    vectors_[1 + missing_] = {rte_pktmbuf_mtod(segment, void*), kSegmentBytes};
  }
  return true;
}

Buffer* ReceiveChain::take(std::size_t bytes) noexcept {
  assert(missing_ == 0 && bytes > 0 && bytes <= kMaxFrameBytes);
  Buffer* frame = segments_[0];
  frame->pkt_len = static_cast<std::uint32_t>(bytes);
  for (std::size_t left = bytes; left > 0; ++missing_) {
    Buffer* segment = segments_[missing_];
    if (missing_ > 0) {
      segments_[missing_ - 1U]->next = segment;
      segments_[missing_ - 1U] = nullptr;
      ++frame->nb_segs;
    }
    segment->data_len = static_cast<std::uint16_t>(std::min(left, kSegmentBytes));
    left -= segment->data_len;
  }
  segments_[missing_ - 1U] = nullptr;
  return frame;
}

}  // namespace laneway

#include "ports/receive_chain.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <rte_mbuf.h>

namespace laneway {

ReceiveChain::~ReceiveChain() {
  if (first_ != nullptr) free_buffer(first_);
  if (rest_ != nullptr) free_buffer(rest_);
}

bool ReceiveChain::refill() noexcept {
  if (first_ == nullptr) first_ = pool_.allocate(kSegmentBytes);
  if (rest_ == nullptr) rest_ = pool_.allocate_large();
  if (first_ == nullptr || rest_ == nullptr) return false;
  vectors_ = {iovec{&header_, sizeof(header_)},
              iovec{rte_pktmbuf_mtod(first_, void*), kSegmentBytes},
              iovec{rte_pktmbuf_mtod(rest_, void*), kLargeBytes}};
  return true;
}

Buffer* ReceiveChain::take(std::size_t bytes) noexcept {
  assert(first_ != nullptr && rest_ != nullptr && bytes > 0 && bytes <= kMaxFrameBytes);
  Buffer* frame = std::exchange(first_, nullptr);
  frame->pkt_len = static_cast<std::uint32_t>(bytes);
  frame->data_len = static_cast<std::uint16_t>(std::min(bytes, kSegmentBytes));
  if (bytes <= kSegmentBytes) return frame;
  rest_->data_len = static_cast<std::uint16_t>(bytes - kSegmentBytes);
  frame->next = std::exchange(rest_, nullptr);
  frame->nb_segs = 2;
  return frame;
}

}  // namespace laneway

// ports/gro.h: joins the TCP segments of a burst that one sender has cut (generic receive offload).
//
// Drivers without GRO, many Wi-Fi ones among them, hand over each segment alone, and each then
// costs a system call's share on its way to a guest that would take 64 KiB at once.
#pragma once

#include <cstddef>
#include <span>

#include "switch/buffer.h"

namespace laneway {

// Joins in place and returns how many frames are left at the front. Each stands where its first
// segment stood; its headers lie in its first mbuf, its offload fields say how to cut it. A cut
// gives the segments that came, but for the IPv4 ID of those that forbid fragments, which means
// nothing (RFC 6864 section 4.1).
//
// Joined are segments that follow on another in sequence, all of the first one's size but the last,
// alike in every other field, with right checksums; never those with SYN, RST, URG, CWR, IP options
// or IPv6 extension headers. The order within a flow stays. What is neither TCP nor UDP ends every
// flow: it may be a fragment of one.
//
// Requires frames with bytes of their own. Takes no memory.
std::size_t merge_segments(std::span<Buffer*> frames) noexcept;

}  // namespace laneway

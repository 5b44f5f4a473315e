#include "ports/interface_writer.h"

#include <algorithm>
#include <cerrno>

#include <sys/uio.h>

#include "ports/refusal.h"
#include "ports/segments.h"

namespace laneway {

namespace {

bool is_gone(int error) noexcept {
  return error == ENETDOWN || error == ENXIO || error == ENODEV || error == EBADFD || error == EIO;
}

// What becomes of a frame that the kernel refused.
Drop reason_for(int error) noexcept {
  if (is_gone(error)) return Drop::LinkDown;
  if (error == EMSGSIZE) return Drop::TooLong;
  return Drop::TxFull;  // ENOBUFS: the interface's queue is full
}

}  // namespace

InterfaceWriter::InterfaceWriter(Medium medium, std::size_t max_frame_bytes, bool gso)
    : medium_(medium), max_frame_bytes_(max_frame_bytes), gso_(gso), segment_(kMaxFrameBytes) {}

bool InterfaceWriter::goes_whole(const Buffer& frame) const noexcept {
  return gso_ || !offload_of(frame).needs_checksum;
}

// Lists frames from the front up to one that needs more than that; returns how many.
std::size_t InterfaceWriter::gather(std::span<Buffer*> frames) noexcept {
  std::size_t count = 0;
  for (Buffer* frame : frames.first(std::min(frames.size(), kBurstFrames))) {
    if (bytes_on_wire(*frame) > max_frame_bytes_ || !goes_whole(*frame)) break;
    if (!lists_[count].list(*frame)) break;
    const auto vectors = lists_[count].vectors();
    msghdr& message = messages_[count++].msg_hdr;
    message.msg_iov = vectors.data();
    message.msg_iovlen = vectors.size();
  }
  return count;
}

// Returns how many of the listed frames the kernel took; if none, errno says why.
std::size_t InterfaceWriter::hand_over(int descriptor, std::size_t count) noexcept {
  if (medium_ == Medium::PacketSocket) {
    const int sent = sendmmsg(descriptor, messages_.data(), static_cast<unsigned>(count),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  std::size_t sent = 0;
  for (; sent < count; ++sent) {
    const auto vectors = lists_[sent].vectors();
    if (writev(descriptor, vectors.data(), static_cast<int>(vectors.size())) < 0) break;
  }
  return sent;
}

// Returns errno of the segment that was refused; those before it have left.
int InterfaceWriter::write_cut(int descriptor, const Buffer& frame) noexcept {
  const Segments segments(frame);
  if (segments.count() == 0 || segments.longest() > segment_.size()) return EMSGSIZE;
  for (std::size_t at = 0; at < segments.count(); ++at) {
    const std::size_t bytes = segments.write(at, segment_);
    lists_[0].list(std::span(segment_.data(), bytes));
    const auto vectors = lists_[0].vectors();
    if (writev(descriptor, vectors.data(), static_cast<int>(vectors.size())) >= 0) continue;
    // What has begun cannot be begun again: the rest is lost as on any full wire.
    return at > 0 && errno == EAGAIN ? ENOBUFS : errno;
  }
  return 0;
}

InterfaceWriter::Sent InterfaceWriter::send(int descriptor, std::span<Buffer*> frames,
                                            PortCounters& counters) noexcept {
  Sent sent;
  TxResult& result = sent.result;
  while (result.taken < frames.size()) {
    Buffer* front = frames[result.taken];
    int error = EMSGSIZE;
    if (bytes_on_wire(*front) <= max_frame_bytes_) {
      const bool whole = goes_whole(*front);
      const std::size_t count = whole ? gather(frames.subspan(result.taken)) : 0;
      std::size_t left = count > 0 ? hand_over(descriptor, count) : 0;
      if (count > 0 && left == 0) error = errno;
      if (!whole && (error = write_cut(descriptor, *front)) == 0) left = 1;
      for (std::size_t at = 0; at < left; ++at) taken(frames[result.taken], result);
      if (left > 0) continue;
    }
    if (error == EAGAIN) break;
    if (error == EINTR) continue;
    if (is_gone(error)) sent.error = error;
    refuse_tx(front, reason_for(error), counters, result);
  }
  return sent;
}

}  // namespace laneway

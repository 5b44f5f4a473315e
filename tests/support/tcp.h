// tests/support/tcp.h: one end of a TCP connection on a test host (RFC 9293 in its least form): no
// options, no congestion control; a window of a few segments, sent again from the first that is not
// acknowledged. It obeys Fragmentation Needed and Packet Too Big (RFC 1191, RFC 8201).
//
// Threads: one.
#pragma once

#include <cstdint>

#include "tests/support/host.h"

namespace laneway::test {

class Tcp {
 public:
  static constexpr std::uint16_t kPort = 5001;  // of both ends

  // Takes over TCP on `host`, which must outlive it, and answers whoever connects.
  explicit Tcp(Host& host, std::size_t segment_bytes = 1400);

  // Both ends may send.
  void connect(const IpAddress& peer);
  void send(Bytes bytes);
  bool is_connected() const { return connected_; }
  const Bytes& received() const { return received_; }
  bool all_acknowledged() const { return connected_ && acknowledged_ == outgoing_.size(); }
  std::size_t segment_bytes() const { return segment_bytes_; }

 private:
  struct Segment {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t flags = 0;
    Bytes payload{};
  };

  void input(const IpPacket& packet);
  void take_acknowledgement(std::uint32_t number);
  void take_payload(const Segment& segment);
  void pump();
  void resend();
  void arm();
  void emit(std::uint8_t flags, std::uint32_t sequence, View payload = {});
  static std::optional<Segment> read(const IpPacket& packet);

  Host& host_;
  IpAddress peer_{};
  IpAddress self_{};  // as the peer calls us; unspecified: as the host chooses
  std::size_t segment_bytes_;
  bool active_ = false;
  bool connected_ = false;
  bool armed_ = false;
  int resends_ = 0;
  std::uint32_t expected_ = 0;  // the next sequence number of the peer's
  std::size_t acknowledged_ = 0;
  std::size_t sent_ = 0;
  Bytes outgoing_;
  Bytes received_;
};

}  // namespace laneway::test

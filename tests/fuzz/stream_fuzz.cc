// The byte stream of a hostile peer, in pieces of any size, against a reader written apart.
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ports/peer_source.h"
#include "ports/stream_port.h"
#include "switch/burst.h"
#include "tests/fuzz/input.h"
#include "tests/support/temporary_folder.h"

namespace laneway::fuzz {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kShortest = 14;

// What a port that serves peers in turn must make of a stream: frames, then perhaps its end.
class Reader {
 public:
  void take(std::span<const std::byte> bytes) {
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    while (!broken && rest_.size() >= kLengthBytes) {
      std::size_t length = 0;
      for (std::size_t at = 0; at < kLengthBytes; ++at) {
        length = length * 256 + std::to_integer<std::size_t>(rest_[at]);
      }
      broken = length > StreamPort::kLongestOfPeer;
      if (broken || rest_.size() < kLengthBytes + length) return;
      const auto begin = rest_.begin() + kLengthBytes;
      const auto end = begin + static_cast<std::ptrdiff_t>(length);
      if (length >= kShortest && length <= kMaxFrameBytes) frames.emplace_back(begin, end);
      rest_.erase(rest_.begin(), end);
    }
  }
  std::vector<Bytes> frames;
  bool broken = false;  // frames can no longer be told apart

 private:
  Bytes rest_;
};

// One port for all inputs; each is another peer.
class Served {
 public:
  Served() : port_(path_, listen_on_stream(path_, 0600), pool_, kMaxFrameBytes) {}

  void serve(Input input) {
    const Descriptor peer = connect();
    receive();
    require(port_.link() == LinkState::Up, "a peer brings the link up");
    Reader expected;
    std::vector<Bytes> got;
    while (!input.empty() && !expected.broken) {
      const Bytes piece = input.piece(1 + std::size_t{input.u8()} * 8);
      const ssize_t sent = send(peer.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      require(sent == static_cast<ssize_t>(piece.size()), "the port reads on");
      expected.take(piece);
      for (std::vector<Bytes> more = receive(); !more.empty(); more = receive()) {
        got.insert(got.end(), more.begin(), more.end());
      }
    }
    require(got == expected.frames, "the frames are those of the stream");
    require(port_.link() == (expected.broken ? LinkState::Down : LinkState::Up),
            "a length that nobody sends ends the connection, and nothing else does");
    if (expected.broken) return;
    shutdown(peer.get(), SHUT_RDWR);
    require(receive().empty(), "nothing comes of the rest");
    require(port_.link() == LinkState::Down, "a peer that goes takes the link down");
  }

 private:
  Descriptor connect() {
    Descriptor peer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int connected =
        ::connect(peer.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    require(connected == 0, "the port serves the next peer");
    return peer;
  }
  // Frames of no use end a burst as well: the port may have more although nothing came.
  std::vector<Bytes> receive() {
    std::vector<Bytes> all;
    std::array<Buffer*, kBurstFrames> burst;
    for (bool more = true; more;) {
      const std::size_t count = port_.rx_burst(burst, counters_);
      for (std::size_t at = 0; at < count; ++at) {
        all.emplace_back(burst[at]->pkt_len);
        read_buffer(*burst[at], all.back());
        free_buffer(burst[at]);
      }
      more = count > 0 || !port_.arm();
    }
    require(pool_.in_use() == 0, "every buffer is back");
    return all;
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("vm.sock");
  HeapBuffers pool_{64};
  PortCounters counters_;
  StreamPort port_;
};

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static laneway::fuzz::Served served;
  served.serve({data, size});
  return 0;
}

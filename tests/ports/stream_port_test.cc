#include "ports/stream_port.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ports/peer_source.h"
#include "ports/vnet_header.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "tests/ports/plain_frame.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;

constexpr std::size_t kLongest = 1522;

Bytes frame_of_bytes(std::size_t size, std::uint8_t fill = 7) {
  return Bytes(size, static_cast<std::byte>(fill));
}

Bytes with_length(const Bytes& frame) {
  Bytes out(4);
  test::put16(out, 2, frame.size() & 0xffffU);
  test::put16(out, 0, frame.size() >> 16U);
  out.insert(out.end(), frame.begin(), frame.end());
  return out;
}

// The far end, as QEMU would be.
class Peer {
 public:
  static Peer connected(const std::string& path) {
    Peer peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(peer.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return peer;
  }
  explicit Peer(int fd) : fd_(fd) {}

  void write(const Bytes& bytes) {
    ASSERT_EQ(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // All that has come.
  Bytes read() {
    Bytes bytes(1 << 20);
    const ssize_t got = recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  bool is_closed() {
    std::byte byte;
    return recv(fd_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  void close() { fd_.reset(); }
  int get() const { return fd_.get(); }

 private:
  Descriptor fd_;
};

class Stream : public testing::Test {
 protected:
  ~Stream() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  void listen() {
    port_ = std::make_unique<StreamPort>(path_, listen_on_stream(path_, 0660), pool_, kLongest);
  }
  Peer attach() {
    Peer peer = Peer::connected(path_);
    EXPECT_EQ(receive().size(), 0U);
    EXPECT_EQ(port_->link(), LinkState::Up);
    return peer;
  }
  std::vector<Bytes> receive() {
    std::array<Buffer*, kBurstFrames> burst;
    std::vector<Bytes> out;
    const std::size_t count = port_->rx_burst(burst, counters_);
    for (std::size_t at = 0; at < count; ++at) {
      out.emplace_back(burst[at]->pkt_len);
      read_buffer(*burst[at], out.back());
      free_buffer(burst[at]);
    }
    return out;
  }
  TxResult transmit(std::vector<Buffer*> frames) {
    const TxResult result = port_->tx_burst(frames, counters_);
    for (std::size_t at = result.taken; at < frames.size(); ++at) free_buffer(frames[at]);
    return result;
  }
  TxResult transmit(const Bytes& frame) { return transmit({make_buffer(pool_, frame)}); }
  std::uint64_t drops(Drop reason) const { return counters_.drop_frames[index(reason)].get(); }
  bool wakes(int timeout_ms = 0) const {
    pollfd waiting{port_->poll_fd(), POLLIN, 0};
    return poll(&waiting, 1, timeout_ms) == 1;
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("vm.sock");
  HeapBuffers pool_;
  PortCounters counters_;
  std::unique_ptr<StreamPort> port_;
};

TEST_F(Stream, FramesFollowTheirLength) {
  listen();
  EXPECT_EQ(port_->link(), LinkState::Down);
  Peer peer = attach();
  peer.write(with_length(frame_of_bytes(14)));
  peer.write(with_length(frame_of_bytes(1514, 9)));
  EXPECT_TRUE(wakes());
  const auto frames = receive();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0], frame_of_bytes(14));
  EXPECT_EQ(frames[1], frame_of_bytes(1514, 9));
  EXPECT_FALSE(wakes());

  EXPECT_EQ(transmit(frame_of_bytes(60)).taken, 1U);
  EXPECT_EQ(peer.read(), with_length(frame_of_bytes(60)));
}

TEST_F(Stream, FrameMayComeByteByByte) {
  listen();
  Peer peer = attach();
  const Bytes bytes = with_length(frame_of_bytes(100));
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    peer.write({bytes[at]});
    ASSERT_TRUE(receive().empty());
  }
  peer.write({bytes.back()});
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(Stream, MoreThanABurstWaitsWithoutSleeping) {
  listen();
  Peer peer = attach();
  Bytes bytes;
  for (int n = 0; n < 33; ++n) {
    const Bytes one = with_length(frame_of_bytes(60));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  peer.write(bytes);
  EXPECT_EQ(receive().size(), 32U);
  EXPECT_FALSE(port_->arm());  // the socket is empty, so its descriptor would not wake us
  EXPECT_EQ(receive().size(), 1U);
  EXPECT_TRUE(port_->arm());
}

TEST_F(Stream, ShortAndTooLongFramesAreCountedAndTheNextIsRead) {
  listen();
  Peer peer = attach();
  for (const std::size_t size : {0U, 13U, 65536U, 69632U}) {
    peer.write(with_length(frame_of_bytes(size)));
    receive();
  }
  peer.write(with_length(frame_of_bytes(65535)));
  std::vector<Bytes> frames;
  for (int n = 0; n < 4 && frames.empty(); ++n) frames = receive();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].size(), 65535U);
  EXPECT_EQ(drops(Drop::Short), 2U);
  EXPECT_EQ(drops(Drop::TooLong), 2U);
  EXPECT_EQ(counters_.rx_frames.get(), 4U);
  EXPECT_EQ(port_->link(), LinkState::Up);
}

TEST_F(Stream, LengthThatNoPeerCanSendEndsTheConnection) {
  for (const std::size_t length :
       {std::size_t{69633}, std::size_t{0x80000000}, std::size_t{0xffffffff}}) {
    listen();
    Peer peer = attach();
    Bytes head(4);
    test::put16(head, 0, length >> 16U);
    test::put16(head, 2, length & 0xffffU);
    peer.write(head);
    EXPECT_TRUE(receive().empty());
    EXPECT_EQ(port_->link(), LinkState::Down);
    EXPECT_EQ(port_->last_end(), StreamPort::End::BadLength);
    EXPECT_TRUE(peer.is_closed());
    port_.reset();
  }
}

TEST_F(Stream, PeerThatIsKilledMayComeBack) {
  listen();
  for (int n = 0; n < 3; ++n) {
    Peer peer = attach();
    peer.write(with_length(frame_of_bytes(60)));
    peer.write(Bytes(2));  // dies within a length
    peer.close();
    EXPECT_EQ(receive().size(), 1U);
    EXPECT_TRUE(receive().empty());
    EXPECT_EQ(port_->link(), LinkState::Down);
    EXPECT_EQ(port_->last_end(), StreamPort::End::Closed);
  }
}

// A process that is forked and has not yet called exec holds every descriptor.
TEST_F(Stream, PeerThatIsGoneWakesNobodyThoughAChildHoldsIt) {
  listen();
  Peer peer = attach();
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  shutdown(peer.get(), SHUT_RDWR);
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Down);
  EXPECT_FALSE(wakes());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(Stream, FrameWithoutPeerIsLinkDown) {
  listen();
  const TxResult result = transmit(frame_of_bytes(60));
  EXPECT_EQ(result.taken, 1U);
  EXPECT_EQ(result.refused, 1U);
  EXPECT_EQ(drops(Drop::LinkDown), 1U);
}

TEST_F(Stream, SecondPeerIsServedOnceTheFirstIsGone) {
  listen();
  Peer first = attach();
  Peer second = Peer::connected(path_);
  second.write(with_length(frame_of_bytes(61)));
  EXPECT_TRUE(receive().empty());
  first.close();
  std::vector<Bytes> frames;
  for (int n = 0; n < 3 && frames.empty(); ++n) frames = receive();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].size(), 61U);
}

// A peer that stops reading costs a fixed piece of memory; when it reads on, the stream is whole.
TEST_F(Stream, SlowPeerGetsWholeFramesLater) {
  listen();
  Peer peer = attach();
  Bytes sent;
  for (;;) {
    const Bytes frame =
        frame_of_bytes(1000 + sent.size() % 400, static_cast<std::uint8_t>(sent.size()));
    if (transmit(frame).taken == 0) break;
    const Bytes one = with_length(frame);
    sent.insert(sent.end(), one.begin(), one.end());
    ASSERT_LT(sent.size(), std::size_t{8} << 20U);
  }
  Bytes got;
  for (int quiet = 0; quiet < 3;) {
    const Bytes more = peer.read();
    got.insert(got.end(), more.begin(), more.end());
    quiet = more.empty() ? quiet + 1 : 0;
    receive();
  }
  EXPECT_EQ(got, sent);
  EXPECT_FALSE(wakes());  // nothing left to write: no wake-ups for it
}

TEST_F(Stream, LargeFrameIsCutAndSummedForTheGuest) {
  listen();
  Peer peer = attach();
  const PlainFrame plain{.v6 = true, .payload = 4000};
  Buffer* frame = make_buffer(pool_, plain.unsummed());
  ASSERT_TRUE(accept_vnet_header(*frame, {1, VnetHeader::kGsoTcp6, 74, 1400, 54, 16}));
  EXPECT_EQ(transmit({frame}).refused, 0U);
  const Bytes got = peer.read();
  EXPECT_EQ(got.size(), 4000U + 3 * (74 + 4));
  PlainFrame first = plain;
  first.payload = 1400;
  ASSERT_EQ(test::get32(got, 0), first.headers() + 1400);
  const Bytes segment(got.begin() + 4, got.begin() + 4 + 1474);
  EXPECT_TRUE(checksums_right(segment, first));
}

TEST_F(Stream, FrameLongerThanTheGuestTakesIsRefused) {
  listen();
  Peer peer = attach();
  EXPECT_EQ(transmit(frame_of_bytes(kLongest)).refused, 0U);
  EXPECT_EQ(transmit(frame_of_bytes(kLongest + 1)).refused, 1U);
  EXPECT_EQ(drops(Drop::TooLong), 1U);
}

TEST_F(Stream, EmptyPoolIsCountedAndOver) {
  HeapBuffers small(1);
  port_ = std::make_unique<StreamPort>(path_, listen_on_stream(path_, 0660), small, kLongest);
  Peer peer = attach();
  Buffer* held = small.allocate(60);
  peer.write(with_length(frame_of_bytes(60)));
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(drops(Drop::NoBuffer), 1U);
  free_buffer(held);
  peer.write(with_length(frame_of_bytes(60)));
  EXPECT_EQ(receive().size(), 1U);
  port_.reset();
}

TEST_F(Stream, SocketFileHasItsModeAndGoesWithThePort) {
  const mode_t mask = umask(0077);
  listen();
  umask(mask);
  struct stat file {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0660U);
  port_.reset();
  EXPECT_NE(stat(path_.c_str(), &file), 0);
}

TEST_F(Stream, SocketThatNobodyListensOnIsReplaced) {
  { const Descriptor crashed = listen_on_stream(path_, 0600); }
  EXPECT_TRUE(std::filesystem::exists(path_));
  listen();
  attach();
}

TEST_F(Stream, SocketInUseAndOtherFilesAreLeftAlone) {
  listen();
  const auto code_of = [](const std::string& path) {
    try {
      listen_on_stream(path, 0660);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  };
  Peer peer = attach();
  EXPECT_EQ(code_of(path_), ErrorCode::InUse);
  EXPECT_EQ(code_of(path_), ErrorCode::InUse);  // by now somebody waits behind the peer
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Up);
  const std::string other = folder_.file("other");
  std::filesystem::create_directory(other);
  EXPECT_EQ(code_of(other), ErrorCode::InUse);
  EXPECT_EQ(code_of("/" + std::string(107, 'a')), ErrorCode::BadSpec);
  EXPECT_TRUE(std::filesystem::is_directory(other));
}

TEST_F(Stream, ConnectsAndComesBackAfterTheListener) {
  Descriptor server = listen_on_stream(path_, 0600);
  port_ = std::make_unique<StreamPort>(path_, Descriptor{}, pool_, kLongest);
  ASSERT_TRUE(wakes(1000));
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Up);
  Peer peer(accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  peer.write(with_length(frame_of_bytes(60)));
  EXPECT_EQ(receive().size(), 1U);

  peer.close();
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Down);
  EXPECT_FALSE(wakes());      // waits before it tries again
  ASSERT_TRUE(wakes(10000));  // and then does by itself
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Up);
}

TEST_F(Stream, ConnectingToNobodyWaitsLongerEachTime) {
  port_ = std::make_unique<StreamPort>(path_, Descriptor{}, pool_, kLongest);
  ASSERT_TRUE(wakes(1000));
  receive();
  EXPECT_EQ(port_->link(), LinkState::Down);
  ASSERT_TRUE(wakes(10000));
  receive();
  EXPECT_FALSE(wakes());
}

}  // namespace
}  // namespace laneway

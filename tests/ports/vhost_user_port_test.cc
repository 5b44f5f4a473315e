#include "ports/vhost_user_port.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ports/peer_source.h"
#include "ports/vnet_header.h"
#include "switch/burst.h"
#include "tests/ports/plain_frame.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vhost_frontend.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;
using Guest = test::VhostFrontend;

constexpr std::size_t kLongest = 1522;
constexpr std::size_t kHeader = 12;

Bytes frame_of_bytes(std::size_t size, std::uint8_t first = 7) {
  Bytes frame(size);
  for (std::size_t at = 0; at < size; ++at) frame[at] = static_cast<std::byte>(first + at % 251);
  return frame;
}

std::size_t open_files() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// Split and packed rings, with and without event indices.
class VhostUser : public testing::TestWithParam<std::uint64_t> {
 protected:
  ~VhostUser() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  void listen(std::size_t pairs = 1) {
    port_ = std::make_unique<VhostUserPort>(path_, listen_on_stream(path_, 0600), pool_, 1500,
                                            kLongest, pairs);
  }
  Guest connect() {
    return Guest(Guest::connect(path_), [this] { turn(); });
  }
  Guest attach(Guest::Options options = {}) {
    options.features |= GetParam();
    Guest guest = connect();
    guest.start(options);
    EXPECT_EQ(port_->link(), LinkState::Up);
    return guest;
  }
  // What the worker does before it sleeps, and after.
  void turn() {
    port_->arm();
    turned_ += receive().size();
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
    EXPECT_EQ(result.taken, frames.size());
    return result;
  }
  TxResult transmit(const Bytes& frame) { return transmit({make_buffer(pool_, frame)}); }
  // A TCP frame of `payload` bytes that is to be cut into pieces of 1448.
  Buffer* large(const PlainFrame& plain) {
    Buffer* frame = make_buffer(pool_, plain.unsummed());
    const auto at = static_cast<std::uint16_t>(plain.transport());
    EXPECT_TRUE(accept_vnet_header(
        *frame,
        {1, VnetHeader::kGsoTcp4, static_cast<std::uint16_t>(plain.headers()), 1448, at, 16}));
    return frame;
  }
  std::uint64_t drops(Drop reason) const { return counters_.drop_frames[index(reason)].get(); }
  bool wakes() const {
    pollfd waiting{port_->poll_fd(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("vm.sock");
  HeapBuffers pool_;
  PortCounters counters_;
  std::unique_ptr<VhostUserPort> port_;
  std::size_t turned_ = 0;  // frames received in turn()
};

INSTANTIATE_TEST_SUITE_P(Rings, VhostUser,
                         testing::Values(0, Guest::kEventIndex, Guest::kPacked,
                                         Guest::kPacked | Guest::kEventIndex));

TEST_P(VhostUser, CarriesFramesBothWaysManyLapsOfTheRing) {
  listen();
  EXPECT_EQ(port_->link(), LinkState::Down);
  Guest guest = attach({.size = 8});
  for (std::size_t lap = 0; lap < 40; ++lap) {
    const Bytes frame = frame_of_bytes(60 + lap, static_cast<std::uint8_t>(lap));
    guest.transmit(frame);
    guest.transmit(frame_of_bytes(1514));
    const auto frames = receive();
    ASSERT_EQ(frames.size(), 2U) << lap;
    EXPECT_EQ(frames[0], frame);
    EXPECT_EQ(frames[1], frame_of_bytes(1514));
    ASSERT_TRUE(guest.reap(1));
    ASSERT_TRUE(guest.reap(1));
    EXPECT_FALSE(guest.reap(1));

    guest.offer_buffers(3, 1600);
    EXPECT_EQ(transmit(frame).refused, 0U);
    transmit(frame_of_bytes(1514));
    transmit(frame_of_bytes(60));
    for (const Bytes& want : {frame, frame_of_bytes(1514), frame_of_bytes(60)}) {
      const auto got = guest.receive();
      ASSERT_TRUE(got) << lap;
      EXPECT_EQ(Bytes(got->begin() + kHeader, got->end()), want);
    }
  }
}

TEST_P(VhostUser, FrameMayBeCutAnywhereAndListedIndirectly) {
  listen();
  Guest guest = attach();
  const Bytes frame = frame_of_bytes(64);
  const auto whole = static_cast<std::uint32_t>(kHeader + frame.size());
  const std::uint64_t buffer = guest.allocate(whole);
  std::memcpy(guest.at(buffer) + kHeader, frame.data(), frame.size());
  for (const bool indirect : {false, true}) {
    for (std::uint32_t cut = 1; cut < whole; ++cut) {
      guest.offer(1, {{buffer, cut}, {0, 0}, {buffer + cut, whole - cut}}, false, indirect);
      const auto frames = receive();
      ASSERT_EQ(frames.size(), 1U) << cut;
      EXPECT_EQ(frames[0], frame);
      ASSERT_TRUE(guest.reap(1));
    }
  }
}

TEST_P(VhostUser, BufferMayLieAcrossTwoRegions) {
  listen();
  Guest guest = attach();
  const Bytes frame = frame_of_bytes(200);
  const std::uint64_t buffer = Guest::kGuest + Guest::kHalf - 100;
  std::memcpy(guest.at(buffer) + kHeader, frame.data(), frame.size());
  guest.offer(1, {{buffer, 212}}, false);
  const auto frames = receive();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], frame);
}

TEST_P(VhostUser, FrameFillsAsManyBuffersAsItNeeds) {
  listen();
  Guest guest = attach();
  guest.offer_buffers(8, 200);
  EXPECT_EQ(transmit(frame_of_bytes(1000)).refused, 0U);
  const auto got = guest.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(std::to_integer<int>((*got)[10]), 6);
  EXPECT_EQ(Bytes(got->begin() + kHeader, got->end()), frame_of_bytes(1000));
  // Two buffers are left: what needs more takes none of them.
  EXPECT_EQ(transmit(frame_of_bytes(1000)).refused, 1U);
  EXPECT_EQ(drops(Drop::TxFull), 1U);
  EXPECT_EQ(transmit(frame_of_bytes(300)).refused, 0U);
  EXPECT_EQ(guest.receive()->size(), 312U);
}

TEST_P(VhostUser, WithoutMergingAFrameFitsItsBufferOrIsTooLong) {
  listen();
  Guest guest = attach({.features = Guest::kVersion1});
  guest.offer_buffers(1, 200);
  transmit(frame_of_bytes(300));
  EXPECT_EQ(drops(Drop::TooLong), 1U);
  EXPECT_FALSE(guest.reap(0));
  transmit(frame_of_bytes(188));
  EXPECT_EQ(guest.receive()->size(), 200U);
}

TEST_P(VhostUser, LargeFrameCrossesWholeIfTheGuestTakesIt) {
  listen();
  const PlainFrame plain{.payload = 60000};
  Guest guest = attach({.features = Guest::kVersion1 | Guest::kMergeable | Guest::kOffloads});
  guest.offer_buffers(40, 2048);
  EXPECT_EQ(transmit({large(plain)}).refused, 0U);
  const auto got = guest.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)[0], std::byte{1});
  EXPECT_EQ((*got)[1], std::byte{VnetHeader::kGsoTcp4});
  EXPECT_EQ(Bytes(got->begin() + kHeader, got->end()), plain.unsummed());
  // And back, as the guest would send it.
  const std::uint64_t buffer = guest.allocate(got->size());
  std::memcpy(guest.at(buffer), got->data(), got->size());
  guest.offer(1, {{buffer, static_cast<std::uint32_t>(got->size())}}, false);
  std::array<Buffer*, 1> frame{};
  ASSERT_EQ(port_->rx_burst(frame, counters_), 1U);
  EXPECT_EQ(offload_of(*frame[0]).gso, Offload::Gso::Tcp4);
  EXPECT_EQ(offload_of(*frame[0]).segment_bytes, 1448);
  free_buffer(frame[0]);
}

TEST_P(VhostUser, LargeFrameIsCutForAGuestThatDoesNot) {
  listen();
  const PlainFrame plain{.payload = 5000};
  Guest guest = attach();
  guest.offer_buffers(4, 2048);
  EXPECT_EQ(transmit({large(plain)}).refused, 0U);
  for (const std::size_t payload : {1448U, 1448U, 1448U, 656U}) {
    const auto got = guest.receive();
    ASSERT_TRUE(got);
    PlainFrame like = plain;
    like.payload = payload;
    EXPECT_EQ(got->size(), kHeader + like.headers() + payload);
    EXPECT_TRUE(test::checksums_right(Bytes(got->begin() + kHeader, got->end()), like));
  }
  // All its pieces or none: three buffers do not do.
  guest.offer_buffers(3, 2048);
  EXPECT_EQ(transmit({large(plain)}).refused, 1U);
  EXPECT_FALSE(guest.reap(0));
}

TEST_P(VhostUser, BadFramesAreRefusedAndTheRingGoesOn) {
  listen();
  Guest guest = attach();
  guest.transmit(frame_of_bytes(13));
  guest.offer(1, {{guest.allocate(8), 8}}, false);
  const std::uint64_t lie = guest.allocate(76);
  *guest.at(lie) = std::byte{1};
  *guest.at(lie + 1) = std::byte{9};
  guest.offer(1, {{lie, 76}}, false);
  guest.transmit(frame_of_bytes(60));
  EXPECT_EQ(receive().size(), 1U);
  EXPECT_EQ(drops(Drop::Short), 2U);
  EXPECT_EQ(drops(Drop::BadOffload), 1U);
  for (int at = 0; at < 4; ++at) EXPECT_TRUE(guest.reap(1));
}

TEST_P(VhostUser, KickWakesOnlyWhoAskedAndCallsAreSaved) {
  listen();
  Guest guest = attach();
  guest.called(1);
  EXPECT_TRUE(port_->arm());
  EXPECT_FALSE(wakes());
  guest.transmit(frame_of_bytes(60));
  guest.kick(1);
  EXPECT_TRUE(wakes());
  EXPECT_EQ(receive().size(), 1U);
  EXPECT_FALSE(wakes());
  EXPECT_TRUE(guest.called(1) || (GetParam() & Guest::kEventIndex) != 0);
  // A frame that came before we asked keeps us awake.
  guest.transmit(frame_of_bytes(60));
  EXPECT_FALSE(port_->arm());
  EXPECT_EQ(receive().size(), 1U);
}

TEST_P(VhostUser, EachQueuePairIsServed) {
  listen(4);
  Guest guest = attach({.pairs = 4});
  for (std::size_t pair = 0; pair < 4; ++pair) {
    guest.transmit(frame_of_bytes(60 + pair), 2 * pair + 1);
    guest.offer_buffers(64, 2048, 2 * pair);
  }
  std::set<std::size_t> sizes;
  for (const Bytes& frame : receive()) sizes.insert(frame.size());
  EXPECT_EQ(sizes, (std::set<std::size_t>{60, 61, 62, 63}));
  for (std::size_t flow = 0; flow < 64; ++flow) {
    Bytes frame = PlainFrame{.payload = 10}.bytes();
    test::put16(frame, 34, flow * 3);
    transmit(frame);
  }
  std::size_t total = 0;
  for (std::size_t pair = 0; pair < 4; ++pair) {
    std::size_t here = 0;
    while (guest.receive(2 * pair)) ++here;
    EXPECT_GT(here, 0U) << pair;
    total += here;
  }
  EXPECT_EQ(total, 64U);
}

// What a hostile driver makes available, each on a ring of its own.
TEST_P(VhostUser, BrokenRingEndsTheConnectionAndIsCounted) {
  listen();
  using Break = std::function<void(Guest&)>;
  const std::uint64_t outside = Guest::kGuest + Guest::kMemory;
  const std::vector<Break> breaks{
      [&](Guest& guest) {
        guest.offer(1, {{outside, 64}}, false);
      },
      [&](Guest& guest) {
        guest.offer(1, {{outside - 32, 64}}, false);
      },
      [&](Guest& guest) {
        guest.offer(1, {{~std::uint64_t{0} - 8, 64}}, false);
      },
      [&](Guest& guest) {
        guest.offer(1, {{Guest::kGuest, 0xffffffff}}, false);
      },
      [&](Guest& guest) {
        guest.offer(1, {{Guest::kGuest, 64}}, true);
      },
      [&](Guest& guest) {
        guest.offer(1, {{outside, 32}, {outside, 32}}, false, true);
      },
      [&](Guest& guest) {  // a table of an odd size
        guest.offer(1, {{Guest::kGuest, 64}}, false, true);
        *guest.at(guest.ring(1).descriptors + 8) = std::byte{15};
      },
      [&](Guest& guest) {  // a table inside a table
        const std::uint64_t before = guest.allocate(0);
        guest.offer(1, {{Guest::kGuest, 64}}, false, true);
        *guest.at(before + ((GetParam() & Guest::kPacked) != 0 ? 14 : 12)) = std::byte{4};
      },
  };
  for (std::size_t at = 0; at < breaks.size(); ++at) {
    Guest guest = attach();
    breaks[at](guest);
    EXPECT_EQ(receive().size(), 0U) << at;
    turn();
    EXPECT_TRUE(guest.is_closed()) << at;
    EXPECT_EQ(port_->link(), LinkState::Down);
    EXPECT_EQ(port_->ends(VhostEnd::Ring), at + 1);
  }
}

TEST_P(VhostUser, ChainWithoutAnEndIsBroken) {
  listen();
  Guest guest = attach({.size = 16});
  if ((GetParam() & Guest::kPacked) == 0) {
    guest.offer(1, {{Guest::kGuest, 1}, {Guest::kGuest, 1}}, false);
    std::byte* second = guest.at(guest.ring(1).descriptors + 16);
    second[12] = std::byte{1};
    second[14] = std::byte{0};
  } else {
    guest.offer(1, std::vector<Guest::Part>(16, {Guest::kGuest, 1}), false);
    std::byte* last = guest.at(guest.ring(1).descriptors + 16 * 15 + 14);
    *last |= std::byte{1};
  }
  EXPECT_EQ(receive().size(), 0U);
  turn();
  EXPECT_EQ(port_->ends(VhostEnd::Ring), 1U);
}

TEST_P(VhostUser, IndexFarAheadIsBroken) {
  if ((GetParam() & Guest::kPacked) != 0) return;  // has no index
  listen();
  Guest guest = attach({.size = 16});
  *guest.at(guest.ring(1).driver + 2) = std::byte{17};
  EXPECT_EQ(receive().size(), 0U);
  turn();
  EXPECT_EQ(port_->ends(VhostEnd::Ring), 1U);
}

TEST_P(VhostUser, PeerThatOwesHalfAMessageStopsNothing) {
  listen();
  Guest guest = attach();
  const std::uint32_t half = 5;
  ASSERT_EQ(send(guest.socket(), &half, sizeof(half), 0), 4);
  turn();
  guest.transmit(frame_of_bytes(60));
  EXPECT_EQ(receive().size(), 1U);
  EXPECT_EQ(port_->link(), LinkState::Up);
  guest.close();
  turn();
  EXPECT_EQ(port_->ends(VhostEnd::Closed), 1U);
}

TEST_P(VhostUser, SecondPeerIsSentAway) {
  listen();
  Guest guest = attach();
  Guest other = connect();
  turn();
  EXPECT_TRUE(other.is_closed());
  EXPECT_EQ(port_->link(), LinkState::Up);
}

TEST_P(VhostUser, HiddenLinkIsAClosedConnection) {
  listen();
  Guest guest = attach();
  port_->show_link(false);
  EXPECT_TRUE(guest.is_closed());
  EXPECT_EQ(port_->link(), LinkState::Down);
  Guest refused = connect();
  turn();
  EXPECT_TRUE(refused.is_closed());
  port_->show_link(true);
  attach();
}

TEST_P(VhostUser, MemoryCutShortEndsTheConnection) {
  listen();
  Guest guest = attach();
  guest.offer_buffers(4, 2048);
  guest.transmit(frame_of_bytes(60));
  ASSERT_EQ(ftruncate(guest.memory_file(), 0), 0);
  receive();
  transmit(frame_of_bytes(60));
  turn();
  EXPECT_EQ(port_->ends(VhostEnd::CutShort), 1U);
  EXPECT_EQ(port_->link(), LinkState::Down);
}

TEST_P(VhostUser, RingsStopWhereTheyStandAndGoOnThere) {
  listen();
  Guest guest = attach({.size = 8});
  for (int at = 0; at < 11; ++at) {
    guest.transmit(frame_of_bytes(60));
    EXPECT_EQ(receive().size(), 1U);
    guest.reap(1);
  }
  const std::uint64_t queue = 1;
  guest.send(11, queue);
  const Bytes answer = guest.answer();
  ASSERT_EQ(answer.size(), 8U);
  EXPECT_EQ(test::get16(answer, 4) >> 8, (GetParam() & Guest::kPacked) != 0 ? 3 : 11);
  EXPECT_EQ(port_->link(), LinkState::Down);
  guest.send(12, queue, {guest.ring(1).kick.get()});
  EXPECT_EQ(port_->link(), LinkState::Up);
  guest.transmit(frame_of_bytes(61));
  ASSERT_EQ(receive().size(), 1U);
}

TEST_P(VhostUser, MemoryMayChangeUnderTraffic) {
  listen();
  Guest guest = attach();
  for (int at = 0; at < 100; ++at) {
    guest.transmit(frame_of_bytes(60));
    guest.send_memory();
    EXPECT_TRUE(guest.reap(1));
  }
  EXPECT_EQ(turned_, 100U);
}

TEST_P(VhostUser, ComesAndGoesWithoutATrace) {
  listen();
  attach().transmit(frame_of_bytes(60));
  turn();
  receive();
  const std::size_t before = open_files();
  for (int at = 0; at < 200; ++at) {
    Guest guest = attach();
    guest.transmit(frame_of_bytes(60));
    guest.offer_buffers(2, 2048);
    EXPECT_EQ(receive().size(), 1U);
    transmit(frame_of_bytes(60));
    guest.close();
    turn();
    EXPECT_EQ(port_->link(), LinkState::Down);
  }
  EXPECT_EQ(open_files(), before);
}

TEST_P(VhostUser, ReachesOutAgainAndAgain) {
  port_ = std::make_unique<VhostUserPort>(path_, Descriptor(), pool_, 1500, kLongest, 1);
  const Descriptor listener = listen_on_stream(path_, 0600);
  for (int at = 0; at < 3; ++at) {
    pollfd coming{listener.get(), POLLIN, 0};
    for (int tries = 0; tries < 100 && poll(&coming, 1, 20) == 0; ++tries) turn();
    Guest guest(Descriptor(accept(listener.get(), nullptr, nullptr)), [this] { turn(); });
    guest.start({.features = Guest::kVersion1 | GetParam()});
    EXPECT_EQ(port_->link(), LinkState::Up);
    guest.close();
    turn();
    EXPECT_EQ(port_->link(), LinkState::Down);
  }
}

class VhostMessages : public VhostUser {};
INSTANTIATE_TEST_SUITE_P(Any, VhostMessages, testing::Values(0));

TEST_P(VhostMessages, NoDescriptorIsKeptWhateverComesWithIt) {
  listen();
  const int file = STDERR_FILENO;
  { Guest warm = connect(); }
  turn();
  const std::size_t before = open_files();
  for (std::uint32_t request = 0; request < 45; ++request) {
    for (std::size_t files = 0; files < 10; ++files) {
      for (const std::uint64_t word : {0ULL, 1ULL, 0x80000000ULL, 0xffffffffULL, ~0ULL}) {
        Guest guest = connect();
        Bytes payload(40);
        for (std::size_t at = 0; at < 40; at += 8) std::memcpy(&payload[at], &word, 8);
        guest.send(request, payload, std::vector<int>(files, file), 1 | 8);
        turn();
      }
    }
  }
  turn();
  EXPECT_EQ(open_files(), before);
}

TEST_P(VhostMessages, TablesThatCannotBeAreRefused) {
  listen();
  struct Region {
    std::uint64_t guest, bytes, user, offset;
  };
  constexpr std::uint64_t kMuch = ~std::uint64_t{0};
  const std::uint64_t size = Guest::kMemory;
  std::uint64_t count = 0;
  for (const Region region :
       {Region{0, 0, 0, 0}, Region{0, size + 1, 0, 0}, Region{0, size, 0, 1},
        Region{1, kMuch, 0, 0}, Region{kMuch, size, 0, 0}, Region{0, size, kMuch, 0},
        Region{0, size, 0, kMuch}, Region{0, size, 0, kMuch - size + 1}}) {
    Guest guest = connect();
    Bytes payload(8 + sizeof(region));
    payload[0] = std::byte{1};
    std::memcpy(&payload[8], &region, sizeof(region));
    guest.send(5, payload, {guest.memory_file()});
    turn();
    EXPECT_TRUE(guest.is_closed());
    EXPECT_EQ(port_->ends(VhostEnd::Memory), ++count);
  }
}

TEST_P(VhostMessages, MtuIsAgreedOn) {
  listen();
  Guest guest = connect();
  guest.send(16, std::uint64_t{0x19});
  const auto acknowledged = [&](std::uint64_t mtu) {
    Bytes payload(8);
    std::memcpy(payload.data(), &mtu, 8);
    guest.send(20, payload, {}, 1 | 8);
    return guest.answer().at(0) == std::byte{0};
  };
  EXPECT_TRUE(acknowledged(1500));
  EXPECT_TRUE(acknowledged(68));
  EXPECT_FALSE(acknowledged(1501));
  EXPECT_FALSE(acknowledged(0));
}

TEST_P(VhostMessages, FileThatMightMakeUsWaitIsNoKick) {
  listen();
  Guest guest = attach();
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  guest.send(13, std::uint64_t{1}, {pipe_ends[1]});
  turn();
  EXPECT_TRUE(guest.is_closed());
  EXPECT_EQ(port_->ends(VhostEnd::Message), 1U);
  for (const int end : pipe_ends) ::close(end);
}

}  // namespace
}  // namespace laneway

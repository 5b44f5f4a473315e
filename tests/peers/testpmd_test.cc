// DPDK's virtio-user as the peer of a vhost-user port: a driver and a front-end that are not ours.
#include "tests/peers/testpmd.h"

#include <array>
#include <chrono>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "ports/peer_source.h"
#include "ports/vhost_user_port.h"
#include "switch/burst.h"
#include "tests/ports/plain_frame.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

using test::Bytes;
using test::Testpmd;

constexpr std::uint64_t kFrames = 5000;
// Frames under way at a time: fewer than a ring holds, so that none is lost on the way.
constexpr std::uint64_t kWindow = 64;
constexpr std::size_t kFlows = 64;

// Frame number `number`: of one of kFlows flows, of any length from 64 to 1514 bytes.
Bytes frame_of(std::uint64_t number) {
  test::PlainFrame plain{.payload = 10 + number % 1451,
                         .sequence = static_cast<std::uint32_t>(number)};
  Bytes frame = plain.bytes();
  test::put16(frame, plain.transport(), number % kFlows * 3);
  return frame;
}

std::uint64_t number_of(const Bytes& frame) { return test::get32(frame, 38); }

struct Case {
  bool server;
  bool packed;
  std::size_t pairs;
};

class TestpmdPeer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!Testpmd::is_installed()) GTEST_SKIP() << "dpdk-testpmd (dpdk-dev) is not installed";
    const bool connects = GetParam().server;
    port_ = std::make_unique<VhostUserPort>(
        options_.socket, connects ? Descriptor() : listen_on_stream(options_.socket, 0600), pool_,
        1500, 1522, GetParam().pairs);
  }
  ~TestpmdPeer() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  // One round of a worker. What comes in is counted and shown to `seen`.
  void turn() {
    std::array<Buffer*, kBurstFrames> burst;
    const std::size_t count = port_->rx_burst(burst, counters_);
    if (count == 0) {
      port_->arm();
      std::this_thread::yield();
    }
    for (std::size_t at = 0; at < count; ++at) {
      if (keeps_) {
        Bytes& frame = kept_.emplace_back(burst[at]->pkt_len);
        read_buffer(*burst[at], frame);
      }
      free_buffer(burst[at]);
    }
    received_ += count;
  }
  // True as soon as `holds` does; false after a bounded time.
  bool turn_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      turn();
    }
    return true;
  }
  // How many of kFrames frames the port took.
  std::uint64_t send_all() {
    std::uint64_t taken = 0;
    for (std::uint64_t number = 0; number < kFrames; ++number) {
      taken += send(number);
      turn();
    }
    return taken;
  }
  std::uint64_t send(std::uint64_t number) {
    Buffer* frame = make_buffer(pool_, frame_of(number));
    const TxResult result = port_->tx_burst(std::span(&frame, 1), counters_);
    return result.taken - result.refused;
  }

  void check_to_guest(Testpmd& guest) {
    ASSERT_TRUE(guest.forward("rxonly"));
    const std::uint64_t taken = send_all();
    EXPECT_GT(taken, 0U);
    std::uint64_t there = 0;
    EXPECT_TRUE(turn_until([&] { return (there = guest.count("RX-packets")) >= taken; }))
        << there << " of " << taken;
    EXPECT_EQ(there, taken);
    guest.say("stop");
  }
  void check_from_guest(Testpmd& guest) {
    received_ = 0;
    ASSERT_TRUE(guest.forward("txonly"));
    EXPECT_TRUE(turn_until([&] { return received_ >= kFrames; })) << received_;
    guest.say("stop");
    const std::uint64_t sent = guest.count("TX-packets");
    EXPECT_TRUE(turn_until([&] { return received_ >= sent; }));
    EXPECT_EQ(received_, sent);
  }
  // There and back, every byte; by each pair of queues.
  void check_round_trip(Testpmd& guest) {
    ASSERT_TRUE(guest.forward("io"));
    kept_.clear();
    keeps_ = true;
    for (std::uint64_t number = 0; number < kFrames; ++number) {
      ASSERT_TRUE(turn_until([&] { return number < kept_.size() + kWindow; }));
      ASSERT_EQ(send(number), 1U);
    }
    EXPECT_TRUE(turn_until([&] { return kept_.size() >= kFrames; })) << kept_.size();
    keeps_ = false;
    std::set<std::uint64_t> numbers;
    for (const Bytes& frame : kept_) {
      numbers.insert(number_of(frame));
      ASSERT_EQ(frame, frame_of(number_of(frame)));
    }
    EXPECT_EQ(numbers.size(), kFrames);
    EXPECT_EQ(kept_.size(), kFrames);
    EXPECT_EQ(guest.count("RX-packets"), kFrames);
    EXPECT_EQ(guest.count("TX-packets"), kFrames);
    const std::string stop = guest.say("stop");
    for (std::size_t pair = 0; GetParam().pairs > 1 && pair < GetParam().pairs; ++pair) {
      EXPECT_NE(stop.find("RX Port= 0/Queue= " + std::to_string(pair)), std::string::npos) << stop;
    }
  }

  const test::TemporaryFolder folder_;
  const Testpmd::Options options_{.socket = folder_.file("vm.sock"),
                                  .server = GetParam().server,
                                  .packed = GetParam().packed,
                                  .pairs = GetParam().pairs};
  HeapBuffers pool_;
  PortCounters counters_;
  std::unique_ptr<VhostUserPort> port_;
  std::uint64_t received_ = 0;
  bool keeps_ = false;
  std::vector<Bytes> kept_;
};

TEST_P(TestpmdPeer, KilledAndStartedAgainEveryFrameCrossesAndIsCounted) {
  for (std::uint64_t start = 0; start < 2; ++start) {
    SCOPED_TRACE(start);
    {
      Testpmd guest(options_, [this] { turn(); });
      ASSERT_TRUE(guest.is_ready());
      ASSERT_TRUE(turn_until([&] { return port_->link() == LinkState::Up; }));
      check_to_guest(guest);
      check_from_guest(guest);
      check_round_trip(guest);
    }
    ASSERT_TRUE(turn_until([&] { return port_->link() == LinkState::Down; }));
    EXPECT_GT(port_->ends(VhostEnd::Closed), start);
  }
}

INSTANTIATE_TEST_SUITE_P(Peers, TestpmdPeer,
                         testing::Values(Case{false, false, 1}, Case{false, true, 2},
                                         Case{true, true, 1}, Case{true, false, 2}),
                         [](const auto& test) {
                           return std::string(test.param.server ? "Server" : "Client") +
                                  (test.param.packed ? "Packed" : "Split") +
                                  std::to_string(test.param.pairs);
                         });

}  // namespace
}  // namespace laneway

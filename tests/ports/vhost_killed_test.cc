// Guests that are killed with SIGKILL in the midst of their traffic (promise P6): processes of
// their own, on a switch whose other ports talk on.
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ports/memory_port.h"
#include "ports/peer_source.h"
#include "ports/vhost_user_port.h"
#include "switch/switch.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vhost_frontend.h"

namespace laneway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using Guest = test::VhostFrontend;
using Bytes = Guest::Bytes;

constexpr MacAddress kLeft{{2, 0, 0, 0, 0, 1}}, kRight{{2, 0, 0, 0, 0, 2}}, kVm{{2, 0, 0, 0, 0, 3}};
constexpr std::size_t kKills = 100;

Bytes frame(MacAddress to, MacAddress from, std::size_t bytes = 60) {
  Bytes out(bytes, std::byte{0x5a});
  std::memcpy(out.data(), to.octets.data(), 6);
  std::memcpy(out.data() + 6, from.octets.data(), 6);
  return out;
}

// Sends to the right station and takes what comes, until it is killed.
[[noreturn]] void be_a_guest(const std::string& path, std::uint64_t rings) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Guest guest(Guest::connect(path), [] { usleep(50); });
  Guest::Options options;
  options.features |= rings;
  guest.start(options);
  guest.offer_buffers(64, 1600);
  for (std::size_t sent = 0;; ++sent) {
    guest.transmit(frame(kRight, kVm, 60 + sent % 1400));
    guest.kick(1);
    while (!guest.reap(1)) usleep(10);
    while (guest.receive()) guest.offer_buffers(1, 1600);
  }
}

std::size_t lines_of(const std::string& path) {
  std::ifstream file(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  return lines;
}

std::size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

class VhostKilled : public testing::TestWithParam<std::uint64_t> {
 protected:
  VhostKilled() {
    sw_.add_port("left", left_, PortSettings::for_trunk(), counters_[0]);
    sw_.add_port("right", right_, PortSettings::for_trunk(), counters_[1]);
    vm_ =
        std::make_unique<VhostUserPort>(path_, listen_on_stream(path_, 0600), pool_, 1500, 1522, 1);
    sw_.add_port("vm", *vm_, PortSettings::for_trunk(), counters_[2]);
    talk();  // so that all know each other
  }

  // One frame from left to right and one back: both must arrive, whatever the guest does. Another
  // goes to the guest, if it is there.
  void talk() {
    left_.send_from_outside(frame(kRight, kLeft));
    right_.send_from_outside(frame(kLeft, kRight));
    left_.send_from_outside(frame(kVm, kLeft, 1000));
    vm_->arm();
    const Nanos now = Clock::now().time_since_epoch();
    sw_.ports().present().for_each([&](PortId port) { sw_.poll(port, now); });
    sent_ += 2;
    for (MemoryPort* port : {&left_, &right_}) {
      while (const auto bytes = port->take_bytes()) count(*bytes);
    }
  }
  void count(const Bytes& bytes) {
    const bool guests = std::memcmp(bytes.data() + 6, kVm.octets.data(), 6) == 0;
    const bool for_guest = std::memcmp(bytes.data(), kVm.octets.data(), 6) == 0;
    if (!for_guest) ++(guests ? from_guests_ : arrived_);
  }
  template <class Holds>
  bool talk_until(Holds&& holds, Nanos limit) {
    const auto end = Clock::now() + limit;
    while (!holds()) {
      if (Clock::now() > end) return false;
      talk();
    }
    return true;
  }
  // From its connection to its first frame, and to its end.
  void one_guest(Nanos life) {
    const std::uint64_t before = from_guests_;
    const pid_t guest = fork();
    if (guest == 0) be_a_guest(path_, GetParam());
    EXPECT_TRUE(talk_until([&] { return from_guests_ > before; }, seconds{10}));
    talk_until([] { return false; }, life);
    kill(guest, SIGKILL);
    waitpid(guest, nullptr, 0);
    EXPECT_TRUE(talk_until([&] { return vm_->link() == LinkState::Down; }, seconds{10}));
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("vm.sock");
  HeapBuffers pool_;
  MemoryPort left_{pool_}, right_{pool_};
  std::unique_ptr<VhostUserPort> vm_;
  std::array<PortCounters, 3> counters_;
  Switch sw_{{}, pool_};
  std::uint64_t sent_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t from_guests_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Rings, VhostKilled, testing::Values(0, Guest::kPacked));

TEST_P(VhostKilled, P6_CostsTheOthersNoFrameAndLeavesNothing) {
  std::mt19937 random(5);
  one_guest(milliseconds{1});  // what is made once is made now
  const std::size_t files = open_files(), mappings = lines_of("/proc/self/maps");
  for (std::size_t kills = 1; kills < kKills; ++kills) {
    one_guest(std::chrono::microseconds{random() % 4000});
  }
  EXPECT_EQ(arrived_, sent_);
  EXPECT_GE(from_guests_, kKills);
  EXPECT_EQ(open_files(), files);
  EXPECT_LE(lines_of("/proc/self/maps"), mappings + 2);  // a heap may grow
  EXPECT_EQ(pool_.in_use(), 0U);
}

}  // namespace
}  // namespace laneway

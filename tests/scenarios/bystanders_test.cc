// What one port does or suffers costs the others no frame (promise P6): two ports that take no part
// exchange numbered frames, and each arrives, in order, whatever happens to a third.
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "ports/fault_port.h"
#include "tests/support/ledger.h"
#include "tests/support/memory_switch.h"

namespace laneway::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MacAddress kSource = station(1);
const MacAddress kSink = station(2);
const MacAddress kThird = station(3);
constexpr std::size_t kStep = 1000;  // numbered frames while something happens

PortSettings guest_of(MacAddress mac) {
  PortSettings settings;
  settings.mac = mac;
  settings.storm_limit = 0;
  return settings;
}

class Bystanders : public testing::Test {
 protected:
  ~Bystanders() override {
    net_.take(sink_);
    net_.take(source_);
    counters_.push_back(&net_.counters(source_));
    counters_.push_back(&net_.counters(sink_));
    EXPECT_EQ(counters_.size() == 2 ? net_.broken_ledger() : broken_ledger(net_.sw(), counters_),
              "");
  }

  // Numbered frames, one before each call of `happen`; then all are there, in order and unchanged.
  void witness(const std::function<void(std::size_t)>& happen, std::size_t frames = kStep) {
    std::vector<Bytes> sent;
    std::vector<Bytes> got;
    for (std::size_t n = 0; n < frames; ++n) {
      sent.push_back(ethernet(kSink, kSource, 0x88b5, 46 + n % 1000, std::uint8_t(n & 0xffU)));
      net_.port(source_).send_from_outside(sent.back());
      happen(n);
      net_.run();
      net_.now += milliseconds{1};
      for (Bytes& frame : net_.take(sink_)) {
        if (frame[12] == std::byte{0x88}) got.push_back(std::move(frame));
      }
      net_.take(source_);
    }
    EXPECT_EQ(got, sent);
  }

  std::vector<const PortCounters*> counters_;  // of a port that is not net_'s own
  MemorySwitch net_{{.seed = 1}};
  PortId source_ = net_.add("source", guest_of(kSource));
  PortId sink_ = net_.add("sink", guest_of(kSink));
};

// Noise of another type than the numbered frames.
Bytes noise(MacAddress to, MacAddress from) { return ethernet(to, from, 0x9000); }

TEST_F(Bystanders, F8_GuestThatNeverEmptiesItsRing) {
  constexpr std::size_t kRing = 16;
  const PortId third = net_.add("third", guest_of(kThird), kRing);
  witness([&](std::size_t) { net_.port(source_).send_from_outside(noise(kThird, kSource)); });
  EXPECT_EQ(net_.drops(third, Drop::TxFull), kStep - kRing);
  EXPECT_EQ(net_.take(third).size(), kRing);
}

TEST_F(Bystanders, F8_GuestThatNeverEmptiesItsRingWhileAllIsFlooded) {
  const PortId third = net_.add("third", guest_of(kThird), 1);
  witness([&](std::size_t) {
    net_.port(source_).send_from_outside(noise(MacAddress::broadcast(), kSource));
  });
  EXPECT_EQ(net_.drops(third, Drop::TxFull), kStep - 1);
  net_.take(third);
}

TEST_F(Bystanders, F1_F2_PortsThatComeAndGoWithFramesOnTheirWay) {
  std::optional<PortId> third;
  witness([&](std::size_t) {
    if (third) {
      net_.port(*third).send_from_outside(noise(kSink, kThird));
      net_.port(source_).send_from_outside(noise(kThird, kSource));
      net_.remove(*third);
      third.reset();
    } else {
      third = net_.add("third", guest_of(kThird));
      net_.port(*third).send_from_outside(noise(kSink, kThird));
      net_.port(*third).send_from_outside(noise(MacAddress::broadcast(), kThird));
    }
  });
  EXPECT_EQ(net_.sw().macs().pinned(kThird), third.value_or(kNoPort));
}

TEST_F(Bystanders, LinkThatFlaps) {
  const PortId third = net_.add("third", guest_of(kThird));
  witness([&](std::size_t n) {
    net_.port(third).set_link(n % 2 == 0 ? LinkState::Down : LinkState::Up);
    net_.port(source_).send_from_outside(noise(kThird, kSource));
    net_.port(source_).send_from_outside(noise(MacAddress::broadcast(), kSource));
  });
  EXPECT_EQ(net_.drops(third, Drop::LinkDown), kStep / 2);
  net_.take(third);
}

TEST_F(Bystanders, S8_StormOfBroadcastsEndsAtItsLimit) {
  PortSettings settings = guest_of(kThird);
  settings.storm_limit = 100;
  const PortId third = net_.add("third", settings);
  constexpr std::size_t kEach = 20;  // 20,000 a second
  witness([&](std::size_t) {
    for (std::size_t n = 0; n < kEach; ++n) {
      net_.port(third).send_from_outside(noise(MacAddress::broadcast(), kThird));
    }
  });
  // A full bucket, and what it was filled with in a second.
  EXPECT_NEAR(static_cast<double>(net_.drops(third, Drop::Storm)), kStep * kEach - 200.0, 1.0);
}

TEST_F(Bystanders, S1_RandomSourcesFillTheirPortsShareAlone) {
  PortSettings settings = guest_of(kThird);
  settings.mac_spoofing = true;
  settings.mac_limit = 64;
  const PortId third = net_.add("third", settings);
  const PortId fourth = net_.add("fourth", guest_of(station(4)));
  std::mt19937 random(1);
  constexpr std::size_t kEach = 20;
  witness([&](std::size_t) {
    for (std::size_t n = 0; n < kEach; ++n) {
      const auto any = static_cast<std::uint32_t>(0x100000U | (random() & 0xfffffU));
      net_.port(third).send_from_outside(noise(kSource, station(any)));
    }
  });
  EXPECT_EQ(net_.sw().macs().learnt(third), 64U);
  EXPECT_GT(net_.drops(third, Drop::MacLimit), kStep * kEach - 100);
  EXPECT_TRUE(net_.take(fourth).empty()) << "nothing of it was flooded";
}

TEST_F(Bystanders, S2_ForgedSourcesDivertNothing) {
  const PortId third = net_.add("third", guest_of(kThird));
  witness([&](std::size_t) {
    net_.port(third).send_from_outside(noise(kSource, kSink));
    net_.port(third).send_from_outside(noise(kSink, kSource));
  });
  EXPECT_EQ(net_.drops(third, Drop::MacClaim), 2 * kStep);
  EXPECT_TRUE(net_.take(third).empty());
}

TEST_F(Bystanders, F10_MediumThatLosesRepeatsDelaysAndSpoils) {
  auto inner = std::make_unique<MemoryPort>(net_.pool());
  MemoryPort& far = *inner;
  const FaultSpec bad{
      .loss = 0.3, .corrupt = 0.3, .duplicate = 0.3, .reorder = 0.3, .delay = milliseconds{20}};
  FaultPort third(std::move(inner), bad, net_.pool(), [this] { return net_.now; });
  static PortCounters counters;  // outlives the fixture's look at the ledger
  counters_.push_back(&counters);
  PortSettings settings = guest_of(kThird);
  settings.mac_spoofing = true;  // spoilt sources, too
  settings.mac_limit = 64;
  const PortId id = net_.sw().add_port("third", third, settings, counters);
  std::size_t arrived = 0;
  const auto take = [&] {
    while (Buffer* frame = far.take()) {
      free_buffer(frame);
      ++arrived;
    }
  };
  witness([&](std::size_t) {
    net_.port(source_).send_from_outside(noise(kThird, kSource));
    far.send_from_outside(noise(station(9), kThird));
    net_.sw().poll(id, net_.now);
    take();
  });
  EXPECT_GT(arrived, kStep / 2);
  EXPECT_GT(counters.rx_frames.get(), kStep / 2);
  net_.sw().remove_port(id);
}

}  // namespace
}  // namespace laneway::test

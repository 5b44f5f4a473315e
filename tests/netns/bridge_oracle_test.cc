// The kernel's bridge as judge: the same frames into it, into the switch and into the reference
// bridge of the unit tests; each frame must leave by the same ports.
//
// One difference is allowed: 01-80-C2-00-00-00 to -0F are kept back before learning (802.1D), where
// the kernel learns first and, with STP off, forwards -00. Such frames come from sources of their
// own.
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <poll.h>

#include "ports/packet_port.h"
#include "tests/netns/network_namespace.h"
#include "tests/support/memory_switch.h"
#include "tests/support/reference_bridge.h"

namespace laneway {
namespace {

using test::Bytes;
using test::run;

constexpr int kPorts = 4;
constexpr std::size_t kFrames = 4000;
constexpr std::size_t kBatch = 100;  // frames in flight: no queue of the kernel's fills

// A bridge whose ports are cables; we hold their far ends.
class KernelBridge {
 public:
  KernelBridge() {
    run("ip link add br0 type bridge stp_state 0 mcast_snooping 0 ageing_time 1000000");
    for (int port = 0; port < kPorts; ++port) {
      const std::string number = std::to_string(port);
      run("ip link add in" + number + " type veth peer name out" + number);
      run("ip link set in" + number + " master br0");
    }
    run("for i in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $i; done");
    run("ip link set br0 up");
    for (int port = 0; port < kPorts; ++port) {
      const std::string number = std::to_string(port);
      run("ip link set in" + number + " up && ip link set out" + number + " up");
      const PacketSocket socket{"out" + number, true, all_frames()};
      ends_.push_back(std::make_unique<PacketPort>(open_packet_socket(socket), pool_, 1522, true));
    }
  }
  ~KernelBridge() {
    ends_.clear();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  void send(int port, const Bytes& bytes) {
    Buffer* frame = make_buffer(pool_, bytes);
    const TxResult result = end(port).tx_burst({&frame, 1}, counters_);
    ASSERT_EQ(result.taken - result.refused, 1U);
  }
  // What waits at the far end of `port`; waits itself until there is something.
  std::vector<Bytes> receive(int port, int timeout_ms) {
    pollfd waiting{end(port).poll_fd(), POLLIN, 0};
    poll(&waiting, 1, timeout_ms);
    std::array<Buffer*, kBurstFrames> burst;
    std::vector<Bytes> out;
    const std::size_t count = end(port).rx_burst(burst, counters_);
    for (std::size_t at = 0; at < count; ++at) {
      out.emplace_back(burst[at]->pkt_len);
      read_buffer(*burst[at], out.back());
      free_buffer(burst[at]);
    }
    return out;
  }

 private:
  PacketPort& end(int port) { return *ends_[static_cast<std::size_t>(port)]; }

  HeapBuffers pool_{8192};
  PortCounters counters_;
  std::vector<std::unique_ptr<PacketPort>> ends_;
};

// A frame and the port that it goes into.
struct Sent {
  int port = 0;
  Bytes bytes;
  bool reserved = false;
};

// Few stations, so that they are known, move and are on the same port as each other.
class Traffic {
 public:
  Sent next() {
    Sent sent;
    sent.port = static_cast<int>(random_() % kPorts);
    MacAddress destination = station(random_() % 12);
    MacAddress source = station(random_() % 12);
    switch (random_() % 12) {
      case 0:
        destination = MacAddress::broadcast();
        break;
      case 1:
        destination = {{0x33, 0x33, 0, 0, 0, 1}};
        break;
      case 2:
        destination = station(1000 + random_() % 100);
        break;  // heard of by nobody
      case 3:
        source = MacAddress{};
        break;
      case 4:
        source.octets[0] |= 1U;
        break;
      case 5:
        destination = {{0x01, 0x80, 0xc2, 0, 0, static_cast<std::uint8_t>(random_() % 16)}};
        source = station(5000 + static_cast<std::uint32_t>(sent.port));
        sent.reserved = true;
        break;
      default:
        break;
    }
    sent.bytes = test::ethernet(destination, source, 0x88b5, 4 + random_() % 1497);
    const std::uint32_t number = number_++;
    std::memcpy(&sent.bytes[14], &number, sizeof(number));
    return sent;
  }

 private:
  static MacAddress station(std::uint64_t n) {
    return test::station(static_cast<std::uint32_t>(n));
  }
  std::mt19937_64 random_{20261124};
  std::uint32_t number_ = 0;
};

std::uint32_t number_of(const Bytes& frame) {
  std::uint32_t number = 0;
  std::memcpy(&number, &frame[14], sizeof(number));
  return number;
}

using Ways = std::map<std::uint32_t, std::set<int>>;  // frame number to ports that it left by

// Sends a batch through the kernel, then one frame to everybody: once that is there, all are.
void through_kernel(KernelBridge& bridge, const std::vector<Sent>& batch, Ways& ways) {
  for (const Sent& sent : batch) bridge.send(sent.port, sent.bytes);
  constexpr std::uint32_t kFence = UINT32_MAX;
  std::set<int> waiting;
  for (int port = 0; port < kPorts; ++port) {
    Bytes fence = test::ethernet(MacAddress::broadcast(), test::station(9000));
    std::memcpy(&fence[14], &kFence, sizeof(kFence));
    if (port == 0) bridge.send(port, fence);
    if (port != 0) waiting.insert(port);
  }
  // Port 0 gets its own fence from port 1.
  Bytes back = test::ethernet(test::station(9000), test::station(9001));
  std::memcpy(&back[14], &kFence, sizeof(kFence));
  bridge.send(1, back);
  waiting.insert(0);
  while (!waiting.empty()) {
    const int port = *waiting.begin();
    const auto frames = bridge.receive(port, 2000);
    ASSERT_FALSE(frames.empty()) << "port " << port << " has lost its fence";
    for (const Bytes& frame : frames) {
      if (number_of(frame) == kFence)
        waiting.erase(port);
      else
        ways[number_of(frame)].insert(port);
    }
  }
}

TEST(BridgeOracle, EveryFrameLeavesWhereTheKernelsBridgeSendsIt) {
  if (!test::enter_network_namespace()) GTEST_SKIP() << "network namespaces: " << strerror(errno);
  int status = 0;
  test::output_of("ip link add probe type bridge && ip link del probe", &status);
  if (status != 0) GTEST_SKIP() << "this kernel has no bridge";

  KernelBridge kernel;
  test::MemorySwitch ours;
  test::ReferenceBridge reference(kPorts);
  std::vector<PortId> ports;
  for (int port = 0; port < kPorts; ++port) {
    ports.push_back(ours.add(std::to_string(port), PortSettings::for_trunk()));
  }
  Traffic traffic;
  for (std::size_t done = 0; done < kFrames; done += kBatch) {
    std::vector<Sent> batch(kBatch);
    for (Sent& sent : batch) sent = traffic.next();
    Ways of_kernel;
    through_kernel(kernel, batch, of_kernel);
    if (HasFatalFailure()) return;
    for (const Sent& sent : batch) {
      ours.send(ports[static_cast<std::size_t>(sent.port)], sent.bytes);
      std::set<int> of_ours;
      for (int port = 0; port < kPorts; ++port) {
        for (const Bytes& frame : ours.take(ports[static_cast<std::size_t>(port)])) {
          EXPECT_EQ(frame, sent.bytes);
          of_ours.insert(port);
        }
      }
      ASSERT_EQ(of_ours, reference.forward(sent.port, sent.bytes));
      if (sent.reserved) {
        ASSERT_TRUE(of_ours.empty());
        continue;
      }
      ASSERT_EQ(of_ours, of_kernel[number_of(sent.bytes)]) << "frame " << number_of(sent.bytes);
    }
  }
}

}  // namespace
}  // namespace laneway

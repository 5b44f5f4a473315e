// QEMU as the peer of a stream port: what its network boot says comes in, again after it was
// killed.
#include <array>
#include <chrono>

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "ports/peer_source.h"
#include "ports/stream_port.h"
#include "switch/burst.h"
#include "tests/netns/network_namespace.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

constexpr MacAddress kGuest{{0x52, 0x54, 0, 0, 0, 1}};

class Qemu {
 public:
  explicit Qemu(const std::string& socket) : pid_(fork()) {
    if (pid_ != 0) return;
    const std::string netdev = "stream,id=n1,server=off,addr.type=unix,addr.path=" + socket;
    execlp("qemu-system-x86_64", "qemu-system-x86_64", "-m", "64", "-display", "none", "-serial",
           "none", "-monitor", "none", "-accel", "tcg", "-boot", "n", "-netdev", netdev.c_str(),
           "-device", "virtio-net-pci,netdev=n1,mac=52:54:00:00:00:01", nullptr);
    _exit(127);
  }
  ~Qemu() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

// True once the guest has asked for an address.
bool hears_dhcp(StreamPort& port, PortCounters& counters) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{80};
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{port.poll_fd(), POLLIN, 0};
    poll(&waiting, 1, 1000);
    std::array<Buffer*, kBurstFrames> burst;
    const std::size_t count = port.rx_burst(burst, counters);
    bool heard = false;
    for (std::size_t at = 0; at < count; ++at) {
      const Frame frame = frame_of(burst[at], PortId{0});
      heard |= frame.source() == kGuest && frame.destination().is_broadcast() &&
               frame.ether_type() == 0x0800;
      free_buffer(burst[at]);
    }
    if (heard) return true;
  }
  return false;
}

TEST(QemuStream, KilledAndStartedAgainItsFramesComeIn) {
  int status = 0;
  test::output_of("command -v qemu-system-x86_64", &status);
  if (status != 0) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  const auto is_there = [](const char* rom) { return access(rom, R_OK) == 0; };
  if (!is_there("/usr/lib/ipxe/qemu/pxe-virtio.rom") && !is_there("/usr/share/qemu/pxe-virtio.rom"))
    GTEST_SKIP() << "QEMU's boot ROMs (ipxe-qemu) are not installed";

  const test::TemporaryFolder folder;
  const std::string path = folder.file("vm.sock");
  HeapBuffers pool;
  PortCounters counters;
  StreamPort port(path, listen_on_stream(path, 0600), pool, 1522);
  for (int start = 0; start < 2; ++start) {
    const Qemu guest(path);
    ASSERT_TRUE(hears_dhcp(port, counters)) << "start " << start;
    EXPECT_EQ(port.link(), LinkState::Up);
  }
  std::array<Buffer*, kBurstFrames> rest;
  while (port.link() == LinkState::Up) {
    const std::size_t count = port.rx_burst(rest, counters);
    for (std::size_t at = 0; at < count; ++at) free_buffer(rest[at]);
  }
  EXPECT_EQ(port.last_end(), StreamPort::End::Closed);
}

}  // namespace
}  // namespace laneway

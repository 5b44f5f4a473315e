#include "ports/tap_port.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "ports/open_port.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "tests/netns/network_namespace.h"

namespace laneway {
namespace {

using test::run;

using Bytes = std::vector<std::byte>;

// A tap alone.
class NetnsTap : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::enter_network_namespace()) GTEST_SKIP() << "network namespaces: " << strerror(errno);
    if (access("/dev/net/tun", W_OK) != 0) GTEST_SKIP() << "/dev/net/tun: " << strerror(errno);
  }
  ~NetnsTap() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }
  void open() {
    port_ = std::make_unique<TapPort>(
        open_tap({.name = "lwt0", .mac = MacAddress{{2, 0, 0, 0, 0, 9}}, .mtu = 1400, .up = true}),
        pool_, frame_bytes(1400), true);
  }
  std::size_t receive() {
    std::array<Buffer*, kBurstFrames> burst;
    const std::size_t count = port_->rx_burst(burst, counters_);
    for (std::size_t at = 0; at < count; ++at) free_buffer(burst[at]);
    return count;
  }
  TxResult transmit(const Bytes& bytes) {
    Buffer* frame = make_buffer(pool_, bytes);
    const TxResult result = port_->tx_burst({&frame, 1}, counters_);
    if (result.taken == 0) free_buffer(frame);
    return result;
  }
  static std::string shown() { return test::output_of("ip link show lwt0"); }

  HeapBuffers pool_;
  PortCounters counters_;
  std::unique_ptr<TapPort> port_;
};

TEST_F(NetnsTap, InterfaceIsAsAskedForAndGoesWithThePort) {
  open();
  EXPECT_NE(shown().find("mtu 1400"), std::string::npos) << shown();
  EXPECT_NE(shown().find("02:00:00:00:00:09"), std::string::npos) << shown();
  port_.reset();
  EXPECT_NE(shown().find("does not exist"), std::string::npos) << shown();
}

TEST_F(NetnsTap, CarrierIsShownToTheGuest) {
  open();
  EXPECT_NE(shown().find("LOWER_UP"), std::string::npos) << shown();
  port_->show_link(false);
  EXPECT_NE(shown().find("NO-CARRIER"), std::string::npos) << shown();
  port_->show_link(true);
  EXPECT_NE(shown().find("LOWER_UP"), std::string::npos) << shown();
}

TEST_F(NetnsTap, NameThatIsTakenIsInUse) {
  open();
  run("ip link add dummy0 type veth peer name dummy1");
  for (const char* name : {"lwt0", "dummy0"}) {
    try {
      open_tap({.name = name});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InUse) << error.what();
      EXPECT_FALSE(error.fix().empty());
    }
  }
}

TEST_F(NetnsTap, InterfaceThatIsSetDownCountsAndComesBack) {
  open();
  run("ip link set lwt0 down");
  EXPECT_EQ(transmit(Bytes(60)).refused, 1U);
  EXPECT_EQ(counters_.drop_frames[index(Drop::LinkDown)].get(), 1U);
  receive();
  EXPECT_EQ(port_->link(), LinkState::Up);
  run("ip link set lwt0 up");
  EXPECT_EQ(transmit(Bytes(60)).refused, 0U);
}

TEST_F(NetnsTap, InterfaceThatIsDeletedBreaksThePortUntilReopened) {
  open();
  receive();
  run("ip link del lwt0");
  receive();
  EXPECT_EQ(port_->link(), LinkState::Broken);
  EXPECT_EQ(transmit(Bytes(60)).refused, 1U);
  pollfd waiting{port_->poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  port_->reopen(open_tap({.name = "lwt0", .up = true}));
  EXPECT_EQ(port_->link(), LinkState::Up);
  EXPECT_EQ(transmit(Bytes(60)).refused, 0U);
}

}  // namespace
}  // namespace laneway

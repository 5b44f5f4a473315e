#include "ports/packet_port.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "ports/open_port.h"
#include "ports/vnet_header.h"
#include "switch/burst.h"
#include "switch/error.h"
#include "tests/netns/network_namespace.h"
#include "tests/ports/plain_frame.h"

namespace laneway {
namespace {

using test::Bytes;
using test::PlainFrame;
using test::run;

using Frames = std::vector<Bytes>;

// One packet port alone; `far` is the other end of its cable.
class NetnsPacket : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::enter_network_namespace()) GTEST_SKIP() << "network namespaces: " << strerror(errno);
    plug_in();
  }
  ~NetnsPacket() override {
    port_.reset();
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  // Silent interfaces: IPv6 speaks by itself.
  static void plug_in() {
    run("ip link add near type veth peer name far");
    for (const char* name : {"near", "far"}) {
      run(std::string("sysctl -qw net.ipv6.conf.") + name + ".disable_ipv6=1");
      run(std::string("ip link set ") + name + " up");
    }
  }
  void open(const PacketFilter& filter = all_frames(), bool promiscuous = false) {
    port_ = std::make_unique<PacketPort>(open_packet_socket({"near", promiscuous, filter}), pool_,
                                         frame_bytes(1500), true);
  }
  static Descriptor raw(const std::string& interface) {
    return open_packet_socket({interface, true, all_frames()});
  }
  // Sends `frame` out by `interface`.
  static void send(const std::string& interface, const Bytes& frame,
                   const VnetHeader& header = {}) {
    Bytes bytes(kVnetHeaderBytes);
    std::memcpy(bytes.data(), &header, kVnetHeaderBytes);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    const Descriptor socket = raw(interface);
    ASSERT_EQ(write(socket.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()))
        << strerror(errno);
  }
  Frames receive() {
    std::array<Buffer*, kBurstFrames> burst;
    Frames out;
    const std::size_t count = port_->rx_burst(burst, counters_);
    for (std::size_t at = 0; at < count; ++at) {
      out.emplace_back(burst[at]->pkt_len);
      read_buffer(*burst[at], out.back());
      free_buffer(burst[at]);
    }
    return out;
  }
  TxResult transmit(const Bytes& bytes) {
    Buffer* frame = make_buffer(pool_, bytes);
    const TxResult result = port_->tx_burst({&frame, 1}, counters_);
    if (result.taken == 0) free_buffer(frame);
    return result;
  }
  bool wakes() const {
    pollfd waiting{port_->poll_fd(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

  HeapBuffers pool_;
  PortCounters counters_;
  std::unique_ptr<PacketPort> port_;
};

Bytes to(const Bytes& mac, Bytes frame) {
  std::copy(mac.begin(), mac.end(), frame.begin());
  return frame;
}
Bytes bytes_of(std::initializer_list<int> numbers) {
  Bytes bytes;
  for (const int number : numbers) bytes.push_back(static_cast<std::byte>(number));
  return bytes;
}
const Bytes kBroadcast = bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
const Bytes kStation = bytes_of({2, 0, 0, 0, 0, 1});

TEST_F(NetnsPacket, Pkt1_NeitherTheHostsFramesNorOursComeBack) {
  open();
  const Bytes frame = to(kBroadcast, PlainFrame{.payload = 10}.bytes());
  send("near", frame);
  EXPECT_EQ(transmit(frame).refused, 0U);
  EXPECT_TRUE(receive().empty());
  send("far", frame);
  EXPECT_EQ(receive(), Frames{frame});
}

TEST_F(NetnsPacket, FramesOfEverySizeComeAsTheyLeft) {
  run("ip link set near mtu 65521 && ip link set far mtu 65521");
  open(all_frames(), true);
  for (const std::size_t payload : {0U, 5U, 1960U, 1994U, 1995U, 4000U, 65400U}) {
    const Bytes frame = PlainFrame{.payload = payload}.bytes();
    send("far", frame);
    EXPECT_EQ(receive(), Frames{frame}) << payload;
  }
  EXPECT_FALSE(wakes());
}

TEST_F(NetnsPacket, TagThatTheKernelTookOffIsPutBack) {
  open(all_frames(), true);
  for (const std::size_t tags : {1U, 2U}) {
    const Bytes frame = PlainFrame{.tags = tags, .payload = 30}.bytes();
    send("far", frame);
    EXPECT_EQ(receive(), Frames{frame}) << tags;
  }
}

TEST_F(NetnsPacket, TaggedLargeFrameKeepsTagAndOffloads) {
  open(all_frames(), true);
  for (const bool v6 : {false, true}) {
    const PlainFrame plain{.v6 = v6, .tags = 1, .payload = 30000};
    const VnetHeader header{.flags = VnetHeader::kNeedsChecksum,
                            .gso_type = v6 ? VnetHeader::kGsoTcp6 : VnetHeader::kGsoTcp4,
                            .header_bytes = static_cast<std::uint16_t>(plain.headers()),
                            .segment_bytes = 1400,
                            .checksum_start = static_cast<std::uint16_t>(plain.transport()),
                            .checksum_offset = 16};
    send("far", plain.unsummed(), header);
    Buffer* frame = nullptr;
    ASSERT_EQ(port_->rx_burst({&frame, 1}, counters_), 1U);
    EXPECT_EQ(vnet_header_of(*frame), header);
    Bytes bytes(frame->pkt_len);
    read_buffer(*frame, bytes);
    EXPECT_EQ(bytes, plain.unsummed());
    free_buffer(frame);
  }
}

TEST_F(NetnsPacket, FrameLongerThanTheInterfaceTakesIsTooLong) {
  open();
  EXPECT_EQ(transmit(Bytes(1514)).refused, 0U);
  EXPECT_EQ(transmit(Bytes(1523)).refused, 1U);  // of the port's own knowledge
  EXPECT_EQ(transmit(Bytes(1519)).refused, 1U);  // the kernel says so
  EXPECT_EQ(counters_.drop_frames[index(Drop::TooLong)].get(), 2U);
}

TEST_F(NetnsPacket, PromiscuousOnlyWhileOpen) {
  const auto count = [](const char* what) {
    const std::string text = test::output_of("ip -d link show near");
    const auto at = text.find(what);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + std::string(what).size()));
  };
  open(all_frames(), true);
  EXPECT_EQ(count("promiscuity "), 1);
  EXPECT_EQ(count("allmulti "), 1);
  port_.reset();
  EXPECT_EQ(count("promiscuity "), 0);
  EXPECT_EQ(count("allmulti "), 0);
  open();
  EXPECT_EQ(count("promiscuity "), 0);
}

TEST_F(NetnsPacket, InterfaceThatIsSetDownComesBack) {
  open();
  run("ip link set near down");
  EXPECT_TRUE(wakes());
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Down);
  EXPECT_FALSE(wakes());
  EXPECT_EQ(transmit(Bytes(60)).refused, 1U);
  EXPECT_EQ(counters_.drop_frames[index(Drop::LinkDown)].get(), 1U);
  run("ip link set near up");
  send("far", to(kBroadcast, Bytes(60)));
  EXPECT_EQ(receive().size(), 1U);
  EXPECT_EQ(port_->link(), LinkState::Up);
}

TEST_F(NetnsPacket, InterfaceThatIsDeletedAndMadeAgainIsReopened) {
  open();
  const int descriptor = port_->poll_fd();
  run("ip link del near");
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(port_->link(), LinkState::Down);
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(transmit(Bytes(60)).refused, 1U);
  EXPECT_FALSE(wakes());

  plug_in();
  port_->reopen(open_packet_socket({"near", false, all_frames()}));
  EXPECT_EQ(port_->link(), LinkState::Up);
  EXPECT_EQ(port_->poll_fd(), descriptor);
  send("far", to(kBroadcast, Bytes(60)));
  EXPECT_TRUE(wakes());
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(NetnsPacket, CarrierIsWhatTheControlPlaneSays) {
  open();
  port_->set_carrier(false);
  EXPECT_EQ(port_->link(), LinkState::Down);
  send("far", to(kBroadcast, Bytes(60)));
  receive();
  EXPECT_EQ(port_->link(), LinkState::Down);
  port_->set_carrier(true);
  EXPECT_EQ(port_->link(), LinkState::Up);
}

TEST_F(NetnsPacket, EmptyPoolIsCountedAndOver) {
  open();
  std::vector<Buffer*> all;
  while (Buffer* one = pool_.allocate(60)) all.push_back(one);
  send("far", to(kBroadcast, Bytes(77)));
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(counters_.drop_frames[index(Drop::NoBuffer)].get(), 1U);
  EXPECT_EQ(counters_.drop_bytes[index(Drop::NoBuffer)].get(), 77U);
  for (Buffer* one : all) free_buffer(one);
  send("far", to(kBroadcast, Bytes(77)));
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(NetnsPacket, FilterThatComesLaterHearsNothingFromBefore) {
  open(no_frames());
  send("far", to(kBroadcast, Bytes(60)));
  EXPECT_FALSE(wakes());
}

TEST_F(NetnsPacket, InterfaceThatIsNotThereIsNoNic) {
  try {
    open_packet_socket({"nothing", false, all_frames()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NoNic);
    EXPECT_EQ(error.subject(), "nothing");
  }
}

TEST_F(NetnsPacket, Pkt2_PlainUplinkHearsAllButTheAdaptersOwn) {
  MacAddress adapter{{2, 0, 0, 0, 0, 1}};
  open(plain_uplink_frames(adapter), true);
  Bytes near_miss = kStation;
  near_miss[0] = std::byte{6};
  const auto heard = [&](const Bytes& mac) {
    send("far", to(mac, Bytes(60)));
    return receive().size() == 1;
  };
  EXPECT_FALSE(heard(kStation));
  EXPECT_TRUE(heard(near_miss));
  near_miss = kStation;
  near_miss[5] = std::byte{2};
  EXPECT_TRUE(heard(near_miss));
  EXPECT_TRUE(heard(kBroadcast));
}

class NetnsTranslated : public NetnsPacket {
 protected:
  static Bytes v4(std::initializer_list<int> destination, int protocol = 17, int port = 9) {
    Bytes frame = to(kStation, PlainFrame{.tcp = false, .payload = 20}.bytes());
    const Bytes address = bytes_of(destination);
    std::copy(address.begin(), address.end(), frame.begin() + 30);
    frame[23] = static_cast<std::byte>(protocol);
    test::put16(frame, 36, static_cast<std::size_t>(port));
    return frame;
  }
  static Bytes v6(const Ipv6Address& destination, int next_header = 17, int type = 0) {
    Bytes frame = to(kStation, PlainFrame{.v6 = true, .tcp = false, .payload = 20}.bytes());
    std::copy(destination.octets.begin(), destination.octets.end(),
              reinterpret_cast<std::uint8_t*>(frame.data()) + 38);
    frame[20] = static_cast<std::byte>(next_header);
    frame[54] = static_cast<std::byte>(type);
    return frame;
  }
  bool heard(const Bytes& frame) {
    send("far", frame);
    return receive() == Frames{frame};
  }
};

TEST_F(NetnsTranslated, Pkt2_HostsBulkTrafficIsNotHeard) {
  const auto host4 = *IpAddress::parse("192.168.1.23");
  const auto host6 = *IpAddress::parse("fd00::23");
  open(translated_uplink_frames(
           std::array{host4, *IpAddress::parse("10.0.0.1"), host6, *IpAddress::parse("fe80::23")}),
       true);
  EXPECT_FALSE(heard(v4({192, 168, 1, 23})));
  EXPECT_FALSE(heard(v4({10, 0, 0, 1}, 6)));
  EXPECT_TRUE(heard(v4({192, 168, 1, 24})));
  EXPECT_TRUE(heard(v4({10, 0, 0, 2}, 6)));
  EXPECT_TRUE(heard(v4({192, 168, 1, 23}, 17, 68))) << "DHCP to a client";
  EXPECT_TRUE(heard(v4({192, 168, 1, 23}, 17, 67))) << "DHCP to a guest's relay agent";
  EXPECT_FALSE(heard(v4({192, 168, 1, 23}, 17, 69)));
  EXPECT_FALSE(heard(v4({192, 168, 1, 23}, 6, 67)));
  EXPECT_FALSE(heard(v4({192, 168, 1, 23}, 6, 68)));
  EXPECT_FALSE(heard(v6(host6.v6())));
  EXPECT_FALSE(heard(v6(*Ipv6Address::parse("fe80::23"), 6)));
  EXPECT_TRUE(heard(v6(*Ipv6Address::parse("fd00::24"))));
  EXPECT_TRUE(heard(v6(*Ipv6Address::parse("fd01::23"))));
  for (const int type : {133, 134, 135, 136, 137}) {
    EXPECT_TRUE(heard(v6(host6.v6(), 58, type))) << type;
  }
  EXPECT_FALSE(heard(v6(host6.v6(), 58, 128))) << "the host's own ping";
  EXPECT_FALSE(heard(v6(host6.v6(), 58, 138)));
}

TEST_F(NetnsTranslated, Pkt2_GroupFramesAndArpAreHeardTagsAndOtherUnicastNot) {
  open(translated_uplink_frames(std::array{*IpAddress::parse("192.168.1.23")}), true);
  EXPECT_TRUE(heard(to(kBroadcast, v4({192, 168, 1, 23}))));
  Bytes frame = to(kStation, Bytes(60));
  test::put16(frame, 12, 0x0806);
  EXPECT_TRUE(heard(frame));
  test::put16(frame, 12, 0x888e);
  EXPECT_FALSE(heard(frame)) << "EAPOL is the host's";
  EXPECT_TRUE(heard(to(kBroadcast, frame)));
  PlainFrame tagged{.tags = 1, .payload = 20};
  EXPECT_FALSE(heard(to(kStation, tagged.bytes())));
  EXPECT_TRUE(heard(to(kBroadcast, tagged.bytes())));
  Bytes priority = tagged.bytes();
  test::put16(priority, 14, 0xa000);  // VID 0
  EXPECT_TRUE(heard(to(kStation, priority)));
}

TEST_F(NetnsTranslated, Pkt2_FilterHoldsAsManyAddressesAsANetworkHas) {
  std::vector<IpAddress> host;
  for (std::uint32_t n = 0; n < 300; ++n) {
    Ipv6Address address = *Ipv6Address::parse("fd00::");
    address.octets[14] = static_cast<std::uint8_t>(n >> 8U);
    address.octets[15] = static_cast<std::uint8_t>(n);
    host.emplace_back(address);
  }
  open(translated_uplink_frames(host), true);
  EXPECT_FALSE(heard(v6(host[0].v6())));
  EXPECT_FALSE(heard(v6(host[255].v6())));
  EXPECT_TRUE(heard(v6(host[256].v6())));
}

}  // namespace
}  // namespace laneway

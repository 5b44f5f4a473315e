#include "switch/wire/dhcp.h"

#include <gtest/gtest.h>

#include "switch/wire/dhcpv6.h"
#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {
namespace {

std::vector<std::byte> joined(std::initializer_list<std::vector<std::byte>> parts) {
  std::vector<std::byte> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const auto kAck = joined(
    {octets("0200 0000 0001 0200 0000 00fe 0800 4500 0148 0000 0000 4011 ea49 c0a8 0701 c0a8 "
            "070a 0043 0044 0134 08d5 0201 0600 3903 f326 0000 0000 0000 0000 c0a8 070a 0000 "
            "0000 0000 0000 0200 0000 0001"),
     std::vector<std::byte>(202),  // the rest of chaddr, sname, file
     octets("6382 5363 3501 0536 04c0 a807 0133 0400 000e 1001 04ff ffff 0003 04c0 a807 01ff"),
     std::vector<std::byte>(32)});
constexpr std::size_t kUdpAt = kEthernetBytes + Ipv4View::kMinSize;
constexpr std::size_t kBootpAt = kUdpAt + UdpView::kSize;
constexpr std::size_t kOptionsAt = kBootpAt + DhcpView::kOptions;
const MacPair kToGuest{.destination = kGuest, .source = kRouter};
const Ipv4Fields kFromRouter{.source = kRouter4, .destination = kGuest4};
const DhcpFields kAckFields{.op = BootpOp::Reply,
                            .type = DhcpType::Ack,
                            .xid = 0x3903f326,
                            .yiaddr = kGuest4,
                            .chaddr = kGuest,
                            .server_id = kRouter4,
                            .subnet_mask = Ipv4Address{0xffffff00},
                            .router = kRouter4,
                            .lease_time_s = 3600};

// A frame and the views of what lies in it.
struct Message {
  explicit Message(std::span<std::byte> frame)
      : ip(*Ipv4View::parse(frame.subspan(kEthernetBytes))),
        udp(*UdpView::parse(ip)),
        dhcp(DhcpView::parse(udp)) {}
  Ipv4View ip;
  UdpView udp;
  std::optional<DhcpView> dhcp;
};

// kAck with its options replaced; whatever the checksum.
std::vector<std::byte> ack_with(std::string_view options) {
  auto frame = kAck;
  const auto bytes = octets(options);
  std::fill(frame.begin() + kOptionsAt, frame.end(), std::byte{0});
  std::copy(bytes.begin(), bytes.end(), frame.begin() + kOptionsAt);
  return frame;
}

bool is_whole(std::string_view options) {
  ExactCopy copy(ack_with(options));
  return Message(copy.bytes()).dhcp->options_whole();
}

TEST(Dhcp, Parses) {
  ExactCopy copy(kAck);
  EXPECT_TRUE(Message(copy.bytes()).dhcp);
}

TEST(Dhcp, ReadsEveryField) {
  ExactCopy copy(kAck);
  const Message message(copy.bytes());
  const auto& dhcp = message.dhcp;
  ASSERT_TRUE(dhcp && dhcp->options_whole());
  EXPECT_TRUE(message.udp.checksum_valid(message.ip));
  EXPECT_TRUE(dhcp->is(BootpOp::Reply));
  EXPECT_EQ(dhcp->hlen(), 6);
  EXPECT_EQ(dhcp->xid(), 0x3903f326U);
  EXPECT_FALSE(dhcp->is_broadcast());
  EXPECT_TRUE(dhcp->ciaddr().is_unspecified() && dhcp->giaddr().is_unspecified());
  EXPECT_TRUE(dhcp->siaddr().is_unspecified());
  EXPECT_EQ(dhcp->yiaddr(), kGuest4);
  EXPECT_EQ(dhcp->chaddr(), kGuest);
  EXPECT_EQ(dhcp->message_type(), DhcpType::Ack);
  EXPECT_EQ(dhcp->server_id(), kRouter4);
  EXPECT_EQ(dhcp->router(), kRouter4);
  EXPECT_EQ(dhcp->subnet_mask(), Ipv4Address{0xffffff00});
  EXPECT_EQ(dhcp->lease_time_s(), 3600U);
  EXPECT_FALSE(dhcp->requested_ip() || dhcp->find(DhcpOption::ClientId));
}

TEST(Dhcp, BuildsTheFrame) {
  std::array<std::byte, kDhcpFrameBytes> room;
  EXPECT_EQ(vector_of(build_dhcp(room, kToGuest, kFromRouter, kAckFields)), kAck);
}

TEST(Dhcp, RoundTripOfARequest) {
  const auto client_id = octets("0102 0000 0000 01");
  std::array<std::byte, kDhcpFrameBytes> room;
  const auto frame = build_dhcp(room, {MacAddress::broadcast(), kGuest},
                                {.source = {}, .destination = Ipv4Address{0xffffffff}},
                                {.type = DhcpType::Request,
                                 .xid = 7,
                                 .broadcast = true,
                                 .ciaddr = kGuest4,
                                 .giaddr = kRouter4,
                                 .chaddr = kGuest,
                                 .requested_ip = kGuest4,
                                 .client_id = client_id});
  const Message message(frame);
  ASSERT_TRUE(message.dhcp && message.dhcp->options_whole());
  EXPECT_EQ(message.udp.ports(), (UdpPorts{kDhcpClientPort, kDhcpServerPort}));
  EXPECT_TRUE(message.dhcp->is(BootpOp::Request) && message.dhcp->is_broadcast());
  EXPECT_EQ(message.dhcp->ciaddr(), kGuest4);
  EXPECT_EQ(message.dhcp->giaddr(), kRouter4);
  EXPECT_EQ(message.dhcp->message_type(), DhcpType::Request);
  EXPECT_EQ(message.dhcp->requested_ip(), kGuest4);
  EXPECT_EQ(vector_of(*message.dhcp->find(DhcpOption::ClientId)), client_id);
  EXPECT_TRUE(message.udp.checksum_valid(message.ip));
}

TEST(Dhcp, TruncatedIsNeverReadPastItsEnd) {
  for_every_length(kAck, [](std::span<std::byte> bytes) {
    if (bytes.size() < kBootpAt) return;
    const auto ip = Ipv4View::parse(bytes.subspan(kEthernetBytes), kAck.size());
    const auto dhcp = DhcpView::parse(*UdpView::parse(*ip));
    ASSERT_EQ(dhcp.has_value(), bytes.size() >= kBootpAt + DhcpView::kHeadSize);
    if (!dhcp) return;
    EXPECT_EQ(dhcp->chaddr(), kGuest);
    EXPECT_EQ(dhcp->has_cookie(), bytes.size() >= kOptionsAt);
    EXPECT_EQ(dhcp->options_whole(), bytes.size() >= kOptionsAt + 28);
    EXPECT_EQ(dhcp->message_type().has_value(), bytes.size() >= kOptionsAt + 3);
    EXPECT_EQ(dhcp->router().has_value(), bytes.size() >= kOptionsAt + 27);
  });
}

TEST(Dhcp, Dhcp6_OptionsAreWholeOnlyIfEachLiesInsideAndOneEndsThem) {
  EXPECT_TRUE(is_whole("ff"));
  EXPECT_TRUE(is_whole("0000 3501 05ff"));
  EXPECT_FALSE(is_whole("3501 05"));       // zeros are pads, and nothing ends them
  EXPECT_FALSE(is_whole("3501 0533 ff"));  // a length past the end
  EXPECT_TRUE(is_whole("3500 ff"));        // an option may be empty
}

TEST(Dhcp, OptionsOfAnotherSizeAreNotRead) {
  ExactCopy copy(ack_with("3502 0505 3303 0000 0104 02ff ff03 05c0 a807 0100 ff"));
  const auto dhcp = Message(copy.bytes()).dhcp;
  EXPECT_FALSE(dhcp->message_type() || dhcp->lease_time_s() || dhcp->router());
}

TEST(Dhcp, Dhcp8_BootpHasNoCookie) {
  std::array<std::byte, kDhcpFrameBytes> room;
  const auto frame =
      build_dhcp(room, kToGuest, kFromRouter, {.op = BootpOp::Reply, .xid = 1, .chaddr = kGuest});
  const Message message(frame);
  EXPECT_EQ(message.udp.payload().size(), 300U);
  EXPECT_FALSE(message.dhcp->has_cookie() || message.dhcp->options_whole());
  EXPECT_FALSE(message.dhcp->message_type());
}

TEST(Dhcp, Dhcp1_FirstFragmentHoldsTheFlag) {
  ExactCopy copy(std::span<const std::byte>(kAck).first(kBootpAt + DhcpView::kHeadSize));
  auto l3 = copy.bytes().subspan(kEthernetBytes);
  store_be16(&l3[Ipv4View::kTotalLength], static_cast<std::uint16_t>(l3.size()));
  store_be16(&l3[Ipv4View::kFragment], 0x2000);
  Message message(copy.bytes());
  ASSERT_TRUE(message.dhcp);
  message.dhcp->set_broadcast(message.udp, ChecksumEdit::Update);
  EXPECT_TRUE(message.dhcp->is_broadcast());
}

// All checksums come up as the transaction's lower half runs through all values.
TEST(Dhcp, Edit1_Edit2_G09_FlagEditAgainstTheFullSumForEveryChecksum) {
  ExactCopy copy(kAck);
  Message message(copy.bytes());
  std::byte* const xid = &copy.bytes()[kBootpAt + DhcpView::kXid];
  std::byte* const flags = &copy.bytes()[kBootpAt + DhcpView::kFlags];
  int zeros = 0;
  for (std::uint32_t low = 0; low <= 0xffff; ++low) {
    store_be16(flags, 0);
    store_be16(xid, static_cast<std::uint16_t>(low));
    message.udp.set_checksum(0);
    const auto bytes = copy.bytes().subspan(kUdpAt);
    InternetSum sum = message.ip.pseudo_header(bytes.size());
    message.udp.set_checksum(udp_field(sum.add(bytes).checksum()));
    message.dhcp->set_broadcast(message.udp, ChecksumEdit::Update);
    ASSERT_NE(message.udp.checksum(), 0);
    ASSERT_TRUE(message.udp.checksum_valid(message.ip)) << low;
    zeros += message.udp.checksum() == 0xffff ? 1 : 0;
  }
  EXPECT_GE(zeros, 1);  // the case of EDIT-2 was among them
}

TEST(Dhcp, Edit2_AbsentChecksumStaysAbsent) {
  ExactCopy copy(kAck);
  Message message(copy.bytes());
  message.udp.set_checksum(0);
  message.dhcp->set_broadcast(message.udp, ChecksumEdit::Update);
  EXPECT_EQ(message.udp.checksum(), 0);
}

TEST(Dhcp, Edit3_ChecksumLeftToOthersIsNotTouched) {
  ExactCopy copy(kAck);
  Message message(copy.bytes());
  const auto before = message.udp.checksum();
  message.dhcp->set_broadcast(message.udp, ChecksumEdit::Leave);
  EXPECT_EQ(message.udp.checksum(), before);
  EXPECT_TRUE(message.dhcp->is_broadcast());
}

std::optional<Dhcpv6Type> type_of(UdpPorts ports, std::span<const std::byte> payload) {
  std::array<std::byte, 128> room;
  const auto frame = FrameBuilder(room)
                         .ethernet(kToGuest)
                         .ipv6({.source = kRouterLocal, .destination = kGuestLocal})
                         .udp(ports)
                         .bytes(payload)
                         .finish();
  ExactCopy copy(frame.subspan(kEthernetBytes));
  const auto ip = Ipv6View::parse(copy.bytes());
  return dhcpv6_type(*UdpView::parse(*ip, ip->walk()));
}

TEST(Dhcpv6, Dhcp4_ServersMessagesAreToldApart) {
  EXPECT_EQ(type_of({547, 546}, octets("0700 0001")), Dhcpv6Type::Reply);
  EXPECT_EQ(type_of({546, 547}, octets("01")), Dhcpv6Type::Solicit);
  EXPECT_FALSE(type_of({546, 547}, {}));
  EXPECT_FALSE(type_of({53, 5353}, octets("07")));
  EXPECT_TRUE(is_server_message(Dhcpv6Type::Advertise));
  EXPECT_FALSE(is_server_message(Dhcpv6Type::Solicit));
}

}  // namespace
}  // namespace laneway::wire

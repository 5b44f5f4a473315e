#include "switch/port_spec.h"

#include <gtest/gtest.h>

#include "switch/error.h"

namespace laneway {
namespace {

Error error_of(std::string_view text) {
  try {
    parse_port_spec(text);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::Internal, "nothing was thrown");
}

TEST(PortSpec, DefaultsAreThoseOfEachKind) {
  const PortSpec memory = parse_port_spec("memory:a");
  EXPECT_EQ(memory.kind, PortKind::Memory);
  EXPECT_EQ(memory.where, "a");
  EXPECT_EQ(memory.queue, 1024U);
  EXPECT_FALSE(memory.mtu);
  EXPECT_FALSE(memory.fault);
  const PortSpec packet = parse_port_spec("packet:wlan0");
  EXPECT_EQ(packet.promiscuous, PortSpec::Promiscuous::Auto);
  EXPECT_TRUE(packet.gso);
  EXPECT_FALSE(parse_port_spec("stream:vm1").connect);
}

TEST(PortSpec, KeysAreTaken) {
  EXPECT_EQ(parse_port_spec("memory:a,queue=7").queue, 7U);
  EXPECT_EQ(parse_port_spec("packet:eth0,promisc=off").promiscuous, PortSpec::Promiscuous::Off);
  EXPECT_FALSE(parse_port_spec("tap:lw-a,queues=1,gso=off").gso);
  EXPECT_TRUE(parse_port_spec("stream:/tmp/s,mode=connect").connect);
  EXPECT_EQ(parse_port_spec("tap:lw-a,mtu=9000").mtu, 9000U);
}

TEST(PortSpec, EitherFileOfPcapMayBeMissing) {
  EXPECT_EQ(parse_port_spec("pcap:in=a.pcap").in, "a.pcap");
  const PortSpec both = parse_port_spec("pcap:in=-,out=\"b,c.pcap\"");
  EXPECT_EQ(both.in, "-");
  EXPECT_EQ(both.out, "b,c.pcap");
  EXPECT_EQ(error_of("pcap:").code(), ErrorCode::BadSpec);
  EXPECT_EQ(error_of("pcap:mtu=1500").code(), ErrorCode::BadSpec);
}

TEST(PortSpec, SocketNameWithoutSlashLivesInTheRunDirectory) {
  EXPECT_EQ(parse_port_spec("stream:vm1").where, "/run/laneway/vm1.sock");
  EXPECT_EQ(parse_port_spec("stream:vm1", "/tmp/lw").where, "/tmp/lw/vm1.sock");
  EXPECT_EQ(parse_port_spec("stream:./vm1").where, "./vm1");
}

TEST(PortSpec, SocketPathOf107BytesIsTheLongest) {
  const std::string longest = "/" + std::string(106, 'a');
  EXPECT_EQ(parse_port_spec("stream:" + longest).where, longest);
  const Error error = error_of("stream:" + longest + "b");
  EXPECT_EQ(error.code(), ErrorCode::BadSpec);
  EXPECT_NE(std::string(error.what()).find("108 bytes"), std::string::npos);
  EXPECT_FALSE(error.fix().empty());
}

TEST(PortSpec, UnknownKindNamesTheNearest) {
  const Error error = error_of("pakcet:eth1");
  EXPECT_EQ(error.code(), ErrorCode::BadSpec);
  EXPECT_STREQ(error.what(), "port spec 'pakcet:eth1': unknown kind 'pakcet'");
  EXPECT_EQ(error.fix(), "did you mean packet?");
}

TEST(PortSpec, UnknownKeyNamesTheNearest) {
  const Error error = error_of("packet:eth1,promsic=on");
  EXPECT_STREQ(error.what(), "port spec 'packet:eth1,promsic=on': unknown key 'promsic'");
  EXPECT_EQ(error.fix(), "did you mean promisc?");
  EXPECT_EQ(error_of("stream:a,promisc=on").fix(), "known: mode, mtu, fault");
}

TEST(PortSpec, DevicesOfDpdkKeepTheirArguments) {
  const PortSpec device = parse_port_spec("dpdk:\"net_tap0,iface=dtap0\",queues=4");
  EXPECT_EQ(device.kind, PortKind::Dpdk);
  EXPECT_EQ(device.where, "net_tap0,iface=dtap0");
  EXPECT_EQ(device.queues, 4U);
  EXPECT_EQ(parse_port_spec("dpdk:0000:03:00.0").where, "0000:03:00.0");
  const PortSpec xdp = parse_port_spec("xdp:eth1,queue=2,copy=on");
  EXPECT_EQ(xdp.where, "eth1");
  EXPECT_EQ(xdp.first_queue, 2U);
  EXPECT_TRUE(xdp.copy);
}

TEST(PortSpec, BadValuesSayWhatIsExpected) {
  EXPECT_STREQ(error_of("packet:e,gso=maybe").what(),
               "port spec 'packet:e,gso=maybe': 'gso': expected on or off, got 'maybe'");
  for (const auto* text :
       {"memory:a,queue=0", "memory:a,queue=1048577", "memory:a,queue=x", "tap:a,queues=2",
        "tap:a,mtu=67", "tap:a,mtu=65522", "tap:a,mtu=-1", "tap:a,mtu=", "stream:a,mode=serve",
        "packet:e,promisc=yes", "vhost-user:a,queues=0", "vhost-user:a,queues=17",
        "dpdk:a,queues=0", "xdp:a,queue=1024", "xdp:a,copy=off", "memory:a,fault=loss:2",
        "memory:a,fault=los:0.1", "memory:a,fault=delay:5", "memory:a,fault=loss"}) {
    EXPECT_EQ(error_of(text).code(), ErrorCode::BadSpec) << text;
  }
}

TEST(PortSpec, BrokenGrammarIsAnError) {
  for (const auto* text :
       {"", ":", "tap", "tap:", "tap:,gso=on", "tap:gso=on", "tap:a,", "tap:a,=1", "tap:a,gso",
        "tap:a,gso=on,gso=on", "memory:a,fault=\"loss:0.1", "memory:a,fault=loss\":0.1\"",
        "packet:a-name-of-16-chr", "packet:a b", "packet:a/b", "packet:..", "tap:eth0:1"}) {
    EXPECT_EQ(error_of(text).code(), ErrorCode::BadSpec) << text;
  }
}

TEST(PortSpec, FaultIsQuotedForItsCommas) {
  const PortSpec spec = parse_port_spec(
      "memory:a,fault=\"loss:0.01,corrupt:0.5,duplicate:1,reorder:0,delay:20ms,seed:7\"");
  const FaultSpec want{0.01, 0.5, 1, 0, std::chrono::milliseconds{20}, 7};
  ASSERT_TRUE(spec.fault);
  EXPECT_EQ(*spec.fault, want);
  EXPECT_EQ(error_of("memory:a,fault=loss:0.1,seed:1").fix(),
            "a value with a comma in it stands in quotes: key=\"a,b\"");
}

TEST(PortSpec, TextGivesTheSameSpecAgain) {
  const PortSpec spec = parse_port_spec("tap:lw-a,mtu=1400,fault=\"loss:1,seed:2\"");
  const PortSpec again = parse_port_spec(spec.text);
  EXPECT_EQ(again.where, spec.where);
  EXPECT_EQ(again.mtu, spec.mtu);
  EXPECT_EQ(again.fault, spec.fault);
}

}  // namespace
}  // namespace laneway

#include "switch/switch.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/memory_switch.h"
#include "tests/support/reference_bridge.h"

namespace laneway {
namespace {

using test::Bytes;
using test::ethernet;
using test::MemorySwitch;
using test::station;

constexpr MacAddress kGroup{{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}};

TEST(Switch, TrafficOverTrunksIsThatOfTheReferenceBridge) {
  constexpr int kPorts = 4;
  MemorySwitch net;
  std::vector<PortId> ports;
  for (int i = 0; i < kPorts; ++i)
    ports.push_back(net.add("t" + std::to_string(i), PortSettings::for_trunk()));
  test::ReferenceBridge twin(kPorts);
  std::mt19937 engine(7);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  const auto address = [&]() -> MacAddress {
    switch (random() % 10) {
      case 0:
        return MacAddress::broadcast();
      case 1:
        return kGroup;
      case 2:
        return MacAddress::from_number(0x0180c2000000U + random() % 18);
      case 3:
        return {};
      default:
        return station(random() % 20);
    }
  };
  for (int n = 0; n < 20000; ++n) {
    const auto in = random() % kPorts;
    const Bytes frame = ethernet(address(), address(), 0x0800, random() % 60);
    net.send(ports[in], frame);
    const auto out = twin.forward(static_cast<int>(in), frame);
    for (int i = 0; i < kPorts; ++i) {
      const auto got = net.take(ports[static_cast<std::size_t>(i)]);
      ASSERT_EQ(got.size(), out.count(i)) << "frame " << n;
      for (const Bytes& bytes : got) ASSERT_EQ(bytes, frame);
    }
  }
  EXPECT_EQ(net.sw().macs().size(), twin.stations());
  EXPECT_EQ(net.broken_ledger(), "");
}

}  // namespace
}  // namespace laneway

// Four trunk ports against a plain bridge, frame by frame.
#include <set>

#include "tests/fuzz/input.h"
#include "tests/support/memory_switch.h"
#include "tests/support/reference_bridge.h"

namespace laneway::fuzz {
namespace {

constexpr int kPorts = 4;

// A frame between a handful of stations, groups and reserved addresses among them, or any bytes.
Bytes next_frame(Input& input) {
  const std::uint8_t shape = input.u8();
  if (shape % 8 == 0) return input.frame();
  const auto address = [](std::uint8_t choice) {
    if (choice >= 0xf0) return *MacAddress::parse("01:80:c2:00:00:0e");
    if (choice >= 0xe0) return MacAddress::broadcast();
    return test::station(choice % 16U);
  };
  const MacAddress destination = address(input.u8());
  return test::ethernet(destination, address(input.u8()), 0x88b5, shape);
}

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace laneway;
  using namespace laneway::fuzz;
  Input input(data, size);
  test::MemorySwitch sw({.mac_limit = 4096, .mac_age = Nanos{0}, .seed = 1}, 4096);
  test::ReferenceBridge twin(kPorts);
  std::vector<PortId> ports;
  for (int i = 0; i < kPorts; ++i) {
    ports.push_back(sw.add("p" + std::to_string(i), PortSettings::for_trunk()));
  }
  for (int frames = 0; !input.empty() && frames < 1000; ++frames) {
    const int ingress = input.u8() % kPorts;
    const Bytes frame = next_frame(input);
    const std::set<int> expected = twin.forward(ingress, frame);
    sw.send(ports[static_cast<std::size_t>(ingress)], frame);
    std::set<int> got;
    for (int i = 0; i < kPorts; ++i) {
      for (const Bytes& out : sw.take(ports[static_cast<std::size_t>(i)])) {
        require(out == frame, "a bridge changes no byte");
        require(got.insert(i).second, "a port gets a frame once");
      }
    }
    require(got == expected, "the frame leaves where the plain bridge sends it");
    const std::string broken = sw.broken_ledger();
    require(broken.empty(), broken);
  }
  return 0;
}
